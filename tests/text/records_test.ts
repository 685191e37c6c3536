/**
 * What happened as records: who made whom, which calls can be in a trace and why others cannot, and in which order.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Event } from "../../src/text/calls/event.ts";
import type { MapLine } from "../../src/trace/format.ts";
import {
  ANON,
  brk,
  call,
  end,
  event,
  mmap,
  munmap,
  recorded,
  said,
  whys,
  words,
} from "./events.ts";

Deno.test("recordEvents: a process that was there before, and one that begins with brk(NULL)", () => {
  assertEquals(said(mmap(0x10000)), ["exec 1 running", "1 mmap", "1 mmap = 10000"]);
  assertEquals(said(brk(0x500000)), ["exec 1 new", "1 brk", "1 brk = 500000"]);
  assertEquals(said(call("brk", ["0x500000"], 0x500000)), [
    ...["exec 1 running", "1 brk", "1 brk = 500000"],
  ]);
  // A break that is not told tells nothing, nor does one without argument.
  assertEquals(said(event("call", "brk", ["NULL"]), munmap(0x10000))[0], "exec 1 running");
});

Deno.test("recordEvents: exec is a new program; one that failed is none", () => {
  const exec = (path: string, result: number | string = 0) =>
    call("execve", [`"${path}"`, '["x"]', "0x7ffd /* 20 vars */"], result);
  assertEquals(said(exec("/usr/bin/cc1"), brk(0x500000)), [
    ...["exec 1 cc1new", "1 brk", "1 brk = 500000"],
  ]);
  assertEquals(said(exec("/bin/a", "ENOENT"), exec("/bin/b"), mmap(0x10000)), [
    ...["exec 1 bnew", "1 mmap", "1 mmap = 10000"],
  ]);
  const { program, processes } = recorded([exec("/bin/a"), exec("/bin/b"), mmap(0x10000)]);
  assertEquals([program, processes], ["a", 1]);
  assertEquals(recorded([mmap(0x10000)]).program, undefined);
  assertEquals(recorded([call("execveat", ["AT_FDCWD", '"/bin/c"']), mmap(0x10000)]).program, "c");
});

Deno.test("recordEvents: a break elsewhere than before is that of a new program", () => {
  assertEquals(
    said(brk(0x500000), brk(0x500000)).filter((each) => each.startsWith("exec")).length,
    1,
  );
  assertEquals(said(brk(0x500000), mmap(0x10000), brk(0x600000)), [
    ...["exec 1 new", "1 brk", "1 brk = 500000", "1 mmap", "1 mmap = 10000"],
    ...["exec 1 new", "1 brk", "1 brk = 600000"],
  ]);
});

const LINE: MapLine = {
  ...{ start: 0x10000, end: 0x11000, permissions: "rw-p", offset: 0, device: "00:00", inode: 0 },
  name: "",
};

Deno.test("recordEvents: the layout that is known is the first process's, and the end of its stack its stack", () => {
  const stack = { ...LINE, start: 0x7ffd_0000_0000, end: 0x7ffd_0002_1000, name: "[stack]" };
  const records = (layout: MapLine[]) =>
    recorded([mmap(0x20000, { pid: 5 }), mmap(0x20000, { pid: 6 })], layout).records
      .flatMap(({ record }) => record.type === "exec" ? [record] : []);
  const [first, second] = records([LINE, stack]);
  assertEquals([first?.layout, second?.layout], [[LINE, stack], []]);
  assertEquals([first?.stack, second?.stack], [stack.end - 8, 0]);
  assertEquals([first?.unknown, second?.unknown], [undefined, "running"]);
  assertEquals(records([LINE])[0]?.stack, 0);
  assertEquals([first?.brk, first?.mmapBase, first?.legacyLayout, first?.limits], [
    0,
    0,
    false,
    {},
  ]);
});

Deno.test("recordEvents: an exit is one of a process that was heard of; a thread that execs takes its leader's number", () => {
  const exit = (pid: number, status = 0): Event => ({ kind: "exit", status, line: 2, pid });
  assertEquals(said(mmap(0x10000, { pid: 1 }), exit(1, 139), exit(2)).slice(3), ["exit 1 139"]);
  const text = [
    mmap(0x10000, { pid: 1 }),
    call("clone", ["flags=CLONE_VM|CLONE_THREAD"], 2, { pid: 1 }),
    mmap(0x20000, { pid: 2 }),
    event("enter", "execve", ['"/bin/a"', "[]"], { pid: 2 }),
    { kind: "superseded", line: 5, pid: 1, by: 2 } as const,
    end("execve", 0, { pid: 1 }),
    mmap(0x30000, { pid: 1 }),
  ];
  assertEquals(said(...text).slice(6), ["exit 2 0", "exec 1 anew", "1 mmap", "1 mmap = 30000"]);
  const last = recorded([mmap(0x10000, { pid: 1 }), exit(1)]).records.at(-1);
  assertEquals(last?.line, 0);
});

