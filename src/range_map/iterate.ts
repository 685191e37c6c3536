/**
 * Iterators over ranges and over the gaps between them. They are lazy, and the map may be changed while they run: each
 * step continues from the keys of the range that was given last.
 *
 * @module
 */

import type { RangeCursor, Ranges } from "./ranges.ts";
import type { KeyRange, RangeEntry } from "./types.ts";

/** A range and its value. */
export function toEntry<K, V>({ start, end, value }: RangeCursor<K, V>): RangeEntry<V, K> {
  return { start, end, value };
}

/** How far an iterator is. */
const NEW = 0;
const RUNNING = 1;
const DONE = 2;

/**
 * Iterates over the ranges that meet `start … end`. No generator: a step takes a fraction of the time of one. A step
 * makes its result in one place, which is how V8 can leave it out of a `for … of`.
 */
abstract class RangeIterator<K, V, T> implements IterableIterator<T> {
  readonly #cursor: RangeCursor<K, V>;
  readonly #start: K;
  readonly #end: K;
  readonly #reverse: boolean;
  #state: typeof NEW | typeof RUNNING | typeof DONE;

  /** An iterator that has not looked yet. */
  constructor(ranges: Ranges<K, V>, start: K, end: K, reverse: boolean) {
    this.#cursor = ranges.cursor();
    this.#start = start;
    this.#end = end;
    this.#reverse = reverse;
    this.#state = start < end ? NEW : DONE;
  }

  /** What to give of the range on which the cursor stands, in a window. */
  protected abstract give(cursor: RangeCursor<K, V>, start: K, end: K): T;

  next(): IteratorResult<T, undefined>;
  next(): { done?: boolean; value: T | undefined } {
    const found = this.#move();
    const value = found ? this.give(this.#cursor, this.#start, this.#end) : undefined;
    return { done: !found, value };
  }

  return(): IteratorResult<T, undefined> {
    this.#state = DONE;
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  /** Moves to the next range of the window; false if there is none. */
  #move(): boolean {
    if (this.#state !== RUNNING || this.#reverse) return this.#moveElse();
    if (this.#cursor.next() && this.#cursor.start < this.#end) return true;
    this.#state = DONE;
    return false;
  }

  /** The first move, and those down. */
  #moveElse(): boolean {
    if (this.#state === DONE) return false;
    const cursor = this.#cursor;
    let found = false;
    if (!this.#reverse) found = cursor.seek(this.#start) && cursor.start < this.#end;
    else {
      found = this.#state === NEW ? cursor.seekBack(this.#end) : cursor.previous();
      found = found && cursor.end > this.#start;
    }
    this.#state = found ? RUNNING : DONE;
    return found;
  }
}

/** Gives ranges with their values. */
export class EntryIterator<K, V> extends RangeIterator<K, V, RangeEntry<V, K>> {
  protected override give({ start, end, value }: RangeCursor<K, V>): RangeEntry<V, K> {
    return { start, end, value };
  }
}

/** Gives ranges with their values, cut to the window. */
export class ClippedIterator<K, V> extends RangeIterator<K, V, RangeEntry<V, K>> {
  protected override give(cursor: RangeCursor<K, V>, first: K, stop: K): RangeEntry<V, K> {
    const { start, end, value } = cursor;
    return { start: start < first ? first : start, end: end > stop ? stop : end, value };
  }
}

/** Gives ranges alone. */
export class KeyIterator<K, V> extends RangeIterator<K, V, KeyRange<K>> {
  protected override give({ start, end }: RangeCursor<K, V>): KeyRange<K> {
    return { start, end };
  }
}

/** Gives values alone. */
export class ValueIterator<K, V> extends RangeIterator<K, V, V> {
  protected override give({ value }: RangeCursor<K, V>): V {
    return value;
  }
}

/** What `forEach` calls for each range, with the map that it is in. */
export type Visit<K, V, M> = (value: V, range: KeyRange<K>, map: M) => void;

/** Calls `visit` for each range that ends after `start`, ascending. */
export function forEach<K, V, M>(
  ranges: Ranges<K, V>,
  start: K,
  visit: Visit<K, V, M>,
  map: M,
): void {
  const cursor = ranges.cursor();
  for (let found = cursor.seek(start); found; found = cursor.next()) {
    visit(cursor.value, { start: cursor.start, end: cursor.end }, map);
  }
}

/** Calls `visit` for each range, descending. */
export function forEachReverse<K, V, M>(
  ranges: Ranges<K, V>,
  visit: Visit<K, V, M>,
  map: M,
): void {
  const cursor = ranges.cursor();
  for (let found = cursor.seekBack(ranges.highest); found; found = cursor.previous()) {
    visit(cursor.value, { start: cursor.start, end: cursor.end }, map);
  }
}

/** The gaps in `start … end`, cut to it, none of them empty. */
export function* gaps<K, V>(
  ranges: Ranges<K, V>,
  start: K,
  end: K,
  reverse: boolean,
): Generator<KeyRange<K>, undefined, undefined> {
  let low = start;
  let high = end;
  for (const range of new KeyIterator(ranges, start, end, reverse)) {
    if (reverse) {
      if (range.end < high) yield { start: range.end, end: high };
      high = range.start;
    } else {
      if (low < range.start) yield { start: low, end: range.start };
      low = range.end;
    }
  }
  if (low < high) yield { start: low, end: high };
}
