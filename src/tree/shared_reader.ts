/**
 * Reading a tree from another thread, without locks.
 *
 * One thread writes, as always; any other reads the same bytes. The writer publishes each change by one atomic store
 * of a word, after all that the word leads to was written; a reader loads each word that leads on atomically, so what
 * it then finds there is whole. It announces when a read begins, and the writer reuses no node that a read begun before
 * its removal may still reach (see `rcu.ts`). So every answer was true at some time while it was looked for.
 *
 * @module
 */

import { checkIndex } from "./check_index.ts";
import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";
import { gapSlot, wideSlot } from "./search.ts";

const {
  END,
  GAP_SLOTS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  IDLE,
  MAX_INDEX,
  MAX_READERS,
  PERIOD,
  PIVOTS,
  READERS,
  DOUBLE_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} = layout;

/** A tree in shared memory, as it is posted to a worker. */
export interface SharedTree {
  /** The nodes. */
  readonly nodes: ArrayBufferLike;
  /** The numbers that do not fit a slot, by handle. */
  readonly numbers: ArrayBufferLike;
  /** Whether inner nodes track gaps. */
  readonly gaps: boolean;
}

/** A range and the number stored there. */
export interface SharedEntry {
  /** First index. */
  readonly first: number;
  /** Last index, inclusive. */
  readonly last: number;
  /** What is stored there. */
  readonly value: number;
}

/**
 * Reads a tree that another thread writes. Every method takes time of the tree's height, and never waits.
 *
 * @example In a worker
 * ```ts ignore
 * self.onmessage = ({ data }) => {
 *   using reader = new SharedReader(data);
 *   self.postMessage(reader.load(0x1000));
 * };
 * ```
 */
export class SharedReader implements Disposable {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #numbers: Float64Array;
  readonly #gaps: boolean;
  /** Its word in the header, 0 once it is closed: another reader may have that word then. */
  #place: number;

  /**
   * Takes one of the tree's {@linkcode MAX_READERS} places for readers.
   *
   * @throws {MapleError} EBUSY if all are taken
   */
  constructor(tree: SharedTree) {
    this.#words = new Int32Array(tree.nodes);
    this.#doubles = new Float64Array(tree.nodes);
    this.#numbers = new Float64Array(tree.numbers);
    this.#gaps = tree.gaps;
    this.#place = takePlace(this.#words);
  }

  /**
   * The number at `index`, `undefined` if there is none.
   *
   * @throws {RangeError} if `index` is no index
   * @throws {MapleError} EINVAL if the reader is closed
   */
  load(index: number): number | undefined {
    checkIndex(index, "load");
    this.#begin();
    const leaf = this.#leafAt(index);
    const word = leaf === 0
      ? this.#rootWord(index)
      : this.#entryAt(leaf, this.#slotAt(leaf, index));
    const value = this.#decode(word);
    this.#end();
    return value;
  }

  /**
   * The first entry at or after `index` that starts at or before `max`.
   *
   * @param max default: `MAX_INDEX`
   * @throws {RangeError} if an argument is no index
   * @throws {MapleError} EINVAL if the reader is closed
   */
  find(index: number, max: number = MAX_INDEX): SharedEntry | undefined {
    checkIndex(index, "find from");
    checkIndex(max, "find up to");
    this.#begin();
    const entry = this.#find(index, max);
    this.#end();
    return entry;
  }

  /** Gives its place back; a second time it does nothing. The reader refuses to read afterwards. */
  [Symbol.dispose](): void {
    if (this.#place !== 0) Atomics.store(this.#words, this.#place, 0);
    this.#place = 0;
  }

  /** Announces the period in which the read begins, before the root is loaded. */
  #begin(): void {
    if (this.#place === 0) throw new MapleError("EINVAL", "Cannot read: this reader was closed");
    Atomics.store(this.#words, this.#place, Atomics.load(this.#words, PERIOD) + 1);
  }

  #end(): void {
    Atomics.store(this.#words, this.#place, IDLE);
  }

  #find(index: number, max: number): SharedEntry | undefined {
    const doubles = this.#doubles;
    for (let at = index; at <= max;) {
      const leaf = this.#leafAt(at);
      if (leaf === 0) {
        const value = this.#decode(this.#rootWord(at));
        return value === undefined ? undefined : { first: 0, last: 0, value };
      }
      const pivots = (leaf << DOUBLE_SHIFT) + PIVOTS;
      const end = this.#words[(leaf << WORD_SHIFT) + END]!;
      for (let slot = this.#slotAt(leaf, at); slot <= end; slot++) {
        const first = doubles[pivots + slot - 1]! + 1;
        if (first > max) return undefined;
        const value = this.#decode(this.#entryAt(leaf, slot));
        if (value !== undefined) return { first, last: doubles[pivots + slot]!, value };
      }
      at = doubles[pivots + end]! + 1;
    }
    return undefined;
  }

  /** The leaf that covers `index`, 0 if the tree has no nodes. */
  #leafAt(index: number): number {
    const words = this.#words;
    const root = Atomics.load(words, ROOT);
    let node = root >> HEIGHT_BITS;
    for (let level = root & HEIGHT_MASK; level > 1; level--) {
      const base = node << DOUBLE_SHIFT;
      const slot = this.#gaps
        ? GAP_SLOTS + gapSlot(this.#doubles, base, index)
        : SLOTS + wideSlot(this.#doubles, base, index);
      node = Atomics.load(words, (node << WORD_SHIFT) + slot);
    }
    return node;
  }

  #slotAt(leaf: number, index: number): number {
    return wideSlot(this.#doubles, leaf << DOUBLE_SHIFT, index);
  }

  #entryAt(leaf: number, slot: number): number {
    return Atomics.load(this.#words, (leaf << WORD_SHIFT) + SLOTS + slot);
  }

  /** The entry of a tree without nodes. Had it got one meanwhile, then it still was as it says when the read began. */
  #rootWord(index: number): number {
    return index === 0 ? Atomics.load(this.#words, ROOT_ENTRY) : 0;
  }

  #decode(word: number): number | undefined {
    if (word === 0) return undefined;
    return (word & 1) !== 0 ? word >> 1 : this.#numbers[word >> 1];
  }
}

function takePlace(words: Int32Array): number {
  for (let i = 0; i < MAX_READERS; i++) {
    if (Atomics.compareExchange(words, READERS + i, 0, IDLE) === 0) return READERS + i;
  }
  throw new MapleError("EBUSY", `Cannot add a reader: all ${MAX_READERS} places are taken`);
}
