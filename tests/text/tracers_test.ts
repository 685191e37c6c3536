/**
 * Lines of perf trace and of rr, calls of libraries around those of the system, and how reports are written.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { CallEvent, Event } from "../../src/text/calls/event.ts";
import { systemCallsOf } from "../../src/text/calls/nested.ts";
import { readPerfLine } from "../../src/text/calls/perf.ts";
import { isRrLine, readRr } from "../../src/text/calls/rr.ts";
import { ARITY, currentName, isMemoryCall } from "../../src/text/calls/sets.ts";
import { budgetOf } from "../../src/text/explain/headroom.ts";
import { importText } from "../../src/text/import.ts";
import { importedAsText, passedOverLines } from "../../src/text/import_report.ts";
import { wrapped } from "../../src/text/wrap.ts";

const PERF = "     1.234 ( 0.005 ms): cat/12 ";

Deno.test("readPerfLine: named arguments stand in the kernel's order, those left out are 0", () => {
  const read = (call: string) => {
    const { events: [event] } = readPerfLine(`${PERF}${call}`, 3);
    if (event === undefined || !("call" in event)) throw new Error(`no call: ${call}`);
    return event;
  };
  assertEquals(read("mmap(len: 8192, prot: READ|WRITE, flags: PRIVATE|ANONYMOUS) = 0x7000"), {
    ...{ line: 3, pid: 12, kind: "call", call: "mmap", result: { value: 0x7000 } },
    args: ["0", "8192", "READ|WRITE", "PRIVATE|ANONYMOUS", "-1", "0"],
  });
  const args = (call: string) => read(`${call} = 0`).args;
  assertEquals(args("mmap(addr: 0x1000, len: 1, prot: READ, flags: PRIVATE, fd: 3, off: 4096)"), [
    ...["0x1000", "1", "READ", "PRIVATE", "3", "4096"],
  ]);
  assertEquals(args("mmap(addr: 0x1000, len: 1, prot: READ, flags: PRIVATE)"), [
    ...["0x1000", "1", "READ", "PRIVATE", "0", "0"],
  ]);
  assertEquals(args("mremap(new_len: 3, addr: 1, flags: MAYMOVE)"), [
    "1",
    "0",
    "3",
    "MAYMOVE",
    "0",
  ]);
  assertEquals(args("mprotect(start: 0x1000, len: 2)"), ["0x1000", "2", "0"]);
  assertEquals(args("pkey_mprotect(len: 2, pkey: 3)"), ["0", "2", "0", "3"]);
  assertEquals(args("madvise(start: 1, len_in: 2, behavior: MADV_FREE)"), ["1", "2", "MADV_FREE"]);
  assertEquals(args("msync(flags: SYNC, start: 1)"), ["1", "0", "SYNC"]);
  assertEquals(args("shmat(shmflg: 1, shmid: 2)"), ["2", "0", "1"]);
  assertEquals(args("brk(brk: 0x1000)"), ["0x1000"]);
  assertEquals(args("brk()"), ["0"]);
  assertEquals(args("munmap(0x1000, 2)"), ["0x1000", "2"]);
  assertEquals(args("munmap(unknown: 5, len: 2)"), ["0", "2"]);
  assertEquals(args("munmap(0x1000, )"), ["0x1000", "0"]);
  assertEquals(args("mmap(len: 1, prot: READ, flags: PRIVATE|ANONYMOUS, fd: 3)"), [
    ...["0", "1", "READ", "PRIVATE|ANONYMOUS", "3", "0"],
  ]);
  assertEquals(args('openat(filename: "/a", flags: RDONLY)'), ["0", '"/a"', "RDONLY"]);
  assertEquals(args("fstat(fd: 3)"), ["fd: 3"]);
});

Deno.test("readPerfLine: times with the comma of another locale", () => {
  const line = "     1.234,567 ( 0,005 ms): cat/12 munmap(addr: 0x1000, len: 2) = 0";
  const [event] = readPerfLine(line, 3).events;
  assertEquals(event && "pid" in event && event.pid, 12);
  const { format, memoryCalls } = importText(`${line}\n`);
  assertEquals([format, memoryCalls], ["perf", 1]);
});

Deno.test("readPerfLine: a call that goes on later, its end, a line that is cut, and one of another kind", () => {
  const begun = readPerfLine(`${PERF}munmap(addr: 0x1000, len: 2) ...`, 3);
  assertEquals(begun.events.map((event) => event.kind), ["enter"]);
  const ended = readPerfLine("     ? ( 0.005 ms): cat/12  ... [continued]: munmap()) = 0", 4);
  assertEquals(ended, {
    ...{ state: "read" },
    events: [{ line: 4, pid: 12, kind: "leave", call: "munmap", args: [], result: { value: 0 } }],
  });
  // Blanks may be lost on the way.
  const result = (call: string) => {
    const [event] = readPerfLine(`${PERF}${call}`, 3).events;
    return event !== undefined && "result" in event ? event.result?.value : undefined;
  };
  assertEquals(result("munmap(addr: 0x1000, len: 2)=5"), 5);
  assertEquals(result(" ... [continued]: munmap()=5"), 5);
  assertEquals(result(" ... [continued]: munmap())=5"), 5);
  const unnamed = readPerfLine("     1.234 ( 0.005 ms): brk(brk: 0x1000) = 0x1000", 5).events[0];
  assertEquals(unnamed && "pid" in unnamed, false);
  const cut = readPerfLine(`${PERF}mmap(len: 8192, prot: RE`, 6);
  assertEquals(cut, { events: [], state: "unknown", unread: "the line is cut within mmap" });
  assertEquals(readPerfLine("mmap(NULL, 8192) = 0", 7), { events: [], state: "unknown" });
  const none = readPerfLine(`${PERF}exit_group()`, 8).events[0];
  assertEquals([none?.kind, none && "result" in none], ["call", false]);
});

/** A call of rr's dump: the event, and after it the registers. */
function rr(state: string, tid: number, call: string, registers: string, mapping = ""): string[] {
  return [
    `{ event:\`SYSCALL: ${call}' (state:${state}_SYSCALL) tid:${tid} time:12 ticks:34`,
    ...(mapping === "" ? [] : [mapping]),
    registers,
    "}",
  ];
}

