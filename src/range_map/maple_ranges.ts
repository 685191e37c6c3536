/**
 * Ranges of numbers in a maple tree.
 *
 * The only file of this folder that knows how the tree lies in memory: it reads leaves as the tree's own files do,
 * and leaves out what a range map has no use for (readers beside the writer, reservations, the kernel's cursor
 * statuses). A program that bundles a `RangeMap` then does not carry them.
 *
 * The tree's indices begin at 0, keys at `minimum`. A node keeps the index before a range and the range's last index; a
 * half-open range has its first key and the key after the last. The two pairs differ by one constant, `shift`, so
 * negative keys and half-open ranges together cost one addition a bound.
 *
 * @module
 */

import { Cursor } from "../tree/cursor.ts";
import { highestArea, lowestArea } from "../tree/empty_area.ts";
import * as layout from "../tree/node_layout.ts";
import { NodeBudget, NodePool } from "../tree/node_pool.ts";
import { entryAt, leafAt, neighbourLeaf, seek } from "../tree/search.ts";
import { store } from "../tree/store.ts";
import { WriteState } from "../tree/write_state.ts";
import { forEach, type Visit } from "./iterate.ts";
import type { RangeCursor, Ranges } from "./ranges.ts";

const { END, MAX_INDEX, PIVOTS, DOUBLE_SHIFT, ROOT, ROOT_ENTRY, SLOTS, WORD_SHIFT } = layout;

/** Keys that one tree can hold: the numbers of its index domain, `2 ** 53`. */
export const KEYS: number = MAX_INDEX + 1;

/** See {@linkcode Ranges}. */
export class MapleRanges<V> implements Ranges<number, V> {
  readonly minimum: number;
  readonly highest: number;
  /** The nodes. */
  readonly pool: NodePool<V>;
  /** A bound as a key, less the bound as the tree has it. */
  readonly shift: number;
  /** A cursor for those who are done with it before they return. */
  readonly scratch: MapleCursor<V>;
  readonly #write: WriteState;
  readonly #area: Cursor<V>;

  /** Ranges of keys from `minimum` on, in `pool`. */
  constructor(minimum: number, pool: NodePool<V> = emptyPool()) {
    this.minimum = minimum;
    this.highest = minimum + KEYS;
    this.shift = minimum + 1;
    this.pool = pool;
    this.scratch = new MapleCursor<V>(this);
    this.#write = new WriteState(pool);
    this.#area = new Cursor<V>(pool, 0, 0, undefined);
  }

  get size(): number {
    return this.pool.entries;
  }

  load(key: number): V | undefined {
    return this.pool.decode(entryAt(this.pool, key - this.minimum));
  }

  write(start: number, end: number, value: V | undefined): void {
    const write = this.#write;
    write.index = start - this.minimum;
    write.last = end - this.shift;
    store(write, value, "pool", 0);
  }

  lowestGap(size: number, start: number, end: number, align: number): number | undefined {
    if (align > 1) return this.#aligned(size, start, end, align, true);
    if (end - start < size) return undefined;
    const area = this.#area;
    area.before = start - this.shift;
    area.last = end - this.shift;
    area.version = -1;
    return lowestArea(area, size) ? area.before + this.shift : undefined;
  }

  highestGap(size: number, start: number, end: number, align: number): number | undefined {
    if (align > 1) return this.#aligned(size, start, end, align, false);
    if (end - start < size) return undefined;
    const area = this.#area;
    area.before = start - this.shift;
    area.last = end - this.shift;
    area.version = -1;
    return highestArea(area, size) ? area.before + this.shift : undefined;
  }

  cursor(): MapleCursor<V> {
    return new MapleCursor<V>(this);
  }

  /**
   * Calls `visit` for each range, ascending. It goes from slot to slot as long as nobody changes the map; for the rest
   * a cursor does.
   */
  forEach<M>(visit: Visit<number, V, M>, map: M): void {
    const { pool, shift } = this;
    const { words, doubles, version } = pool;
    const root = words[ROOT]!;
    let start = this.minimum;
    for (let node = root === 0 ? 0 : leafAt(pool, root, 0); node !== 0;) {
      const slots = (node << WORD_SHIFT) + SLOTS;
      const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
      const end = words[(node << WORD_SHIFT) + END]!;
      for (let slot = 0; slot <= end && pool.version === version; slot++) {
        const stop = doubles[pivots + slot]! + shift;
        const word = words[slots + slot]!;
        if (word !== 0) visit(pool.decode(word)!, { start, end: stop }, map);
        start = stop;
      }
      if (pool.version !== version) break;
      if (start === this.highest) return;
      node = neighbourLeaf(pool, node, 1);
    }
    forEach(this, start, visit, map);
  }

  /** Removes every range. */
  clear(): void {
    this.pool.version++;
    this.#write.subtree.replaceTree(0);
  }

  /** The same ranges in another tree. */
  clone(): MapleRanges<V> {
    return new MapleRanges<V>(this.minimum, this.pool.clone());
  }

  /** A gap long enough may have no aligned start that leaves `size` keys; the search then continues beyond it. */
  #aligned(
    size: number,
    start: number,
    end: number,
    align: number,
    lowest: boolean,
  ): number | undefined {
    while (end - start >= size) {
      const gap = lowest
        ? this.lowestGap(size, start, end, 1)
        : this.highestGap(size, start, end, 1);
      if (gap === undefined) return undefined;
      const rest = gap % align;
      const below = gap - (rest < 0 ? rest + align : rest);
      if (lowest) {
        const at = below < gap ? below + align : below;
        const stop = this.scratch.seek(gap) ? Math.min(this.scratch.first, end) : end;
        if (stop - at >= size) return at;
        start = stop;
      } else {
        const from = this.scratch.seekBack(gap) ? Math.max(this.scratch.after, start) : start;
        if (below >= from) return below;
        end = from;
      }
    }
    return undefined;
  }
}

