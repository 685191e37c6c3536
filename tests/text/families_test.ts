/**
 * Processes and threads as records: who made whom, whose memory is whose, and which of two calls at once came first.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Event } from "../../src/text/calls/event.ts";
import { importText } from "../../src/text/import.ts";
import { ANON, brk, call, end, event, mmap, recorded, said, words } from "./events.ts";

Deno.test("recordEvents: a call that makes a process makes a fork of it, once it is heard of", () => {
  const clone = (flags: string, child: number, name = "clone") =>
    call(name, [`child_stack=NULL`, `flags=${flags}`], child, { pid: 1 });
  const at = (pid: number) => mmap(0x20000, { pid });
  assertEquals(said(mmap(0x10000, { pid: 1 }), clone("SIGCHLD", 2), at(2)), [
    ...["exec 1 running", "1 mmap", "1 mmap = 10000", "fork 1>2", "2 mmap", "2 mmap = 20000"],
  ]);
  const threads = "CLONE_VM|CLONE_FILES|CLONE_THREAD";
  const text = [mmap(0x10000, { pid: 1 }), clone(threads, 2), clone("SIGCHLD", 3), at(2), at(3)];
  const whole = recorded(text);
  assertEquals(words(whole).filter((each) => each.startsWith("fork")), [
    ...["fork 1>2 shared", "fork 1>3"],
  ]);
  assertEquals([whole.threads, whole.processes], [1, 2]);
  // One that failed makes none, and the 0 of the child itself neither.
  assertEquals(said(mmap(0x10000, { pid: 1 }), call("fork", [], "EAGAIN", { pid: 1 })).length, 3);
  assertEquals(said(mmap(0x10000, { pid: 1 }), call("fork", [], 0, { pid: 1 })).length, 3);
  // A child may speak before its parent's call has returned.
  const early = [
    ...[mmap(0x10000, { pid: 1 }), event("enter", "vfork", [], { pid: 1 }), at(2)],
    ...[end("vfork", 2, { pid: 1 })],
  ];
  assertEquals(said(...early).slice(3), ["fork 1>2 shared", "2 mmap", "2 mmap = 20000"]);
});

Deno.test("recordEvents: where a thread is never heard of, what it may do makes all of its process unsure", () => {
  const clone = (flags: string) => call("clone", [`flags=${flags}`], 2, { pid: 1 });
  const text = (flags: string, ...more: Event[]) =>
    said(mmap(0x10000, { pid: 1 }), clone(flags), mmap(0x20000, { pid: 1 }), ...more);
  const last = (all: string[]) => all.filter((each) => each.startsWith("1 mmap")).at(2);
  assertEquals(last(text("CLONE_VM|CLONE_THREAD")), "1 mmap unsure");
  assertEquals(last(text("CLONE_VM|CLONE_THREAD", mmap(0x30000, { pid: 2 }))), "1 mmap");
  assertEquals(last(text("SIGCHLD")), "1 mmap");
  assertEquals(last(text("CLONE_VM|CLONE_VFORK")), "1 mmap");
});

Deno.test("recordEvents: where somebody nobody made speaks, whose memory it has is not known", () => {
  const text = [mmap(0x10000, { pid: 1 }), mmap(0x20000, { pid: 9 }), mmap(0x30000, { pid: 1 })];
  assertEquals(said(...text), [
    ...["exec 1 running", "1 mmap", "1 mmap = 10000"],
    ...["exec 9 running", "9 mmap unsure", "9 mmap = 20000", "1 mmap unsure", "1 mmap = 30000"],
  ]);
  // One that begins a program has memory of its own; one that has ended, none.
  assertEquals(
    said(text[0]!, brk(0x500000, { pid: 9 }), text[2]!).includes("1 mmap unsure"),
    false,
  );
  const exited: Event = { kind: "exit", status: 3, line: 2, pid: 9 };
  assertEquals(said(text[0]!, text[1]!, exited, text[2]!).slice(6), [
    ...["exit 9 3", "1 mmap", "1 mmap = 30000"],
  ]);
  const exec = call("execve", ['"/bin/a"', "[]"], 0, { pid: 9 });
  assertEquals(said(text[0]!, text[1]!, exec, text[2]!).slice(6), [
    ...["exec 9 anew", "1 mmap", "1 mmap = 30000"],
  ]);
});

Deno.test("recordEvents: threads of one group share their memory, though nobody made them in the text", () => {
  const text = [
    mmap(0x10000, { pid: 11, group: 11 }),
    mmap(0x20000, { pid: 12, group: 11 }),
    mmap(0x30000, { pid: 13, group: 13 }),
    mmap(0x40000, { pid: 14, group: 13 }),
  ];
  const whole = recorded(text);
  assertEquals(words(whole).filter((each) => /exec|fork/.test(each)), [
    ...["exec 11 running", "fork 11>12 shared", "exec 13 running", "fork 13>14 shared"],
  ]);
  assertEquals(whole.threads, 2);
});

Deno.test("recordEvents: a process that was attached to with its threads is the first, and they share its memory", () => {
  const attached = (threads: number): Event => ({ kind: "attached", line: 1, pid: 7, threads });
  const text = (threads: number) =>
    said(attached(threads), mmap(0x20000, { pid: 8 }), mmap(0x10000, { pid: 7 }))
      .filter((each) => /exec|fork/.test(each));
  assertEquals(text(2), ["exec 7 running", "fork 7>8 shared"]);
  assertEquals(text(1), ["exec 8 running", "exec 7 running"]);
});

Deno.test("recordEvents: where a mapping was placed nothing was left: an overlapping unmap comes first", () => {
  const two = (first: Event, second: Event, third: Event, fourth: Event) =>
    said(
      mmap(0x10000, { pid: 1 }),
      call("clone", ["flags=CLONE_VM|CLONE_THREAD"], 2, { pid: 1 }),
      mmap(0x40000, { pid: 2 }),
      ...[first, second, third, fourth],
    ).slice(6).filter((each) => each.includes("="));
  const unmapEnter = (at: number, length = 0x2000) =>
    event("enter", "munmap", [`0x${at.toString(16)}`, String(length)], { pid: 1 });
  const unmapEnd = (result: number | string = 0) => end("munmap", result, { pid: 1 });
  const mapEnter = event("enter", "mmap", ANON, { pid: 2 });
  const mapEnd = (at: number | string) => end("mmap", at, { pid: 2 });
  const unmapFirst = ["1 munmap = 0", "2 mmap = 10000"];
  const asTold = ["2 mmap = 10000", "1 munmap = 0"];
  const order = (at: number, length?: number) =>
    two(unmapEnter(at, length), mapEnter, mapEnd(0x10000), unmapEnd());
  assertEquals(order(0x10000), unmapFirst);
  assertEquals(order(0x11000), unmapFirst);
  assertEquals(order(0xf000), unmapFirst);
  // 0x10000-0x12000 was mapped: what ends or begins there was elsewhere.
  assertEquals([order(0xe000), order(0x12000)], [asTold, asTold]);
  assertEquals(order(0xf000, 0x1000), asTold);
  // One that failed has unmapped nothing, and where mmap failed nothing was placed.
  assertEquals(two(unmapEnter(0x10000), mapEnter, mapEnd(0x10000), unmapEnd("EINVAL")), [
    ...["2 mmap = 10000", "1 munmap = EINVAL"],
  ]);
  assertEquals(two(unmapEnter(0x10000), mapEnter, mapEnd("ENOMEM"), unmapEnd()), [
    ...["2 mmap = ENOMEM", "1 munmap = 0"],
  ]);
  // A mremap that moved has left where it was.
  const move = (to: number) => {
    const enter = event("enter", "mremap", ["0x10000", "8192", "8192", "1"], { pid: 1 });
    return two(enter, mapEnter, mapEnd(0x10000), end("mremap", to, { pid: 1 }));
  };
  assertEquals(move(0x80000), ["1 mremap = 80000", "2 mmap = 10000"]);
  assertEquals(move(0x10000), ["2 mmap = 10000", "1 mremap = 10000"]);
  // What mremap was given lies where it went, as long as it became.
  const grown = event("enter", "mremap", ["0x40000", "4096", "12288", "1"], { pid: 2 });
  assertEquals(two(unmapEnter(0x12000), grown, end("mremap", 0x10000, { pid: 2 }), unmapEnd()), [
    ...["1 munmap = 0", "2 mremap = 10000"],
  ]);
  // Other calls place nothing.
  const advise = event("enter", "madvise", ["0x10000", "8192", "4"], { pid: 2 });
  assertEquals(two(unmapEnter(0x0), advise, end("madvise", 0, { pid: 2 }), unmapEnd()), [
    ...["2 madvise = 0", "1 munmap = 0"],
  ]);
});

Deno.test("recordEvents: another process's unmap is not this one's", () => {
  const text = [
    mmap(0x10000, { pid: 1 }),
    call("fork", [], 2, { pid: 1 }),
    mmap(0x40000, { pid: 2 }),
    event("enter", "munmap", ["0x10000", "8192"], { pid: 1 }),
    event("enter", "mmap", ANON, { pid: 2 }),
    end("mmap", 0x10000, { pid: 2 }),
    end("munmap", 0, { pid: 1 }),
  ];
  assertEquals(said(...text).slice(-2), ["2 mmap = 10000", "1 munmap = 0"]);
});

Deno.test("recordEvents: a child that execs before its parent's call returns is a child all the same", () => {
  const text = [
    mmap(0x10000, { pid: 1 }),
    event("enter", "vfork", [], { pid: 1 }),
    call("execve", ['"/bin/a"', "[]"], 0, { pid: 2 }),
    end("vfork", 2, { pid: 1 }),
    brk(0x500000, { pid: 2 }),
  ];
  assertEquals(said(...text).slice(3), [
    ...["fork 1>2 shared", "exec 2 anew", "2 brk", "2 brk = 500000"],
  ]);
});

Deno.test("recordEvents: only a call that makes processes makes one, and only of a parent that was heard of", () => {
  const made = (...events: Event[]) => said(...events).filter((each) => /exec|fork/.test(each));
  const [one, two] = [mmap(0x10000, { pid: 1 }), mmap(0x20000, { pid: 2 })];
  assertEquals(made(one, call("read", ["3"], 2, { pid: 1 }), two), [
    ...["exec 1 running", "exec 2 running"],
  ]);
  // A call that did not return made none that is known.
  assertEquals(made(one, event("call", "fork", [], { pid: 1 }), two), [
    ...["exec 1 running", "exec 2 running"],
  ]);
  assertEquals(made(two, call("fork", [], 2, { pid: 1 })), ["exec 2 running", "exec 1 running"]);
});

Deno.test("recordEvents: who a thread makes is no thread of the process that was attached to", () => {
  const attached: Event = { kind: "attached", line: 1, pid: 7, threads: 2 };
  const text = [
    ...[attached, mmap(0x20000, { pid: 9 }), call("fork", [], 9, { pid: 8 })],
    mmap(0x10000, { pid: 7 }),
  ];
  assertEquals(said(...text).filter((each) => /exec|fork/.test(each)), [
    ...["exec 9 running", "exec 7 running", "fork 7>8 shared"],
  ]);
});

Deno.test("recordEvents: threads are told as those of the first of their group", () => {
  const text = [11, 12, 15].map((pid) => mmap(0x10000 * pid, { pid, group: 11 }));
  const whole = recorded(text);
  assertEquals(words(whole).filter((each) => /exec|fork/.test(each)), [
    ...["exec 11 running", "fork 11>12 shared", "fork 11>15 shared"],
  ]);
  assertEquals([whole.threads, whole.processes], [2, 1]);
});

Deno.test("importText: a call that returns after its thread has exited ends nothing", () => {
  const { memoryCalls, vmas } = importText(`[pid 5] brk(NULL) = 0x1000
[pid 6] munmap(0x1000, 4096 <unfinished ...>
[pid 5] +++ exited with 0 +++
[pid 5] +++ superseded by execve in pid 6 +++
[pid 5] <... munmap resumed>) = 0
[pid 5] mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10000
`);
  assertEquals([memoryCalls, vmas.map(({ pid, start }) => [pid, start])], [3, [[5, 0x10000]]]);
});

Deno.test("recordEvents: a mapping that failed was placed nowhere, though memory at 0 is unmapped meanwhile", () => {
  const text = [
    mmap(0x10000, { pid: 1 }),
    call("clone", ["flags=CLONE_VM|CLONE_THREAD"], 2, { pid: 1 }),
    mmap(0x40000, { pid: 2 }),
    event("enter", "munmap", ["0", "8192"], { pid: 1 }),
    event("enter", "mmap", ANON, { pid: 2 }),
    end("mmap", "ENOMEM", { pid: 2 }),
    end("munmap", 0, { pid: 1 }),
  ];
  assertEquals(said(...text).slice(-2), ["2 mmap = ENOMEM", "1 munmap = 0"]);
});