const REGISTERS =
  "rip:0x7000 rax:0xffffffffffffffda rdi:0x0 rsi:0x2000 rdx:0x3 r10:0x22 r8:0xffffffff r9:0x0";

function readLines(lines: readonly string[]) {
  return readRr(lines.map((text, i) => ({ number: i + 1, text })));
}

Deno.test("readRr: the arguments are those of the entry, the result is that of the exit", () => {
  const { events, unread } = readLines([
    ...rr("ENTERING", 12, "mmap", REGISTERS),
    ...rr("ENTERING", 13, "munmap", "rax:0x0 rdi:0x5000 rsi:0x1000 rdx:0x0 r10:0x0 r8:0x0 r9:0x0"),
    ...rr("EXITING", 12, "mmap", REGISTERS.replace("rax:0xffffffffffffffda", "rax:0x7f0000000000")),
    ...rr("EXITING", 13, "munmap", "rax:0xfffffffffffffff4 rdi:0x9 rsi:0x9"),
    ...rr("EXITING", 13, "read", "rax:0x1 rdi:0x9 rsi:0x9"),
  ]);
  assertEquals(unread, []);
  assertEquals(events, [
    {
      ...{ line: 7, pid: 12, kind: "call", call: "mmap", result: { value: 0x7f0000000000 } },
      args: ["0x0", "0x2000", "0x3", "0x22", "0xffffffff", "0x0"],
    },
    {
      ...{ line: 10, pid: 13, kind: "call", call: "munmap", result: { value: 0, error: "ENOMEM" } },
      args: ["0x5000", "0x1000", "0x0", "0x0", "0x0", "0x0"],
    },
  ]);
});