/** See {@linkcode RangeCursor}. Like the tree's cursor it keeps the index before the range, and its leaf and slot are
 * valid while `version` is the pool's. */
export class MapleCursor<V> implements RangeCursor<number, V> {
  readonly #ranges: MapleRanges<V>;
  readonly #pool: NodePool<V>;
  readonly #shift: number;
  #node = 0;
  #slot = 0;
  #version = -1;
  #before = NaN;
  #last = NaN;
  #word = 0;

  /** A cursor that stands nowhere yet. */
  constructor(ranges: MapleRanges<V>) {
    this.#ranges = ranges;
    this.#pool = ranges.pool;
    this.#shift = ranges.shift;
  }

  get first(): number {
    return this.#before + this.#shift;
  }

  get after(): number {
    return this.#last + this.#shift;
  }

  get held(): V {
    return this.#pool.decode(this.#word)!;
  }

  seek(key: number): boolean {
    return key < this.#ranges.highest &&
      (this.#walk(key - this.#ranges.minimum, true) || this.#move(1));
  }

  seekBack(key: number): boolean {
    return key > this.#ranges.minimum && (this.#walk(key - this.#shift, false) || this.#move(-1));
  }

  forward(): boolean {
    return this.#nextInLeaf() ||
      (this.#version === this.#pool.version ? this.#move(1) : this.seek(this.after));
  }

  back(): boolean {
    return this.#version === this.#pool.version ? this.#move(-1) : this.seekBack(this.first);
  }

  /**
   * Stands on the slot that holds `index`, or, going `up` from an empty one, on the next; whether it holds a value.
   * That the next slot is a sum and not a branch is as in `find` of the tree's `navigate.ts`.
   */
  #walk(index: number, up: boolean): boolean {
    const pool = this.#pool;
    const { words } = pool;
    const root = words[ROOT]!;
    this.#version = pool.version;
    if (root === 0) return this.#stand(0, index === 0 ? 0 : 1);
    pool.sought = index;
    const position = seek(pool, root);
    const node = position >> DOUBLE_SHIFT;
    const slot = (position & 31) - PIVOTS;
    if (!up) return this.#stand(node, slot);
    return this.#stand(node, slot + ~~(words[(node << WORD_SHIFT) + SLOTS + slot] === 0));
  }

  /**
   * The next slot that holds a value, if it is in the same leaf; false if more is to be done. Two empty slots are never
   * neighbours. Short, so that V8 compiles it into the loop of whoever iterates.
   */
  #nextInLeaf(): boolean {
    const { words, doubles, version } = this.#pool;
    if (this.#version !== version) return false;
    const base = this.#node << WORD_SHIFT;
    const end = words[base + END]!;
    let slot = this.#slot + 1;
    if (slot < end && words[base + SLOTS + slot] === 0) slot++;
    if (slot > end) return false;
    const word = words[base + SLOTS + slot]!;
    if (word === 0) return false;
    const pivot = (this.#node << DOUBLE_SHIFT) + PIVOTS + slot;
    this.#slot = slot;
    this.#before = doubles[pivot - 1]!;
    this.#last = doubles[pivot]!;
    this.#word = word;
    return true;
  }

  /** The next slot that holds a value, or with -1 the previous one. */
  #move(side: 1 | -1): boolean {
    const { words, doubles } = this.#pool;
    let node = this.#node;
    let slot = this.#slot;
    if (node === 0) return side < 0 && slot === 1 && this.#stand(0, 0);
    for (;;) {
      let end = words[(node << WORD_SHIFT) + END]!;
      slot += side;
      if (slot < 0 || slot > end) {
        const bound = doubles[(node << DOUBLE_SHIFT) + (slot < 0 ? 0 : PIVOTS + end)]!;
        if (bound === -1 || bound === MAX_INDEX) return false;
        node = neighbourLeaf(this.#pool, node, side);
        end = words[(node << WORD_SHIFT) + END]!;
        slot = slot < 0 ? end : 0;
      }
      if (words[(node << WORD_SHIFT) + SLOTS + slot] !== 0) return this.#stand(node, slot);
    }
  }

  /** Stands on a slot. A tree without nodes is like a leaf with index 0 in slot 0 and all others in slot 1. */
  #stand(node: number, slot: number): boolean {
    const { words, doubles } = this.#pool;
    this.#node = node;
    this.#slot = slot;
    if (node === 0) {
      this.#before = slot - 1;
      this.#last = slot === 0 ? 0 : MAX_INDEX;
      this.#word = slot === 0 ? words[ROOT_ENTRY]! : 0;
    } else {
      const pivot = (node << DOUBLE_SHIFT) + PIVOTS + slot;
      this.#before = doubles[pivot - 1]!;
      this.#last = doubles[pivot]!;
      this.#word = words[(node << WORD_SHIFT) + SLOTS + slot]!;
    }
    return this.#word !== 0;
  }
}

function emptyPool<V>(): NodePool<V> {
  return new NodePool<V>({
    gaps: true,
    rcu: false,
    shared: false,
    limit: Infinity,
    budget: new NodeBudget(),
  });
}
