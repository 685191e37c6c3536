/**
 * Events as what each thread did: which return belongs to which call, whose a line without a name is, who was first.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Event } from "../../src/text/calls/event.ts";
import { makesProcess, pairCalls } from "../../src/text/trace/pair.ts";
import { call, end, event } from "./events.ts";

/** What pairs, in a word each. */
function paired(...events: Event[]): string[] {
  return pairCalls(events).happenings.map((each) => {
    switch (each.kind) {
      case "enter":
      case "leave":
        return `${each.kind} ${each.call.pid} ${each.call.call}(${each.call.args.join(" ")})`;
      case "exit":
        return `exit ${each.pid}`;
      case "superseded":
        return `${each.pid} by ${each.by}`;
      case "attached":
        return `attached ${each.pid} ${each.threads}`;
      default:
        return each.kind;
    }
  });
}

Deno.test("pairCalls: a return belongs to the call that its thread is in, by whatever name of it", () => {
  const enter = event("enter", "mmap", ["a"], { pid: 1 });
  assertEquals(paired(enter, end("mmap", 5, { pid: 1 }, ["b"])), [
    ...["enter 1 mmap(a b)", "leave 1 mmap(a b)"],
  ]);
  assertEquals(paired(event("enter", "mmap2", ["a"], { pid: 1 }), end("mmap", 5, { pid: 1 })), [
    ...["enter 1 mmap2(a)", "leave 1 mmap2(a)"],
  ]);
  const { happenings, begunBefore } = pairCalls([enter, end("munmap", 0, { pid: 1, line: 9 })]);
  assertEquals([happenings.length, begunBefore], [1, [{ line: 9, call: "munmap" }]]);
  assertEquals(pairCalls([enter, end("read", 0, { pid: 1 })]).begunBefore, []);
  assertEquals(pairCalls([enter, end("mmap", 0, { pid: 2 })]).begunBefore.length, 1);
});

Deno.test("pairCalls: a call that is printed whole again when it returns is one call", () => {
  const whole = call("munmap", ["1", "2"], 0, { pid: 1, line: 7 });
  const enter = event("enter", "munmap", ["1", "2"], { pid: 1 });
  const { happenings } = pairCalls([enter, whole]);
  assertEquals(happenings.length, 2);
  const [first] = happenings;
  assertEquals(
    first?.kind === "enter" && [first.call.line, first.call.endLine, first.call.returned],
    [1, 7, true],
  );
  for (const args of [["1"], ["1", "3"], ["1", "2", "3"]]) {
    assertEquals(pairCalls([{ ...enter, args }, whole]).happenings.length, 3, args.join());
  }
  assertEquals(
    pairCalls([event("enter", "mmap", ["1", "2"], { pid: 1 }), whole]).happenings.length,
    3,
  );
});

Deno.test("pairCalls: a line without a name is the only one's that runs, else the first's", () => {
  const plain = event("enter", "munmap", []);
  assertEquals(paired(plain), ["enter 1 munmap()"]);
  const five = call("brk", [], 0, { pid: 5 });
  assertEquals(paired(five, plain).at(-1), "enter 5 munmap()");
  const six = call("brk", [], 0, { pid: 6 });
  assertEquals(paired(five, six, plain).at(-1), "enter 5 munmap()");
  const gone: Event = { kind: "exit", status: 0, line: 1, pid: 5 };
  assertEquals(paired(five, six, gone, plain).at(-1), "enter 6 munmap()");
  assertEquals(paired(five, six, { kind: "exit", status: 0, line: 1 }).at(-1), "exit 5");
  // A child is alive once it was made: then the first one's lines are again the first one's.
  const fork = call("fork", [], 6, { pid: 5 });
  assertEquals(paired(five, fork, plain).at(-1), "enter 5 munmap()");
  assertEquals(paired(five, fork, gone, plain).at(-1), "enter 6 munmap()");
  assertEquals(
    paired(five, call("fork", [], "EAGAIN", { pid: 5 }), gone, plain).at(-1),
    "enter 5 munmap()",
  );
});