Deno.test("recordEvents: after missing lines the next call is unsure, and only that one", () => {
  const gap: Event = { kind: "gap", line: 2 };
  assertEquals(
    said(mmap(0x10000), gap, mmap(0x20000), mmap(0x30000)).filter((_, i) => i % 2 === 1),
    [
      ...["1 mmap", "1 mmap unsure", "1 mmap"],
    ],
  );
  const entered = event("enter", "munmap", ["0x10000", "4096"]);
  // What had begun before them has no return.
  assertEquals(whys(mmap(0x10000), entered, gap, end("munmap", 0)), [
    ...[
      "the beginning of this munmap is not in the text",
      "the return of this munmap is not in the text",
    ],
  ]);
  assertEquals(words(recorded([mmap(0x10000)], [], 0, false)), [
    ...["exec 1 running", "1 mmap unsure", "1 mmap = 10000"],
  ]);
});

Deno.test("recordEvents: why a call cannot be in a trace", () => {
  const few = ["NULL", "4096", "PROT_READ"];
  assertEquals(whys(mmap(0x10000, {}, few)), ["mmap has 3 of its 6 arguments"]);
  assertEquals(whys(mmap(0x10000, {}, ANON.slice(0, 4))), []);
  assertEquals(whys(call("mremap", ["0x10000", "4096"], 0x20000)), [
    "mremap has 2 of its 5 arguments",
  ]);
  assertEquals(whys(call("mremap", ["0x10000", "4096", "8192"], 0x20000)), []);
  assertEquals(whys(call("munmap", ["0x10000"])), ["munmap has 1 of its 2 arguments"]);
  assertEquals(whys(call("munmap", ["0x10000", "?"])), [
    "an argument of munmap is no number, nor a name that is known",
  ]);
  assertEquals(whys(event("enter", "munmap", ["0x10000", "4096"])), [
    "the return of this munmap is not in the text",
  ]);
  assertEquals(whys(event("call", "munmap", ["0x10000", "4096"])), ["this munmap did not return"]);
  assertEquals(whys(end("munmap", 0)), ["the beginning of this munmap is not in the text"]);
  const high = "0x10000000000000"; // 2^52
  assertEquals(whys(call("munmap", [high, "4096"])), [
    "the address of this munmap is beyond those that the model holds",
  ]);
  assertEquals(whys(call("munmap", ["0xffffffffff000", "4096"])), []);
  assertEquals(whys(call("munmap", [high, "4096"], "EINVAL")), []);
  assertEquals(whys(mmap(0x10001)), [
    "the result of this mmap is no page's address: it is cut or damaged",
  ]);
  const beyond = "the result of this mmap is beyond the addresses that the model holds";
  assertEquals([whys(mmap(-4096)), whys(mmap(2 ** 52 - 4096))], [[beyond], [beyond]]);
  assertEquals(whys(mmap(2 ** 52 - 8192)), []);
  assertEquals(whys(call("mremap", ["0x10000", "4096", "8192"], 0x20001)), [
    "the result of this mremap is no page's address: it is cut or damaged",
  ]);
  // The break may be any address, the end of all as well.
  assertEquals(whys(brk(0x500001)), []);
  assertEquals(whys(call("brk", [high], 2 ** 52)), []);
  const { memoryCalls, records } = recorded([mmap(0x10001), mmap(0x10000)]);
  assertEquals([memoryCalls, records.length], [2, 3]);
});

Deno.test("recordEvents: a call that is not of memory is in no record, unread or not", () => {
  assertEquals(whys(call("read", ["?"])), []);
  assertEquals(said(mmap(0x10000), call("prctl", ["PR_SET_NAME", '"x"'])).length, 3);
  assertEquals(said(mmap(0x10000), call("prctl", ["PR_SET_NAME"])).length, 3);
  const named = call("prctl", ["PR_SET_VMA", "PR_SET_VMA_ANON_NAME", "0x10000", "4096", '"heap"']);
  const [enter] = recorded([mmap(0x10000), named]).records.slice(3).map(({ record }) => record);
  assertEquals(enter?.type === "enter" && enter.name, "heap");
  const advice = recorded([call("madvise", ["0x10000", "4096", '"x"'])]).records[1]?.record;
  assertEquals(advice?.type === "enter" && "name" in advice, false);
  assertEquals(recorded([call("mlock", ["0x10000", "4096"]), call("read", ["3"])]).memoryCalls, 0);
  // One that would be in a record is told, whether it is counted or not.
  assertEquals(whys(call("mlock", ["?", "4096"])), [
    "an argument of mlock is no number, nor a name that is known",
  ]);
  assertEquals(said(call("ipc", ["1", "2"]), mmap(0x10000)).length, 3);
});