Deno.test("readRr: results from -4095 on are errors; without an entry the exit has the arguments", () => {
  const result = (rax: string) => {
    const { events: [event] } = readLines(rr("EXITING", 1, "brk", `rax:${rax} rdi:0x1000`));
    return event !== undefined && "result" in event ? event.result : undefined;
  };
  assertEquals(result("0x1000"), { value: 0x1000 });
  assertEquals(result("0xffffffffffffffff")?.error, "EPERM");
  assertEquals(result("0xfffffffffffff001")?.error !== undefined, true);
  assertEquals(result("0xfffffffffffff000"), { value: -4096 });
  const other = (registers: string) => {
    const { events: [event] } = readLines(rr("EXITING", 1, "munmap", registers));
    return event !== undefined && "args" in event ? event.args.slice(0, 2) : [];
  };
  assertEquals(other("eax:0x0 ebx:0x1000 ecx:0x2000"), ["0x1000", "0x2000"]);
  assertEquals(other("x0:0x0 x1:0x2000 x2:0x3"), ["0x0", "0x2000"]);
});

Deno.test("readRr: a mapping's file is what its descriptor stands for; memory has none", () => {
  const file = (name: string, descriptor: string) => {
    const registers = `rax:0x7000 rdi:0x0 rsi:0x1000 rdx:0x1 r10:0x2 r8:${descriptor} r9:0x0`;
    const mapping = `  { map_file:"${name}", addr:0x7000`;
    const { events: [event] } = readLines(rr("EXITING", 1, "mmap", registers, mapping));
    return event !== undefined && "args" in event ? event.args[4] : undefined;
  };
  assertEquals(file("/lib/a.so", "0x3"), "3</lib/a.so>");
  assertEquals(file("/lib/a.so", "0x7fffffff"), "2147483647</lib/a.so>");
  assertEquals(file("/lib/a.so", "0x80000000"), "0x80000000");
  assertEquals(file("<ZERO>", "0x3"), "0x3");
  const args = (call: string, ...mapping: string[]) => {
    const registers = "rax:0x7000 rdi:0x0 rsi:0x1000 rdx:0x1 r10:0x2 r8:0x3 r9:0x5000";
    const { events: [event] } = readLines(rr("EXITING", 1, call, registers, ...mapping));
    return event !== undefined && "args" in event ? event.args : undefined;
  };
  const mapping = '  { map_file:"/lib/a.so", addr:0x7000';
  const before = ["0x0", "0x1000", "0x1", "0x2"];
  assertEquals(args("mmap", mapping), [...before, "3</lib/a.so>", "0x5000"]);
  assertEquals(args("mmap"), [...before, "0x3", "0x5000"]);
  assertEquals(args("mremap", mapping), [...before, "0x3", "0x5000"]);
  assertEquals(file("", "0x3"), "0x3");
});

Deno.test("readRr: each exit has the entry of its own, and the first registers after it", () => {
  const entry = rr("ENTERING", 1, "munmap", "rax:0x0 rdi:0x5000 rsi:0x1000");
  const exit = (...more: string[]) => [
    ...rr("EXITING", 1, "munmap", "rax:0x0 rdi:0x7000 rsi:0x2000").slice(0, -1),
    ...more,
  ];
  const ranges = (lines: readonly string[]) =>
    readLines(lines).events.map((event) => "args" in event ? event.args.slice(0, 2) : []);
  assertEquals(ranges([...entry, ...exit("}"), ...exit("}")]), [
    ["0x5000", "0x1000"],
    ["0x7000", "0x2000"],
  ]);
  assertEquals(ranges(exit("rax:0x9 rdi:0x9 rsi:0x9", "}")), [["0x7000", "0x2000"]]);
  // An entry whose registers are missing has none, and those of the one before it are not its own.
  const bare = rr("ENTERING", 1, "munmap", "no registers");
  assertEquals(ranges([...entry, ...bare, ...exit("}")]), [["0x7000", "0x2000"]]);
  const { events, unread } = readLines([...entry, ...rr("EXITING", 1, "munmap", "no registers")]);
  assertEquals([events.length, unread.map(({ line }) => line.number)], [0, [4]]);
});

