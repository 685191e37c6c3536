/**
 * A map in columns.
 *
 * @module
 */

import type { RangeColumns, RangeEntry } from "./types.ts";

/** All ranges in columns. */
export function toColumns<V>(
  map: Iterable<RangeEntry<V>> & { readonly size: number },
): RangeColumns<V> {
  const starts = new Float64Array(map.size);
  const ends = new Float64Array(map.size);
  const values: V[] = [];
  for (const { start, end, value } of map) {
    starts[values.length] = start;
    ends[values.length] = end;
    values.push(value);
  }
  return { starts, ends, values };
}

/**
 * Puts the rows of columns into a map, and gives it.
 *
 * @throws {RangeError} if the columns are not of one length
 */
export function fromColumns<V, K, M extends { set(start: K, end: K, value: V): unknown }>(
  map: M,
  { starts, ends, values }: RangeColumns<V, ArrayLike<K>>,
): M {
  if (starts.length !== values.length || ends.length !== values.length) {
    const lengths = `${starts.length}, ${ends.length} and ${values.length}`;
    throw new RangeError(`Cannot read columns of ${lengths} rows: they differ`);
  }
  for (let i = 0; i < values.length; i++) map.set(starts[i]!, ends[i]!, values[i]!);
  return map;
}
