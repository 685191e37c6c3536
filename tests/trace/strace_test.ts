import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SequenceCheck } from "../../src/trace/sequence_check.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { importStrace } from "../../src/trace/strace.ts";
import { parseStraceArguments, parseStraceLine } from "../../src/trace/strace_line.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { HEAP } from "./samples.ts";

function sample(name: string): string {
  return Deno.readTextFileSync(new URL(`strace/${name}.txt`, import.meta.url));
}

function imported(text: string): readonly TraceRecord[] {
  const records = importStrace(text);
  const order = new SequenceCheck();
  for (const record of records) order.accept(record);
  assert(order.ended);
  return records;
}

/** How often a call returns in a text, by a count that knows nothing of processes. */
function returnsOf(text: string, call: string): number {
  const whole = new RegExp(`(^| )${call}\\(.*\\) += `), resumed = `<... ${call} resumed>`;
  return text.split("\n").filter((line) => whole.test(line) || line.includes(resumed)).length;
}

for (const name of ["file", "stderr", "threads"]) {
  Deno.test(`importStrace: of ${name}.txt every memory call is imported, in an order that holds`, () => {
    const text = sample(name), records = imported(text);
    for (const call of ["mmap", "munmap", "mprotect", "brk"]) {
      const leaves = records.filter((record) => record.type === "leave" && record.call === call);
      assertEquals(leaves.length, returnsOf(text, call), call);
    }
    assertEquals(records.filter((record) => record.type === "exit").length, exitsOf(text));
  });
}

function exitsOf(text: string): number {
  return text.split("\n").filter((line) => line.endsWith(" +++")).length;
}

Deno.test("importStrace: an imported trace says that it is approximate", () => {
  const [header] = imported(sample("file"));
  assertEquals(header?.type === "header" && [header.fidelity, header.command], [
    "approximate",
    ["gcc"],
  ]);
});

Deno.test("importStrace: gcc's children are made with vfork, become cc1 and as, and know their break", () => {
  const records = imported(sample("file"));
  const forks = records.filter((record) => record.type === "fork");
  assertEquals(forks.map((fork) => fork.sharesMemory), [true, true]);
  const execs = records.filter((record) => record.type === "exec");
  assertEquals(execs.map((exec) => exec.program), ["gcc", "cc1", "as"]);
  assert(execs.every((exec) => exec.brk > 0));
});

Deno.test("importStrace: without numbers the first process is the one that nobody made", () => {
  const records = imported(sample("stderr"));
  const root = records.find((record) => record.type === "exec");
  const children = records.filter((record) => record.type === "fork");
  assertEquals(children.map((fork) => fork.pid), [root?.pid, root?.pid]);
  assertEquals(children.map((fork) => fork.sharesMemory), [false, false]);
});

Deno.test("importStrace: threads share their process's memory", () => {
  const forks = imported(sample("threads")).filter((record) => record.type === "fork");
  assertEquals(forks.map((fork) => fork.sharesMemory), [true, true]);
});

Deno.test("importStrace: a mapped file is known by its base name, anonymous memory has none", () => {
  const enters = imported(sample("file")).filter((record) => record.type === "enter")
    .filter((enter) => enter.call === "mmap");
  for (const enter of enters) {
    assertEquals(enter.file === undefined, enter.args[4] === -1);
    assertEquals(enter.file?.name.includes("/") ?? false, false);
  }
});

Deno.test("importStrace: errors and results", () => {
  const records = imported(
    '1 execve("/bin/a", ["a"], 0x7ffc /* 3 vars */) = 0\n' +
      "1 mmap(NULL, 4096, 0x3, 0x22, -1, 0) = -1 ENOMEM (Cannot allocate memory)\n" +
      "1 clone(child_stack=NULL, flags=0x1200000|17) = ? ERESTARTNOINTR (To be restarted)\n" +
      "1 munmap(0x7f0000000000, 8192) = 0\n" +
      "1 +++ killed by SIGSEGV (core dumped) +++\n",
  );
  assertEquals(records.slice(1), [
    {
      type: "exec",
      pid: 1,
      program: "a",
      layout: [],
      brk: 0,
      stack: 0,
      mmapBase: 0,
      legacyLayout: false,
      limits: {},
    },
    { type: "enter", pid: 1, call: "mmap", args: [0, 4096, 3, 0x22, -1, 0] },
    { type: "leave", pid: 1, call: "mmap", result: 0, error: "ENOMEM", removed: [], added: [] },
    { type: "enter", pid: 1, call: "clone", args: [0x1200011, 0] },
    {
      type: "leave",
      pid: 1,
      call: "clone",
      result: 0,
      error: "ERESTARTNOINTR",
      removed: [],
      added: [],
    },
    { type: "enter", pid: 1, call: "munmap", args: [0x7f0000000000, 8192] },
    { type: "leave", pid: 1, call: "munmap", result: 0, removed: [], added: [] },
    { type: "exit", pid: 1, status: 139 },
    { type: "end", reason: "finished" },
  ]);
});

