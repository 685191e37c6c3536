/**
 * Checking only what a call touched, cheaply enough to be left on: `validate` of the tree and of the VMAs, cut down
 * to the ranges that were written since the last check.
 *
 * What is checked: the tree as in `tree/checks/incremental.ts`; that each VMA in or beside a range that was written
 * stands under its own range; and that `mapCount` is the number of entries.
 * What is not: anon_vma links and the sums by kind, which take a walk over all VMAs.
 *
 * It costs about as much as the call itself: one pass over each leaf that was written and over each node above it, two
 * searches from where the store ended, and nothing from the heap.
 *
 * @module
 */

import * as arithmetic from "../../tree/arithmetic.ts";
import { Cursor, Status } from "../../tree/cursor.ts";
import * as layout from "../../tree/node_layout.ts";
import type { NodePool } from "../../tree/node_pool.ts";
import { poolOf } from "../../tree/maple_tree.ts";
import * as navigate from "../../tree/navigate.ts";
import { IncrementalValidator } from "../../tree/checks/incremental.ts";
import { MmInvariantError } from "../error.ts";
import type { VmaTree } from "../vma_tree.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { validateOwn } from "./validate.ts";
import type { Vma } from "../vma.ts";

// What is used for every call is the file's own: V8 looks imported names up each time.
const { following, preceding } = arithmetic;
const { MAX_INDEX } = layout;
const { find, next, previous } = navigate;
const { START } = Status;

/** Checks one address space, call by call. */
export class SpaceValidator {
  readonly #vmas: VmaTree;
  readonly #tree: IncrementalValidator;
  readonly #pool: NodePool<Vma>;
  readonly #cursor: Cursor<Vma>;
  /** The ranges that were written since the last check: first and last index in turn. */
  #touched = new Float64Array(16);
  /** Numbers in it. */
  #count = 0;
  /** The tree has not been checked since the last of these writes. */
  #isUnchecked = false;

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
      this.#note(first, last);
      if (told !== undefined) told(operation, first, last, value);
    };
    this.#vmas = vmas;
    this.#pool = poolOf(vmas.tree);
    this.#cursor = new Cursor(this.#pool, 0, 0, undefined);
    this.#tree = new IncrementalValidator(this.#pool);
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
    for (let i = 0; i < this.#count; i += 2) {
      this.#checkVmas(this.#touched[i]!, this.#touched[i + 1]!);
    }
    this.#count = 0;
    const { mapCount } = this.#vmas;
    const { entries } = this.#tree;
    if (mapCount === entries) return;
    throw new MmInvariantError(`mapCount is ${mapCount}, but the tree holds ${entries} VMAs`);
  }

  /** Notes a write that is about to happen: what the one before it left is checked now, or never. */
  #note(first: number, last: number): void {
    this.#checkTree();
    if (this.#count === this.#touched.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#touched);
      this.#touched = larger;
    }
    this.#touched[this.#count++] = first;
    this.#touched[this.#count++] = last;
    this.#isUnchecked = true;
  }

  #checkTree(): void {
    if (!this.#isUnchecked) return;
    this.#tree.check(this.#touched[this.#count - 2]!, this.#touched[this.#count - 1]!);
    this.#isUnchecked = false;
  }

  /** The VMAs in `first … last`, and those that touch it: both searches begin where the store ended. */
  #checkVmas(first: number, last: number): void {
    const cursor = this.#cursor;
    const pool = this.#pool;
    const before = preceding(first);
    const max = following(last);
    if (first > 0) {
      this.#moveTo(first);
      this.#checkVma(pool.decode(previous(cursor, before)));
    }
    this.#moveTo(first);
    let vma = pool.decode(find(cursor, max));
    while (vma !== undefined) {
      this.#checkVma(vma);
      if (cursor.last >= max) return;
      vma = pool.decode(next(cursor, max));
    }
  }

  #moveTo(index: number): void {
    const cursor = this.#cursor;
    cursor.before = preceding(index);
    cursor.last = index;
    cursor.status = START;
    cursor.version = -1;
  }

  /** The VMA on which the cursor stands. */
  #checkVma(vma: Vma | undefined): void {
    const { before, last } = this.#cursor;
    if (vma === undefined || (vma.start === following(before) && vma.end === following(last))) {
      return;
    }
    throw new MmInvariantError("its range is not the one under which the tree holds it", vma);
  }
}
