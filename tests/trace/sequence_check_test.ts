import { assertEquals, assertThrows } from "@std/assert";
import type { TraceRecord } from "../../src/trace/format.ts";
import { MOST_PROCESSES, MOST_VMAS, SequenceCheck } from "../../src/trace/sequence_check.ts";
import { LineError } from "../../src/trace/trace_error.ts";
import { EXEC, HEADER, HEAP } from "./samples.ts";

function started(): SequenceCheck {
  const check = new SequenceCheck();
  check.accept(HEADER);
  check.accept(EXEC);
  return check;
}

Deno.test("SequenceCheck: what a reader can keep: 131,072 processes, 4,194,304 VMAs", () => {
  assertEquals([MOST_PROCESSES, MOST_VMAS], [131_072, 4_194_304]);
});

Deno.test("SequenceCheck: more live processes than a reader can keep are refused", () => {
  const check = started();
  const fork = (child: number) =>
    check.accept({ type: "fork", pid: EXEC.pid, child, sharesMemory: true });
  for (let child = 1; child < MOST_PROCESSES; child++) fork(1000 + child);
  assertThrows(() => fork(1), LineError, "processes are alive");
});

Deno.test("SequenceCheck: processes that have ended make room for others", () => {
  const check = started();
  for (let child = 1; child < MOST_PROCESSES + 10; child++) {
    check.accept({ type: "fork", pid: EXEC.pid, child: 1000 + child, sharesMemory: true });
    check.accept({ type: "exit", pid: 1000 + child, status: 0 });
  }
});

Deno.test("SequenceCheck: VMAs are counted for each memory once, until its last user ends", () => {
  const layout = Array(MOST_VMAS / 4).fill(HEAP);
  const check = started();
  const fork = (child: number) =>
    check.accept({ type: "fork", pid: EXEC.pid, child, sharesMemory: false, layout });
  for (const child of [11, 12, 13]) fork(child);
  check.accept({ type: "fork", pid: 13, child: 14, sharesMemory: true });
  check.accept({ type: "exit", pid: 13, status: 0 });
  assertThrows(() => fork(15), LineError, "VMAs are in use");
  const other = started();
  for (let child = 11; child < 30; child++) {
    other.accept({ type: "fork", pid: EXEC.pid, child, sharesMemory: false, layout });
    other.accept({ type: "exit", pid: child, status: 0 });
  }
});

Deno.test("SequenceCheck: as many VMAs as a reader can keep are accepted, one more is not", () => {
  const check = started();
  const layout = Array(MOST_VMAS - EXEC.layout.length).fill(HEAP);
  check.accept({ ...EXEC, pid: 11, layout });
  const grow = () => check.accept({ ...EXEC, pid: 12, layout: [HEAP] });
  assertThrows(grow, LineError, "VMAs are in use");
});

Deno.test("SequenceCheck: what calls add and remove counts", () => {
  const check = started();
  const added = Array(MOST_VMAS / 2).fill(HEAP);
  const call = "mmap", pid = EXEC.pid;
  const map = (removed: readonly number[]) => {
    check.accept({ type: "enter", pid, call, args: [] });
    check.accept({ type: "leave", pid, call, result: 0, removed, added });
  };
  map([]);
  map(Array(MOST_VMAS / 2).fill(0x1000));
  assertThrows(() => map([]), LineError, "VMAs are in use");
});

Deno.test("SequenceCheck: memory of which a child has a copy goes when its one user ends", () => {
  const layout = Array(MOST_VMAS / 2).fill(HEAP);
  const check = started();
  check.accept({ ...EXEC, pid: 11, layout });
  check.accept({ type: "fork", pid: 11, child: 12, sharesMemory: false, layout: [] });
  check.accept({ type: "exit", pid: 11, status: 0 });
  check.accept({ ...EXEC, pid: 13, layout });
  assertThrows(() => check.accept({ ...EXEC, pid: 14, layout }), LineError, "VMAs are in use");
});

Deno.test("SequenceCheck: a new program gives back the VMAs of the one before", () => {
  const layout = Array(MOST_VMAS / 2 - 2 * EXEC.layout.length).fill(HEAP);
  const check = started();
  for (let i = 0; i < 4; i++) check.accept({ ...EXEC, pid: 11, layout });
  check.accept({ type: "fork", pid: 11, child: 12, sharesMemory: true });
  check.accept({ ...EXEC, pid: 11, layout: EXEC.layout });
  check.accept({ ...EXEC, pid: 13, layout });
  assertThrows(() => check.accept({ ...EXEC, pid: 14, layout }), LineError, "VMAs are in use");
});

Deno.test("SequenceCheck: what stands where it cannot is named", () => {
  const pid = EXEC.pid, call = "mmap";
  const enter = { type: "enter", pid, call, args: [] } as const;
  const leave = { type: "leave", pid, call, result: 0, removed: [], added: [] } as const;
  const cases: readonly [readonly TraceRecord[], string][] = [
    [[HEADER], "a second header"],
    [[{ type: "end", reason: "finished" }, enter], "something follows the end record"],
    [[leave], `process ${pid} leaves mmap without having entered it`],
    [[enter, { ...enter, call: "brk" }], `process ${pid} enters brk but has not left mmap`],
    [[enter, leave, leave], "without having entered it"],
    [[enter, { ...leave, call: "brk" }], "leaves brk without"],
    [[{ ...enter, pid: 99 }], "process 99 is not known"],
    [[{ type: "fault", pid: 99, address: 0 }], "process 99 is not known"],
    [[{ type: "grow", pid: 99, start: 0 }], "process 99 is not known"],
    [[{ type: "fork", pid: 99, child: 8, sharesMemory: true }], "process 99 is not known"],
    [[{ type: "fork", pid, child: pid, sharesMemory: true }], `process ${pid} exists already`],
    [[{ type: "exit", pid, status: 0 }, enter], `process ${pid} is not known`],
  ];
  for (const [records, message] of cases) {
    const check = started();
    const run = () => records.forEach((record) => check.accept(record));
    assertThrows(run, LineError, message);
  }
  assertThrows(() => new SequenceCheck().accept(EXEC), LineError, "does not begin with a header");
});
