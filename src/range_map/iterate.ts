/**
 * Iterators over ranges and over the gaps between them. They are lazy, and the map may be changed while they run: each
 * step continues from the keys of the range that was given last.
 *
 * @module
 */

import type { RangeCursor, Ranges } from "./ranges.ts";
import type { KeyRange, RangeEntry } from "./types.ts";

/** What an iterator makes of the range on which a cursor stands. */
export type Projection<K, V, T> = (cursor: RangeCursor<K, V>) => T;

/** A range and its value. */
export function toEntry<K, V>({ start, end, value }: RangeCursor<K, V>): RangeEntry<V, K> {
  return { start, end, value };
}

/** The range alone. */
export function toRange<K>({ start, end }: RangeCursor<K, unknown>): KeyRange<K> {
  return { start, end };
}

/** The value alone. */
export function toValue<V>(cursor: RangeCursor<unknown, V>): V {
  return cursor.value;
}

/** A range cut to `start … end`, and its value. */
export function toClippedEntry<K, V>(start: K, end: K): Projection<K, V, RangeEntry<V, K>> {
  return (cursor) => ({
    start: cursor.start < start ? start : cursor.start,
    end: cursor.end > end ? end : cursor.end,
    value: cursor.value,
  });
}

/** How far an iterator is. */
const NEW = 0;
const RUNNING = 1;
const DONE = 2;

/** Iterates over the ranges that meet `start … end`. No generator: a step takes a fraction of the time of one. */
export class RangeIterator<K, V, T> implements IterableIterator<T> {
  readonly #cursor: RangeCursor<K, V>;
  readonly #start: K;
  readonly #end: K;
  readonly #reverse: boolean;
  readonly #project: Projection<K, V, T>;
  #state: typeof NEW | typeof RUNNING | typeof DONE;

  /** An iterator that has not looked yet. */
  constructor(
    ranges: Ranges<K, V>,
    start: K,
    end: K,
    reverse: boolean,
    project: Projection<K, V, T>,
  ) {
    this.#cursor = ranges.cursor();
    this.#start = start;
    this.#end = end;
    this.#reverse = reverse;
    this.#project = project;
    this.#state = start < end ? NEW : DONE;
  }

  next(): IteratorResult<T, undefined> {
    if (this.#state !== DONE && (this.#reverse ? this.#previous() : this.#next())) {
      this.#state = RUNNING;
      return { done: false, value: this.#project(this.#cursor) };
    }
    return this.return();
  }

  return(): IteratorResult<T, undefined> {
    this.#state = DONE;
    return { done: true, value: undefined };
  }

  [Symbol.iterator](): this {
    return this;
  }

  #next(): boolean {
    const cursor = this.#cursor;
    const found = this.#state === RUNNING ? cursor.next() : cursor.seek(this.#start);
    return found && cursor.start < this.#end;
  }

  #previous(): boolean {
    const cursor = this.#cursor;
    const found = this.#state === RUNNING ? cursor.previous() : cursor.seekBack(this.#end);
    return found && cursor.end > this.#start;
  }
}

/** Calls `visit` for each range, with the map that it is in. */
export function forEach<K, V, M>(
  ranges: Ranges<K, V>,
  reverse: boolean,
  visit: (value: V, range: KeyRange<K>, map: M) => void,
  map: M,
): void {
  const cursor = ranges.cursor();
  if (reverse) {
    for (let found = cursor.seekBack(ranges.highest); found; found = cursor.previous()) {
      visit(cursor.value, { start: cursor.start, end: cursor.end }, map);
    }
  } else {
    for (let found = cursor.seek(ranges.minimum); found; found = cursor.next()) {
      visit(cursor.value, { start: cursor.start, end: cursor.end }, map);
    }
  }
}

/** The gaps in `start … end`, cut to it, none of them empty. */
export function* gaps<K, V>(
  ranges: Ranges<K, V>,
  start: K,
  end: K,
  reverse: boolean,
): Generator<KeyRange<K>, undefined, undefined> {
  const cursor = ranges.cursor();
  if (reverse) {
    let at = end;
    for (
      let found = at > start && cursor.seekBack(at);
      found && at > start;
      found = cursor.previous()
    ) {
      if (cursor.end <= start) break;
      if (cursor.end < at) yield { start: cursor.end, end: at };
      at = cursor.start;
    }
    if (at > start) yield { start, end: at };
    return;
  }
  let at = start;
  for (let found = at < end && cursor.seek(at); found && at < end; found = cursor.next()) {
    if (cursor.start >= end) break;
    if (cursor.start > at) yield { start: at, end: cursor.start };
    at = cursor.end;
  }
  if (at < end) yield { start: at, end };
}