Deno.test("recordEvents: at the very end a result that is shorter than all others, or half a name, is cut", () => {
  const why = "the text is cut within the result of this mmap";
  const at = (result: number | string, open = 3, args = ANON) =>
    recorded(
      [mmap(0x7f0000010000), call("mmap", args, result, { line: 3 })],
      [],
      open,
    ).unrecorded.map((each) => each.why);
  assertEquals([at(0x7f000000), at(0x7f0000020000), at(0x7f000000, 0)], [[why], [], []]);
  // 0x10000 has five digits, 0xf000 four.
  const short = recorded([mmap(0x10000), call("mmap", ANON, 0xf000, { line: 3 })], [], 3);
  assertEquals(short.unrecorded.length, 1);
  assertEquals([at("ENOM"), at("ENOMEM"), at("ENOM", 0)], [[why], [], []]);
  // A hint tells how long an address is, too.
  const hinted = ["0x7f0000000000", ...ANON.slice(1)];
  const alone = (args: string[], result: number) =>
    recorded([call("mmap", args, result, { line: 3 })], [], 3).unrecorded.length;
  assertEquals([alone(hinted, 0x7f000000), alone(ANON, 0x7f000000)], [1, 0]);
  // Each call has addresses of its own length, and what gives none cannot be cut like this.
  const after = (last: Event) =>
    recorded([mmap(0x7f0000010000), brk(0x500000), { ...last, line: 3 }], [], 3).unrecorded.length;
  assertEquals(after(call("brk", ["0x501000"], 0x501000)), 0);
  assertEquals(after(call("brk", ["0x501000"], 0x501)), 1);
  assertEquals(after(call("munmap", ["0x7f0000010000", "4096"], 0)), 0);
  assertEquals(after(call("mremap", ["0x7f0000010000", "4096", "8192"], 0x7f0000)), 1);
  assertEquals(after(call("shmat", ["5", "0x7f0000010000", "0"], 0x7f0000)), 0);
});

Deno.test("recordEvents: the file behind a descriptor, which threads share and a child copies", () => {
  const file = (flags: string, ...events: Event[]) => {
    const open = call("openat", ["AT_FDCWD", '"/lib/a.so"', "O_RDONLY"], 3, { pid: 1 });
    const clone = call("clone", [`flags=${flags}`], 2, { pid: 1 });
    const map = mmap(0x20000, { pid: 2 }, ["NULL", "4096", "PROT_READ", "MAP_PRIVATE", "3", "0"]);
    const all = recorded([
      mmap(0x10000, { pid: 1 }),
      open,
      clone,
      mmap(0x70000, { pid: 2 }),
      ...events,
      map,
    ]);
    const record = all.records.findLast(({ record: { type } }) => type === "enter")?.record;
    return record?.type === "enter" ? record.file?.name : undefined;
  };
  const close = call("close", ["3"], 0, { pid: 1 });
  const again = call("openat", ["AT_FDCWD", '"/lib/b.so"', "O_RDONLY"], 3, { pid: 1 });
  const threads = "CLONE_VM|CLONE_FILES|CLONE_THREAD";
  assertEquals([file("SIGCHLD"), file(threads)], ["a.so", "a.so"]);
  assertEquals([file("SIGCHLD", close, again), file(threads, close, again)], ["a.so", "b.so"]);
  // Whether a mapping has a file its flags say, whatever number stands for its descriptor.
  const hasFile = (flags: string, descriptor: string) => {
    const args = ["NULL", "4096", "PROT_READ", flags, descriptor, "0"];
    const record = recorded([mmap(0x10000, {}, args)]).records[1]?.record;
    return record?.type === "enter" && "file" in record;
  };
  const anonymous = "MAP_PRIVATE|MAP_ANONYMOUS";
  assertEquals(
    ["-1", "0", "3", "32"].map((each) => hasFile(anonymous, each)),
    Array(4).fill(false),
  );
  assertEquals(
    ["0", "3", "32", "33"].map((each) => hasFile("MAP_PRIVATE", each)),
    Array(4).fill(true),
  );
});

