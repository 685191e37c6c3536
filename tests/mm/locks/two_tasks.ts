/**
 * Two tasks in one address space: a call, and a page fault that runs at each of the call's lock points in turn.
 *
 * Whatever the point, the end must be that of the fault before the call or of the fault after it. A fault that needs a
 * lock which the call holds waits: it is tried again at each later lock point, and at last when the call has ended.
 *
 * The module is a parameter, so that a build that was broken on purpose can be shown to fail.
 *
 * @module
 */

import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { WouldBlock } from "../../../src/mm/locks/lock_checker.ts";
import { present } from "../../present.ts";

/** What a fault ends in: what it read, or the error's code. */
export type Fault = (mm: AddressSpace) => number | string;

/** One story: how memory looks, what one task does, what the other one does meanwhile. */
export interface TwoTasks {
  /** Makes the address space, on a machine that checks locks. */
  readonly scene: () => AddressSpace;
  /** The call of the first task. */
  readonly call: (mm: AddressSpace) => void;
  /** The fault of the second. */
  readonly fault: Fault;
}

/**
 * Runs the fault at every lock point of the call.
 *
 * @returns lock points tried, and those at which the fault had to wait
 * @throws {Error} an end that neither order gives
 */
export function explore(story: TwoTasks): { readonly points: number; readonly waited: number } {
  const before = serial(story, true);
  const after = serial(story, false);
  let waited = 0;
  for (let point = 0;; point++) {
    const { end, points, hadToWait } = interleaved(story, point);
    if (point >= points) return { points: point, waited };
    waited += Number(hadToWait);
    if (end !== before && end !== after) {
      throw new Error(
        `at lock point ${point} it ends in\n${end}\nneither as with the fault before\n${before}\nnor after\n${after}`,
      );
    }
  }
}

function serial({ scene, call, fault }: TwoTasks, first: boolean): string {
  const mm = scene();
  const early = first ? fault(mm) : undefined;
  call(mm);
  return describe(mm, early ?? fault(mm));
}

function interleaved({ scene, call, fault }: TwoTasks, at: number) {
  const mm = scene();
  const locks = present(mm.descriptor.locks);
  let points = 0;
  let result: number | string | undefined;
  let hadToWait = false;
  const other = () => {
    locks.onLockPoint = undefined;
    locks.task = 1;
    try {
      result = fault(mm);
    } catch (error) {
      if (!(error instanceof WouldBlock)) throw error;
      hadToWait = true;
    } finally {
      locks.task = 0;
    }
  };
  locks.onLockPoint = function lockPoint() {
    if (points++ < at || result !== undefined) return;
    other();
    locks.onLockPoint = lockPoint;
  };
  call(mm);
  locks.onLockPoint = undefined;
  result ??= fault(mm);
  return { end: describe(mm, result), points, hadToWait };
}

/** All that either task can see of the end. */
function describe(mm: AddressSpace, result: number | string): string {
  mm.validate();
  const table = present(mm.descriptor.pageTable);
  const pages = [...table].sort(([a], [b]) => a - b).map(([vpn, entry]) =>
    `${vpn.toString(16)} ${
      entry.kind === "present" ? `${entry.page.stamp}${entry.writable ? "w" : "r"}` : entry.kind
    }`
  );
  return [`the fault: ${result}`, mm.maps().trimEnd(), ...pages].join("\n");
}
