/**
 * Iterators over ranges and over the gaps between them. They are lazy, and the map may be changed while they run: each
 * step continues from the keys of the range that was given last.
 *
 * @module
 */

import type { RangeCursor, Ranges } from "./ranges.ts";
import type { KeyRange, RangeEntry } from "./types.ts";

/** A range and its value. */
export function toEntry<K, V>({ first, after, held }: RangeCursor<K, V>): RangeEntry<V, K> {
  return { start: first, end: after, value: held };
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
  constructor(
    ranges: Ranges<K, V>,
    reverse: boolean = false,
    start: K = ranges.minimum,
    end: K = ranges.highest,
  ) {
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
    if (this.#cursor.forward() && this.#cursor.first < this.#end) return true;
    this.#state = DONE;
    return false;
  }

  /** The first move, and those down. */
  #moveElse(): boolean {
    if (this.#state === DONE) return false;
    const cursor = this.#cursor;
    let found: boolean;
    if (!this.#reverse) found = cursor.seek(this.#start) && cursor.first < this.#end;
    else {
      found = this.#state === NEW ? cursor.seekBack(this.#end) : cursor.back();
      found = found && cursor.after > this.#start;
    }
    this.#state = found ? RUNNING : DONE;
    return found;
  }
}

/** Gives ranges with their values. */
export class EntryIterator<K, V> extends RangeIterator<K, V, RangeEntry<V, K>> {
  protected override give({ first, after, held }: RangeCursor<K, V>): RangeEntry<V, K> {
    return { start: first, end: after, value: held };
  }
}

/** Gives ranges with their values, cut to the window. */
export class ClippedIterator<K, V> extends RangeIterator<K, V, RangeEntry<V, K>> {
  protected override give(cursor: RangeCursor<K, V>, start: K, end: K): RangeEntry<V, K> {
    const { first, after, held } = cursor;
    return { start: first < start ? start : first, end: after > end ? end : after, value: held };
  }
}

/** Gives ranges alone. */
export class KeyIterator<K, V> extends RangeIterator<K, V, KeyRange<K>> {
  protected override give({ first, after }: RangeCursor<K, V>): KeyRange<K> {
    return { start: first, end: after };
  }
}

/** Gives values alone. */
export class ValueIterator<K, V> extends RangeIterator<K, V, V> {
  protected override give({ held }: RangeCursor<K, V>): V {
    return held;
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
  for (let found = cursor.seek(start); found; found = cursor.forward()) {
    visit(cursor.held, { start: cursor.first, end: cursor.after }, map);
  }
}

/** Calls `visit` for each range, descending. */
export function forEachReverse<K, V, M>(
  ranges: Ranges<K, V>,
  visit: Visit<K, V, M>,
  map: M,
): void {
  const cursor = ranges.cursor();
  for (let found = cursor.seekBack(ranges.highest); found; found = cursor.back()) {
    visit(cursor.held, { start: cursor.first, end: cursor.after }, map);
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
  for (const range of new KeyIterator(ranges, reverse, start, end)) {
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
