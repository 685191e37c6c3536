/**
 * Union, intersection and difference of two range sets.
 *
 * @module
 */

import type { IterationOptions, KeyRange, OverlapOptions, RangeEntry } from "./types.ts";

/** What the operations need of a set. */
export interface KeySet<K> extends Iterable<KeyRange<K>> {
  /** Adds every key of `start … end`. */
  add(start: K, end: K): unknown;
  /** Removes every key of `start … end`. */
  delete(start: K, end: K): void;
  /** The ranges that meet `start … end`. */
  overlapping(start: K, end: K, options: OverlapOptions & IterationOptions): Iterable<KeyRange<K>>;
}

/** Adds the keys of `other` to `set`, and gives it. */
export function union<K, S extends KeySet<K>>(set: S, other: KeySet<K>): S {
  for (const { start, end } of other) set.add(start, end);
  return set;
}

/** Removes the keys of `other` from `set`, and gives it. */
export function difference<K, S extends KeySet<K>>(set: S, other: KeySet<K>): S {
  for (const { start, end } of other) set.delete(start, end);
  return set;
}

/** Adds the keys that are in both `a` and `b` to `result`, and gives it. */
export function intersection<K, S extends KeySet<K>>(a: KeySet<K>, b: KeySet<K>, result: S): S {
  for (const range of a) {
    for (const { start, end } of b.overlapping(range.start, range.end, { clip: true })) {
      result.add(start, end);
    }
  }
  return result;
}

/** The ranges of entries. */
export function* rangesOf<K>(entries: Iterable<RangeEntry<true, K>>): Generator<KeyRange<K>> {
  for (const { start, end } of entries) yield { start, end };
}
