import { assertThrows } from "@std/assert";
import { MOST_PROCESSES, MOST_VMAS, SequenceCheck } from "../../src/trace/sequence_check.ts";
import { LineError } from "../../src/trace/trace_error.ts";
import { EXEC, HEADER, HEAP } from "./samples.ts";

function started(): SequenceCheck {
  const check = new SequenceCheck();
  check.accept(HEADER);
  check.accept(EXEC);
  return check;
}

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
