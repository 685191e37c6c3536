/**
 * The tree operations that a replay issues, written down, so that they can be run on other maps.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import type { TreeOperation } from "../mm/vma_tree.ts";
import type { Vma } from "../mm/vma.ts";
import { System } from "./system.ts";
import { type CompiledTrace, replayUnchecked } from "./compiled.ts";

/** One operation on a tree, ranges inclusive. */
export interface LoggedOperation {
  /** What was done. */
  readonly operation: TreeOperation;
  /** First index; for searches where they begin. */
  readonly first: number;
  /** Last index; for searches the limit. */
  readonly last: number;
  /** `store`: the number of the value, from 1; gap searches: the size; else 0. */
  readonly value: number;
}

/**
 * Runs a compiled trace and gives the tree operations of each address space, in the order in which
 * these were made. One made by a fork begins with a store of each VMA it inherited.
 */
export function treeOperations(trace: CompiledTrace): LoggedOperation[][] {
  const logs: LoggedOperation[][] = [];
  const numbers = new Map<Vma, number>();
  const numberOf = (vma: Vma): number => {
    const number = numbers.get(vma) ?? numbers.size + 1;
    numbers.set(vma, number);
    return number;
  };
  const observe = (space: AddressSpace) => {
    const log: LoggedOperation[] = [];
    logs.push(log);
    for (const vma of space.vmas()) {
      log.push({ operation: "store", first: vma.start, last: vma.end - 1, value: numberOf(vma) });
    }
    return (operation: TreeOperation, first: number, last: number, value?: Vma | number) => {
      const number = typeof value === "object" ? numberOf(value) : value ?? 0;
      log.push({ operation, first, last, value: number });
    };
  };
  replayUnchecked(trace, { system: new System(observe) });
  return logs;
}
