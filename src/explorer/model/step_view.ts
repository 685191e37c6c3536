/**
 * Everything that the page shows of one step, as data.
 *
 * @module
 */

import type { TreeOperation } from "../../mm/vma_tree.ts";
import type { ArgumentView } from "./arguments.ts";
import type { Health } from "./health.ts";
import type { TreeChanges } from "./tree_changes.ts";
import type { TreeSnapshot } from "./tree_snapshot.ts";
import type { VmaChanges } from "./vma_changes.ts";
import type { SpaceView, VmaRow } from "./vma_row.ts";

/** One operation on the tree. */
export interface OperationView {
  /** From 1. */
  readonly number: number;
  readonly operation: TreeOperation;
  /** Its range, inclusive; of a search the limit. */
  readonly first: number;
  readonly last: number;
  /** `[start, end)` of the VMA that is stored, as it then was. */
  readonly stored: { readonly start: number; readonly end: number } | undefined;
  /** Of a search for a gap: bytes. */
  readonly size: number | undefined;
  readonly isWrite: boolean;
}

/** Two neighbours, and why they are two. */
export interface Border {
  readonly lower: VmaRow;
  readonly upper: VmaRow;
  /** The rule that keeps them apart; null if none does. */
  readonly obstacle: string | null;
  readonly words: string;
}

/** One step, or one tree operation of it. */
export interface StepView {
  /** From 1. */
  readonly step: number;
  /** The process that did it. */
  readonly pid: number;
  /** The process whose address space is shown: of a fork the child. */
  readonly shownPid: number;
  readonly type: "call" | "touch" | "exec" | "fork" | "exit";
  /** The call's name, or what else happened. */
  readonly name: string;
  readonly args: readonly ArgumentView[];
  /** The step in one line. */
  readonly line: string;
  /** What the model answered. */
  readonly result: string;
  /** Why the call failed, in a sentence. */
  readonly failure: string | undefined;
  /** What was thrown that no call may throw. */
  readonly breakdown: string | undefined;
  readonly operations: readonly OperationView[];
  /** The operation that is shown; undefined for the whole step. */
  readonly operation: number | undefined;
  /** What is shown: after the step or operation, or before it where nothing is left after. */
  readonly space: SpaceView | undefined;
  readonly before: SpaceView | undefined;
  /** The step tore the address space down: `space` is what it was before. */
  readonly isTornDown: boolean;
  readonly changes: VmaChanges | undefined;
  readonly tree: TreeSnapshot | undefined;
  readonly treeBefore: TreeSnapshot | undefined;
  readonly treeChanges: TreeChanges | undefined;
  /** The last walk from the root, in the tree before it wrote. */
  readonly path: readonly { readonly node: number; readonly slot: number }[];
  readonly borders: readonly Border[];
  readonly left: number;
  /** Only of runs with a fault. */
  readonly health: Health | undefined;
  /** The operation of this step in which the fault acted first; 0 if it was before the first one. */
  readonly actedOperation: number | undefined;
}
