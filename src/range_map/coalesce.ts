/**
 * Joining ranges that touch and have equal values.
 *
 * @module
 */

import type { Ranges } from "./ranges.ts";
import type { Equality, RangeMapOptions } from "./types.ts";

/** The equality that the options ask for; `undefined` if ranges are not to be joined. */
export function equalityOf<V>({ coalesce }: RangeMapOptions<V>): Equality<V> | undefined {
  if (coalesce === undefined || coalesce === false) return undefined;
  return coalesce === true ? Object.is : coalesce;
}

/**
 * Puts `value` over `start … end` and, given an equality, over the ranges around it that touch it and have an equal
 * value: one range where there were up to three. `undefined` clears.
 */
export function write<K, V>(
  ranges: Ranges<K, V>,
  start: K,
  end: K,
  value: V | undefined,
  equal: Equality<V> | undefined,
): void {
  if (value !== undefined && equal !== undefined) {
    const cursor = ranges.cursor();
    if (cursor.seekBack(start) && cursor.after >= start && equal(cursor.held, value)) {
      start = cursor.first;
    }
    if (cursor.seek(end) && cursor.first <= end && equal(cursor.held, value)) end = cursor.after;
  }
  ranges.write(start, end, value);
}
