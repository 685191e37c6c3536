/**
 * A node under construction: more slots than a node can hold, from which whole nodes are cut.
 *
 * Every store that does not fit its leaf gathers here what the leaf (and perhaps its neighbours) will hold,
 * decides where to cut, and writes new nodes. Then the same happens one level up with the parents. Mirrors
 * `struct maple_big_node` (Linux include/linux/maple_tree.h).
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import { innerGap, leafGap } from "./gaps.ts";

const {
  BOUND,
  END,
  GAP_CAPACITY,
  GAP_SLOTS,
  GAPS,
  PARENT,
  PIVOTS,
  DOUBLE_SHIFT,
  SLOTS,
  WIDE_CAPACITY,
  WIDE_MIN_END,
  WORD_SHIFT,
} = layout;

/** The left part of one leaf, a store's own three slots, the right part of another and a neighbour. */
const ROOM = 64;

/** Slots in order: pivot, child or entry word, and gap of each. */
export class BigNode {
  /** Inclusive maximum of each slot. */
  readonly pivots: Float64Array = new Float64Array(ROOM);
  /** Child id or entry word of each slot. */
  readonly slots: Int32Array = new Int32Array(ROOM);
  /** Largest gap below each child. */
  readonly gaps: Float64Array = new Float64Array(ROOM);
  /** Slots in use. */
  count = 0;
  /** 1 for a leaf's slots, more for an inner node's. */
  level = 1;

  /** Empties it, for slots of `level`. */
  begin(level: number): void {
    this.count = 0;
    this.level = level;
  }

  /** Appends an entry of a leaf. */
  push(pivot: number, word: number): void {
    this.pivots[this.count] = pivot;
    this.slots[this.count++] = word;
  }

  /** Appends `child`, whose maximum and gap are read from the node itself. */
  pushChild(pool: NodePool, child: number): void {
    const end = pool.words[(child << WORD_SHIFT) + END]!;
    this.pivots[this.count] = pool.doubles[(child << DOUBLE_SHIFT) + PIVOTS + end]!;
    if (pool.gaps) {
      this.gaps[this.count] = this.level === 2 ? leafGap(pool, child) : innerGap(pool, child);
    }
    this.slots[this.count++] = child;
  }

  /** Appends slots `from … to` of `node`. */
  append(pool: NodePool, node: number, from: number, to: number): void {
    if (from > to) return;
    this.#copy(pool, node, from, to, this.count);
    this.count += to - from + 1;
  }

  /** Puts all slots of `node` before what is here. */
  prepend(pool: NodePool, node: number): void {
    const shift = pool.words[(node << WORD_SHIFT) + END]! + 1;
    for (let slot = this.count - 1; slot >= 0; slot--) {
      this.pivots[slot + shift] = this.pivots[slot]!;
      this.slots[slot + shift] = this.slots[slot]!;
      this.gaps[slot + shift] = this.gaps[slot]!;
    }
    pool.counters.slotsMoved += this.count;
    this.#copy(pool, node, 0, shift - 1, 0);
    this.count += shift;
  }

  /** Slots that a node of this level holds. */
  capacity(pool: NodePool): number {
    return this.level === 1 ? WIDE_CAPACITY : pool.innerCapacity;
  }

  /** Smallest `end` of a node of this level. */
  minEnd(pool: NodePool): number {
    return this.level === 1 ? WIDE_MIN_END : pool.innerMinEnd;
  }

  /**
   * Moves a cut that would leave an empty slot at the end of a leaf: one to the right if the left side has
   * room and the right side keeps enough, else one to the left. Mirrors `mab_no_null_split()`.
   *
   * @param cut the last slot of the left side
   * @param last what counts as the last slot when asking whether the right side keeps enough
   */
  settle(pool: NodePool, cut: number, last: number): number {
    if (this.level > 1 || this.slots[cut] !== 0) return cut;
    const room = cut < this.capacity(pool) - 1 && last - cut > this.minEnd(pool);
    return room ? cut + 1 : cut - 1;
  }

  /** Writes slots `from … to` into a new node that begins after `bound`; gives the node's id. */
  emit(pool: NodePool, from: number, to: number, bound: number): number {
    const node = pool.take();
    const { words, doubles } = pool;
    const word = node << WORD_SHIFT;
    const base = node << DOUBLE_SHIFT;
    const narrow = this.level > 1 && pool.gaps;
    const capacity = narrow ? GAP_CAPACITY : WIDE_CAPACITY;
    const slots = word + (narrow ? GAP_SLOTS : SLOTS);
    const count = to - from + 1;
    words[word + PARENT] = 0;
    words[word + END] = count - 1;
    doubles[base + BOUND] = bound;
    for (let slot = 0; slot < count; slot++) {
      doubles[base + PIVOTS + slot] = this.pivots[from + slot]!;
      words[slots + slot] = this.slots[from + slot]!;
    }
    for (let slot = count; slot < capacity; slot++) {
      doubles[base + PIVOTS + slot] = Infinity;
      words[slots + slot] = 0;
    }
    if (narrow) {
      const gaps = base + GAPS;
      for (let slot = 0; slot < count; slot++) doubles[gaps + slot] = this.gaps[from + slot]!;
      for (let slot = count; slot < capacity; slot++) doubles[gaps + slot] = 0;
    }
    if (this.level > 1) {
      for (let slot = 0; slot < count; slot++) {
        words[(words[slots + slot]! << WORD_SHIFT) + PARENT] = node << 4 | slot;
      }
    }
    pool.counters.slotsMoved += count;
    return node;
  }

  #copy(pool: NodePool, node: number, from: number, to: number, target: number): void {
    const { words, doubles } = pool;
    const narrow = this.level > 1 && pool.gaps;
    const slots = (node << WORD_SHIFT) + (narrow ? GAP_SLOTS : SLOTS);
    const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
    const gaps = (node << DOUBLE_SHIFT) + GAPS;
    for (let slot = from; slot <= to; slot++, target++) {
      this.pivots[target] = doubles[pivots + slot]!;
      this.slots[target] = words[slots + slot]!;
      if (narrow) this.gaps[target] = doubles[gaps + slot]!;
    }
    pool.counters.slotsMoved += to - from + 1;
  }
}