Deno.test("readRr: calls without registers, and buffered ones, are told; registers are looked for in eleven lines", () => {
  const told = (lines: readonly string[]) =>
    readLines(lines).unread.map(({ line, why }) => [line.number, why]);
  assertEquals(told(["{ syscall:'mmap', ret:0x7000, size:0x20 }"]), [[
    1,
    "rr's buffered mmap shows no arguments",
  ]]);
  assertEquals(told(["{ syscall:'read', ret:0x7000, size:0x20 }"]), []);
  assertEquals(told(rr("EXITING", 1, "munmap", "no registers")), [[
    1,
    "the registers of munmap are missing",
  ]]);
  assertEquals(told(rr("EXITING", 1, "read", "no registers")), []);
  const [head = "", registers = ""] = rr("EXITING", 1, "brk", "rax:0x1000 rdi:0x1000");
  const after = (count: number) => [head, ...Array<string>(count).fill("more"), registers];
  assertEquals(told(after(10)), []);
  assertEquals(told(after(11)), [[1, "the registers of brk are missing"]]);
  assertEquals(told([head, ...rr("EXITING", 1, "brk", "rax:0x1000 rdi:0x1000")]), [
    ...[[1, "the registers of brk are missing"]],
  ]);
  assert(isRrLine(head) && isRrLine("{ syscall:'mmap', ret:0x7000") && !isRrLine(registers));
});

Deno.test("systemCallsOf: calls of libraries and what they enclose are told apart by their ends", () => {
  const event = (kind: CallEvent["kind"], call: string, isSystem = false, pid?: number): Event => ({
    ...{ line: 1, kind, call, args: [], isSystem },
    ...(pid !== undefined && { pid }),
  });
  const kept = (...events: Event[]) => systemCallsOf(events).map((each) => events.indexOf(each));
  assertEquals(kept(event("call", "malloc"), event("call", "brk", true)), [1]);
  assertEquals(
    kept(
      event("enter", "mmap"),
      event("enter", "mmap", true),
      event("leave", "mmap"),
      event("leave", "mmap"),
    ),
    [1, 2],
  );
  assertEquals(
    kept(
      event("enter", "mmap", true),
      event("enter", "free"),
      event("leave", "mmap"),
      event("leave", "free"),
    ),
    [0, 2],
  );
  // An end that is marked is that of the one that is.
  assertEquals(
    kept(
      event("enter", "mmap"),
      event("enter", "mmap", true),
      event("leave", "mmap", true),
      event("leave", "mmap"),
    ),
    [1, 2],
  );
  assertEquals(kept(event("leave", "mmap"), event("leave", "mmap", true)), [1]);
  assertEquals(kept(event("enter", "mmap"), event("leave", "mmap", true)), [1]);
  assertEquals(
    kept(
      event("enter", "mmap", true, 1),
      event("leave", "mmap", false, 2),
      event("leave", "mmap", false, 1),
    ),
    [0, 2],
  );
  assertEquals(kept({ line: 1, kind: "exit", status: 0 }), [0]);
  const deep = Array.from({ length: 64 }, () => event("enter", "free"));
  assertEquals(kept(event("enter", "mmap", true), ...deep, event("leave", "mmap")), [0]);
  assertEquals(kept(event("enter", "mmap", true), ...deep.slice(1), event("leave", "mmap")), [
    0,
    64,
  ]);
});

// syscalls(2): how many arguments each call has
Deno.test("calls on memory, under every name, with the number of their arguments", () => {
  const arity = {
    brk: 1,
    mmap: 6,
    munmap: 2,
    mprotect: 3,
    pkey_mprotect: 4,
    mremap: 5,
    madvise: 3,
  };
  const more = { mlock: 2, mlock2: 3, munlock: 2, mlockall: 1, munlockall: 0, mseal: 3, msync: 3 };
  const rest = {
    prctl: 5,
    prlimit64: 4,
    setrlimit: 2,
    remap_file_pages: 5,
    shmat: 3,
    shmdt: 1,
    io_setup: 2,
  };
  assertEquals(Object.fromEntries(ARITY), { ...arity, ...more, ...rest });
  for (const name of ["old_mmap", "mmap2", "mmap_pgoff", "mmap64", "arm_mmap2"]) {
    assertEquals([currentName(name), isMemoryCall(name)], ["mmap", true]);
  }
  assertEquals(currentName("prlimit"), "prlimit64");
  assertEquals([currentName("read"), isMemoryCall("read"), isMemoryCall("ipc")], [
    "read",
    false,
    true,
  ]);
});

