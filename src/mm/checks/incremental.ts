/**
 * Checking only what a call touched, cheaply enough to be left on: `validate` of the tree and of the VMAs, cut down
 * to the ranges that were written since the last check.
 *
 * What is checked: the tree as in `tree/checks/incremental.ts`; that each VMA in or beside a range that was written
 * stands under its own range; and that `mapCount` is the number of entries.
 * What is not: anon_vma links and the sums by kind, which take a walk over all VMAs.
 *
 * @module
 */

import type { MapleState } from "../../tree/maple_state.ts";
import { MAX_INDEX } from "../../tree/node_layout.ts";
import { poolOf } from "../../tree/maple_tree.ts";
import { IncrementalValidator } from "../../tree/checks/incremental.ts";
import { MmInvariantError } from "../error.ts";
import type { VmaTree } from "../vma_tree.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { validateOwn } from "./validate.ts";
import type { Vma } from "../vma.ts";

/** A range that was written, inclusive. */
interface Touched {
  readonly first: number;
  readonly last: number;
}

/** Checks one address space, call by call. */
export class SpaceValidator {
  readonly #vmas: VmaTree;
  readonly #tree: IncrementalValidator;
  readonly #state: MapleState<Vma>;
  readonly #touched: Touched[] = [];
  /** The last write, as long as the tree has not been checked since. */
  #unchecked: Touched | undefined;

  /**
   * Validates everything of this address space once, and from then on what is written. O(n log n).
   *
   * @throws {MmInvariantError} as `validateOwn`
   */
  constructor(mm: MemoryDescriptor) {
    validateOwn(mm);
    const vmas = mm.tree;
    const told = vmas.writeObserver;
    vmas.writeObserver = (operation, first, last, value) => {
      this.#note({ first, last });
      told?.(operation, first, last, value);
    };
    this.#vmas = vmas;
    this.#state = vmas.tree.state();
    this.#tree = new IncrementalValidator(poolOf(vmas.tree));
  }

  /**
   * Checks what was written since the last time. Where a call writes more than once, the tree is checked
   * before each further write too, which then throws.
   *
   * @throws {InvariantError} a rule of the tree is broken
   * @throws {MmInvariantError} a VMA is out of place, or `mapCount` is wrong
   */
  check(): void {
    this.#checkTree();
    // A teardown writes no range, but retires every node.
    if (this.#tree.changed) this.#tree.check(0, MAX_INDEX);
    for (const { first, last } of this.#touched) this.#checkVmas(first, last);
    this.#touched.length = 0;
    const { mapCount } = this.#vmas;
    const { entries } = this.#tree;
    if (mapCount === entries) return;
    throw new MmInvariantError(`mapCount is ${mapCount}, but the tree holds ${entries} VMAs`);
  }

  /** Notes a write that is about to happen: what the one before it left is checked now, or never. */
  #note(touched: Touched): void {
    this.#checkTree();
    this.#unchecked = touched;
    this.#touched.push(touched);
  }

  #checkTree(): void {
    if (this.#unchecked !== undefined) {
      this.#tree.check(this.#unchecked.first, this.#unchecked.last);
    }
    this.#unchecked = undefined;
  }

  /** The VMAs in `first … last`, and those that touch it. */
  #checkVmas(first: number, last: number): void {
    const state = this.#state;
    state.set(Math.max(0, first - 1));
    let vma = state.walk() ?? state.next(last + 1);
    for (; vma !== undefined && state.index <= last + 1; vma = state.next(last + 1)) {
      const { start, end } = vma;
      if (state.index === start && state.last === end - 1) continue;
      throw new MmInvariantError("its range is not the one under which the tree holds it", vma);
    }
  }
}
