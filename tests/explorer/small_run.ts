/**
 * A run written by hand, in an engine that is not packed: what a page shows of each of its steps is known.
 *
 * @module
 */

import * as engine from "../../src/explorer/engine.ts";
import { Run } from "../../src/explorer/model/run.ts";
import type { Pack, PackedFault } from "../../src/explorer/pack.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { call, mapped, memory, PID, start } from "../replay/records.ts";

/** A page of memory. */
export const PAGE = 0x1000;
/** The child of the run's fork. */
export const CHILD = 8;

Object.defineProperty(globalThis, "smallRunEngine", { value: engine });

/** A pack whose only module is the checkout's engine. */
export const PLAIN_PACK: Pack = {
  entry: "engine",
  modules: [{ path: "engine", code: "module.exports = smallRunEngine;" }],
  faults: [],
};

const LOW = memory(0x10_0000, 4);
const HIGH = memory(0x20_0000);

/** Ten steps of two processes. */
export const SMALL: readonly TraceRecord[] = [
  ...start({ placement: "6.18" }), // 1
  ...mapped(LOW), // 2
  ...mapped(HIGH), // 3
  ...call("munmap", [LOW.start + PAGE, PAGE], { // 4: a hole in the lower one
    removed: [LOW.start],
    added: [{ ...LOW, end: LOW.start + PAGE }, { ...LOW, start: LOW.start + 2 * PAGE }],
  }),
  ...call("mmap", [0, PAGE, 3, 0, -1, 0], { error: "EBADF" }), // 5: of a file that there is not
  ...mapped({ ...LOW, start: LOW.start + PAGE, end: LOW.start + 2 * PAGE }).map((record) =>
    // 6: back
    record.type === "leave"
      ? {
        ...record,
        removed: [LOW.start, LOW.start + 2 * PAGE],
        added: [LOW],
      }
      : record
  ),
  ...call("mprotect", [LOW.start, PAGE, 1], { // 7: the first page readable
    removed: [LOW.start],
    added: [
      memory(LOW.start, 1, { permissions: "r--p", vmFlags: "rd mr mw me" }),
      memory(LOW.start + PAGE, 3),
    ],
  }),
  { // 8
    ...{ type: "fork", pid: PID, child: CHILD, sharesMemory: false },
    layout: [
      memory(LOW.start, 1, { permissions: "r--p", vmFlags: "rd mr mw me" }),
      memory(LOW.start + PAGE, 3),
      HIGH,
    ],
  },
  ...call("munmap", [HIGH.start, PAGE], { removed: [HIGH.start] }, { pid: CHILD }), // 9
  { type: "exit", pid: CHILD, status: 0 }, // 10
  { type: "end", reason: "finished" },
];

/** The run of these records, of {@linkcode SMALL} unless given. */
export function smallRun(records: readonly TraceRecord[] = SMALL): Run {
  return new Run(PLAIN_PACK, records);
}

/** A fault after which mprotect breaks down. */
export const BREAKS: PackedFault = {
  ...{ row: 1, name: "It breaks", story: "" },
  modules: [{
    path: "engine",
    code: `class Broken extends smallRunEngine.System {
      apply(step) {
        if (step.type !== "call" || step.enter.call !== "mprotect") return super.apply(step);
        smallRunEngine.fault.firstActed = smallRunEngine.fault.operation;
        throw new Error("it broke");
      }
    }
    module.exports = { ...smallRunEngine, System: Broken };`,
  }],
};
/** A fault that does nothing. */
export const NOTHING: PackedFault = { row: 2, name: "nothing", story: "", modules: [] };
/** A fault that acts in the first munmap and shows at an exit. */
export const LATE: PackedFault = {
  ...{ row: 3, name: "Stale slot kept", story: "" },
  modules: [{
    path: "engine",
    code: `class Late extends smallRunEngine.System {
      apply(step) {
        const { fault } = smallRunEngine;
        if (step.type === "exit") throw new Error("it shows");
        if (step.type === "call" && step.enter.call === "munmap") fault.firstActed ??= fault.operation;
        return super.apply(step);
      }
    }
    module.exports = { ...smallRunEngine, System: Late };`,
  }],
};