Deno.test("pairCalls: while several run a line without a name is the first's; what is no process is none of them", () => {
  const plain = event("enter", "munmap", []);
  const [five, six] = [5, 6].map((pid) => call("brk", [], 0, { pid })) as [Event, Event];
  const gone: Event = { kind: "exit", status: 0, line: 1, pid: 5 };
  const last = (...events: Event[]) => paired(...events, plain).at(-1);
  // 5 made 6, which spoke first.
  assertEquals(last(six, call("fork", [], 6, { pid: 5 })), "enter 5 munmap()");
  // A result is a process only if a call that makes one gave it, and is no 0.
  assertEquals(last(five, six, gone, call("mmap", [], 0x7000, { pid: 6 })), "enter 6 munmap()");
  assertEquals(last(five, six, gone, call("fork", [], 0, { pid: 6 })), "enter 6 munmap()");
  // A thread that took its leader's number has gone with its own.
  const four = call("brk", [], 0, { pid: 4 });
  const superseded: Event = { kind: "superseded", line: 2, pid: 5, by: 6 };
  const left: Event = { ...gone, pid: 4 };
  assertEquals(last(four, five, six, left, superseded), "enter 5 munmap()");
});

Deno.test("pairCalls: what has exited, or was before missing lines, is in no call any more", () => {
  const enter = event("enter", "munmap", ["1"], { pid: 5 });
  const exit: Event = { kind: "exit", status: 0, line: 1, pid: 5 };
  assertEquals(pairCalls([enter, exit, end("munmap", 0, { pid: 5 })]).begunBefore.length, 1);
  assertEquals(
    pairCalls([enter, { kind: "gap", line: 2 }, end("munmap", 0, { pid: 5 })]).begunBefore.length,
    1,
  );
  assertEquals(pairCalls([enter, end("munmap", 0, { pid: 5 })]).begunBefore.length, 0);
});

Deno.test("pairCalls: the thread that a leader is superseded by goes on under the leader's number", () => {
  const text: Event[] = [
    event("enter", "execve", ["a"], { pid: 6 }),
    { kind: "superseded", line: 2, pid: 5, by: 6 },
    end("execve", 0, { pid: 5 }),
  ];
  assertEquals(paired(...text), ["enter 5 execve(a)", "5 by 6", "leave 5 execve(a)"]);
  assertEquals(paired(text[1]!), ["5 by 6"]);
  assertEquals(pairCalls([...text.slice(0, 2), end("execve", 0, { pid: 6 })]).happenings.length, 2);
});

Deno.test("pairCalls: the first process is the first that nobody made", () => {
  const root = (...events: Event[]) => pairCalls(events).root;
  const by = (pid: number) => call("brk", [], 0, { pid });
  const fork = (parent: number, child: number) => call("fork", [], child, { pid: parent });
  assertEquals(root(call("brk", [])), 1);
  assertEquals(root(by(6), fork(5, 6)), 5);
  assertEquals(
    root(by(6), event("enter", "clone", [], { pid: 5 }), end("clone", 6, { pid: 5 })),
    5,
  );
  assertEquals(root(by(6), call("fork", [], "EAGAIN", { pid: 5 })), 6);
  assertEquals(root(by(6), call("read", [], 6, { pid: 5 })), 6);
  assertEquals(root(by(6), event("call", "fork", [], { pid: 5 })), 6);
  const attached = (pid: number, threads: number): Event => ({
    kind: "attached",
    line: 1,
    pid,
    threads,
  });
  assertEquals(root(attached(9, 1), by(6)), 6);
  assertEquals(root(by(6), attached(9, 3)), 6);
  assertEquals(root(attached(9, 3), by(6)), 9);
  assertEquals(root(attached(9, 1), call("brk", [])), 9);
  assertEquals(root({ kind: "attached", line: 1, threads: 1 }, call("brk", [])), 1);
  assertEquals(root({ kind: "attached", line: 1, threads: 3 }, by(6)), 6);
  assertEquals(paired(attached(9, 3), { kind: "attached", line: 1, threads: 3 }), ["attached 9 3"]);
});

Deno.test("makesProcess: the calls that make one", () => {
  for (const name of ["clone", "clone2", "clone3", "fork", "vfork"]) {
    assertEquals(makesProcess(name), true);
  }
  for (const name of ["execve", "cloned", "read"]) assertEquals(makesProcess(name), false);
});