Deno.test("recordEvents: a segment is as long as shmget said, and is the one that its number names", () => {
  const segment = (size: string, id = 5) => {
    const leave = recorded([
      call("shmget", ["IPC_PRIVATE", size, "IPC_CREAT|0600"], 5),
      call("shmat", [String(id), "NULL", "0"], 0x20000),
    ]).records.at(-1)?.record;
    return leave?.type === "leave" && leave.file ? [leave.file.name, leave.file.size] : undefined;
  };
  assertEquals(segment("65536"), ["SYSV00000005", 65536]);
  assertEquals(segment("1"), ["SYSV00000005", 1]);
  assertEquals([segment("x"), segment("-1"), segment("0")], [
    ["SYSV00000005", 0],
    ["SYSV00000005", 0],
    ["SYSV00000005", 0],
  ]);
  assertEquals(segment("65536", 6), undefined);
  // Only shmget makes one, and only shmat attaches it.
  const files = (...events: Event[]) =>
    recorded([...events, mmap(0x20000)]).records.filter(({ record }) =>
      record.type === "leave" && "file" in record
    ).length;
  assertEquals(
    files(call("read", ["3", "4096"], 5), call("shmat", ["5", "NULL", "0"], 0x30000)),
    0,
  );
  const one = call("shmget", ["IPC_PRIVATE", "4096", "0600"], 1);
  assertEquals(files(one, call("mlockall", ["MCL_CURRENT"])), 0);
  assertEquals(files(one, call("shmat", ["1", "NULL", "0"], 0x30000)), 1);
  const other = recorded([call("shmget", ["1", "4096", "0"], 5), mmap(0x5000)]).records.at(-1)
    ?.record;
  assertEquals(other?.type === "leave" && "file" in other, false);
});

Deno.test("recordEvents: limits that a call sets, or shows, are known; those of one that failed are not", () => {
  const args = ["RLIMIT_STACK", "{rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}"];
  const { limits, records } = recorded([call("setrlimit", args), mmap(0x10000)]);
  assertEquals(limits, { stack: 8192 * 1024 });
  const leave = records.find(({ record }) => record.type === "leave")?.record;
  assertEquals(leave?.type === "leave" && leave.limits, { stack: 8192 * 1024 });
  assertEquals(recorded([call("getrlimit", args)]).limits, { stack: 8192 * 1024 });
  assertEquals(recorded([call("setrlimit", args, "EPERM")]).limits, {});
  assertEquals(recorded([call("read", args)]).limits, {});
  const prlimit = ["0", "RLIMIT_AS", "NULL", "{rlim_cur=4096, rlim_max=4096}"];
  const shown = recorded([call("prlimit64", prlimit), mmap(0x10000)]);
  const first = shown.records.find(({ record }) => record.type === "leave")?.record;
  assertEquals(first?.type === "leave" && first.limits, { addressSpace: 4096 });
  const last = shown.records.at(-1)?.record;
  assertEquals(last?.type === "leave" && "limits" in last, false);
});

Deno.test("recordEvents: offsets of mmap2 are pages where one is no whole page in bytes", () => {
  const map = (offset: string) =>
    call("mmap2", ["NULL", "4096", "PROT_READ", "MAP_PRIVATE", "3", offset], 0x20000);
  const offsets = (...all: string[]) =>
    recorded(all.map(map)).records.flatMap(({ record }) =>
      record.type === "enter" ? [record.args[5]] : []
    );
  assertEquals(offsets("0x1000", "0"), [0x1000, 0]);
  assertEquals(offsets("0x1000", "1"), [0x1000 * 4096, 4096]);
  const entered = recorded([
    event("enter", "mmap2", ["NULL", "4096", "PROT_READ", "MAP_PRIVATE", "3", "1"]),
    end("mmap2", 0x20000),
  ]).records[1]?.record;
  assertEquals(entered?.type === "enter" && entered.args[5], 4096);
  // A call that another interrupts shows its offset when it goes on, or nowhere.
  const halves = (...rest: string[]) =>
    offsets("0x1000").concat(
      recorded([
        map("0x1000"),
        event("enter", "mmap2", ["NULL", "4096", "PROT_READ", "MAP_PRIVATE"]),
        end("mmap2", 0x30000, {}, rest),
      ]).records.flatMap(({ record }) => record.type === "enter" ? [record.args[5]] : []),
    );
  assertEquals(halves("3", "0x2000"), [0x1000, 0x1000, 0x2000]);
  assertEquals(halves("3", "1"), [0x1000, 0x1000 * 4096, 4096]);
  assertEquals(halves(), [0x1000, 0x1000, undefined]);
  // Offsets of mmap itself are bytes.
  const plain = recorded([mmap(0x20000, {}, ["NULL", "4096", "1", "2", "3", "1"])]).records[1]
    ?.record;
  assertEquals(plain?.type === "enter" && plain.args[5], 1);
});

Deno.test("recordEvents: a program of 32 bits is told", () => {
  assertEquals(recorded([mmap(0x10000)]).is32Bit, false);
  assertEquals(recorded([{ kind: "32 bits", line: 1 }, mmap(0x10000)]).is32Bit, true);
});