Deno.test("importStrace: a process that was attached to starts with the layout that is given", () => {
  const records = importStrace("7 brk(NULL) = 0x1000\n", { layout: [HEAP] });
  const [, exec] = records;
  assertEquals(exec?.type === "exec" && [exec.layout, exec.program, exec.brk], [
    [HEAP],
    "",
    0x1000,
  ]);
});

Deno.test("importStrace: a thread that calls exec goes on as its leader", () => {
  const records = imported([
    '5 execve("/bin/a", ["a"], 0x7ffc) = 0',
    "5 clone3({flags=0x3d0f00, exit_signal=0} => {parent_tid=[6]}, 88) = 6",
    '6 execve("/bin/b", ["b"], 0x7ffc <unfinished ...>',
    "5 +++ superseded by execve in pid 6 +++",
    "5 <... execve resumed>) = 0",
    "5 brk(NULL) = 0x2000",
    "5 +++ exited with 0 +++",
  ].join("\n"));
  const types = records.map((record) =>
    "pid" in record ? `${record.type} ${record.pid}` : record.type
  );
  assertEquals(types.slice(-7), [
    "enter 6",
    "exit 6",
    "exec 5",
    "enter 5",
    "leave 5",
    "exit 5",
    "end",
  ]);
});

Deno.test("importStrace: symbolic flags are one clear error", () => {
  const text = "1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n";
  assertThrows(
    () => importStrace(text, { file: "s.txt" }),
    TraceError,
    "Cannot read s.txt line 1: the arguments of mmap are not raw numbers; write it with strace -X raw",
  );
});

Deno.test("importStrace: a line that strace does not write is one clear error", () => {
  assertThrows(
    () => importStrace("1 brk(NULL) = 0x1000\nhello\n"),
    TraceError,
    'Cannot read the strace text line 2: it is no line of strace: "hello"',
  );
});

Deno.test("importStrace: a call that is resumed but was not begun is one clear error", () => {
  assertThrows(
    () => importStrace("1 <... brk resumed>) = 0x1000\n"),
    TraceError,
    "Cannot read the strace text line 1: process 1 resumes a call it is not in",
  );
});

Deno.test("parseStraceLine: signals and strace's own words tell nothing", () => {
  for (
    const line of [
      "",
      "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---",
      "[pid 12] 1700000000.000001 --- SIGCHLD {} ---",
      "strace: Process 12 attached",
    ]
  ) assertEquals(parseStraceLine(line), "nothing");
});

Deno.test("parseStraceLine: never fails, whatever the line", () => {
  const piece = fc.constantFrom("1 ", "[pid 2] ", "mmap(", ")", " = ", "0x1", "<unfinished ...>");
  const line = fc.oneof(fc.string(), fc.array(piece).map((pieces) => pieces.join("")));
  fc.assert(fc.property(line, (text) => {
    const parsed = parseStraceLine(text.replaceAll("\n", ""));
    assert(typeof parsed === "string" || parsed.kind.length > 0);
  }));
});

Deno.test("parseStraceLine: a prefix of pid and time changes nothing", () => {
  const plain = { kind: "call", call: "brk", args: "0x1000", result: { value: 0x1000 } };
  for (const time of ["", "1795404963.616796 ", "12:34:56 ", "12:34:56.789012 "]) {
    assertEquals(parseStraceLine(`${time}brk(0x1000) = 0x1000`), plain);
    assertEquals(parseStraceLine(`77  ${time}brk(0x1000)       = 0x1000`), { ...plain, pid: 77 });
    assertEquals(parseStraceLine(`[pid    77] ${time}brk(0x1000) = 0x1000`), { ...plain, pid: 77 });
  }
});

Deno.test("parseStraceArguments: numbers in every notation come back as they are", () => {
  const notation = fc.tuple(fc.maxSafeNat(), fc.constantFrom(10, 16));
  fc.assert(fc.property(fc.array(notation, { maxLength: 6 }), (numbers) => {
    const text = numbers.map(([value, base]) => (base === 16 ? "0x" : "") + value.toString(base));
    assertEquals(parseStraceArguments(text.join(", ")).values, numbers.map(([value]) => value));
  }));
});

Deno.test("parseStraceArguments: commas in texts, structures and paths do not separate", () => {
  assertEquals(
    parseStraceArguments(
      '3</srv/a, b<c>, "x, \\"y", [1, {2, 3}], {a=1, b=2} => {c=[4]}, 0x1|0x2|17, NULL',
    ),
    { values: [3, 0, 0, 0, 20, 0], path: "/srv/a, b<c", text: 'x, \\"y' },
  );
});