Deno.test("budgetOf: mappings up to one more than the limit, cuts up to it, moves three below it", () => {
  const budget = (used: number) => {
    const { left, calls } = budgetOf(used, 100);
    return [left, ...calls.map(({ possible }) => possible)];
  };
  assertEquals(budget(96), [4, true, true, true]);
  assertEquals(budget(97), [3, true, true, false]);
  assertEquals(budget(99), [1, true, true, false]);
  assertEquals(budget(100), [0, true, false, false]);
  assertEquals(budget(101), [0, false, false, false]);
  const words = (used: number) => budgetOf(used, 100).calls.map((each) => each.words);
  assert(words(98)[1]?.includes("2 cuts may be made"));
  assert(words(99)[1]?.includes("one more end may be cut, not two"));
  assert(words(100)[0]?.includes("may make 1 VMA more"));
  assert(words(101)[0]?.startsWith("are refused with ENOMEM"));
  assert(words(100)[1]?.startsWith("would split a VMA and are refused with ENOMEM"));
  assert(words(96)[2]?.startsWith("is possible while the count is more than three below"));
  assertEquals([97, 98].map((used) => words(used)[2]), [
    ...Array(2).fill("is refused with ENOMEM from three below the limit on"),
  ]);
});

Deno.test("wrapped: lines of at most 100 columns, the first indented, the others two more", () => {
  assertEquals(wrapped(2, "a b"), "  a b");
  const word = "x".repeat(48);
  assertEquals(wrapped(2, `${word} ${word} b`), `  ${word} ${word}\n    b`);
  assertEquals(wrapped(3, `${word} ${word} b`), `   ${word} ${word}\n     b`);
  assertEquals(wrapped(4, `${word} ${word} b`), `    ${word}\n      ${word} b`);
  const long = "y".repeat(120);
  assertEquals(wrapped(2, `a ${long} b`), `  a\n    ${long}\n    b`);
});

Deno.test("importedAsText: what was read, compared, passed over, and where it went", () => {
  const text = `execve("./a", ["./a"], 0x7ffd0 /* 20 vars */) = 0
mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fc0000
what is this
munmap(0x20000000000, 0) = -1 EINVAL (Invalid argument)
`;
  const imported = importText(text);
  const said = importedAsText("a.txt", imported, "a.jsonl").split("\n");
  assert(said[0]?.startsWith("a.txt: strace, 4 lines, 2 memory calls, 1 process"), said[0]);
  assert(said.includes("  passed over: 1 line"), said.join("\n"));
  assert(said.some((line) => line.startsWith('    line 3: "what is this": ')), said.join("\n"));
  assert(
    said.some((line) => line.startsWith("  line 4: munmap failed with EINVAL.")),
    said.join("\n"),
  );
  assertEquals(said.at(-1), "  written to a.jsonl: deno task replay a.jsonl");
  assertEquals(importedAsText("a.txt", imported, undefined).includes("written to"), false);
  assertEquals(passedOverLines([]), ["  every line was read"]);
  const many = (count: number) =>
    passedOverLines(
      Array.from({ length: count }, (_, i) => ({ line: i + 1, text: " x ", why: "why" })),
    );
  assertEquals(many(8).length, 9);
  assertEquals(many(9).length, 10);
  assertEquals(many(9).at(-1), "    and 1 more line; --json lists all");
  assertEquals(many(10).at(-1), "    and 2 more lines; --json lists all");
  assertEquals(many(1), ["  passed over: 1 line", '    line 1: "x": why']);
});
