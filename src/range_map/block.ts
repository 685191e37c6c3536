/**
 * A block: up to {@linkcode CAPACITY} neighbouring ranges of bigints in three arrays.
 *
 * @module
 */

/** Ranges in a block at most, between two writes. */
export const CAPACITY = 128;
/** A block of fewer joins a neighbour. */
export const MINIMUM = 16;

/** Where something is in a list of blocks. */
export interface Position {
  /** Which block. */
  readonly block: number;
  /** Which range in it; the number of ranges for the place after the last. */
  readonly slot: number;
}

/** Ranges that ascend and do not overlap; row `i` of the arrays is one. */
export class Block<V> {
  readonly starts: bigint[];
  readonly ends: bigint[];
  readonly values: V[];
  /** The longest gap between two ranges of this block, once somebody has asked since the last change. */
  #longestGap: bigint | undefined;

  /** A block of these rows. */
  constructor(starts: bigint[] = [], ends: bigint[] = [], values: V[] = []) {
    this.starts = starts;
    this.ends = ends;
    this.values = values;
  }

  get length(): number {
    return this.starts.length;
  }

  get longestGap(): bigint {
    return this.#longestGap ??= longestGap(this.starts, this.ends);
  }

  /** The first slot whose range ends after `key`. */
  firstEndingAfter(key: bigint): number {
    return firstAbove(this.ends, key);
  }

  /** The first slot whose range starts at or after `key`. */
  firstStartingFrom(key: bigint): number {
    return firstAbove(this.starts, key - 1n);
  }

  /** Removes `count` rows from `slot` on and puts `rows` there. */
  replace(slot: number, count: number, rows: Block<V>): void {
    this.starts.splice(slot, count, ...rows.starts);
    this.ends.splice(slot, count, ...rows.ends);
    this.values.splice(slot, count, ...rows.values);
    this.#longestGap = undefined;
  }

  /** Adds a row after the last. */
  push(start: bigint, end: bigint, value: V): void {
    this.starts.push(start);
    this.ends.push(end);
    this.values.push(value);
    this.#longestGap = undefined;
  }

  /** Takes the rows from `slot` on into a new block. */
  cut(slot: number): Block<V> {
    this.#longestGap = undefined;
    return new Block(this.starts.splice(slot), this.ends.splice(slot), this.values.splice(slot));
  }

  clone(): Block<V> {
    return new Block(this.starts.slice(), this.ends.slice(), this.values.slice());
  }
}

function longestGap(starts: readonly bigint[], ends: readonly bigint[]): bigint {
  let longest = 0n;
  for (let i = 1; i < starts.length; i++) {
    const gap = starts[i]! - ends[i - 1]!;
    if (gap > longest) longest = gap;
  }
  return longest;
}

/** The first place of an ascending list that is above `key`. */
function firstAbove(list: readonly bigint[], key: bigint): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! > key) high = middle;
    else low = middle + 1;
  }
  return low;
}
