/**
 * A map in columns.
 *
 * @module
 */

import type { Ranges } from "./ranges.ts";
import type { RangeColumns, RangeEntry } from "./types.ts";

/** All ranges in columns. */
export function toColumns<V>(ranges: Ranges<number, V>): RangeColumns<V> {
  const { size } = ranges;
  const starts = new Float64Array(size);
  const ends = new Float64Array(size);
  const values: V[] = [];
  const cursor = ranges.cursor();
  let found = cursor.seek(ranges.minimum);
  for (let i = 0; found; i++, found = cursor.next()) {
    starts[i] = cursor.start;
    ends[i] = cursor.end;
    values.push(cursor.value);
  }
  return { starts, ends, values };
}

/**
 * The entries of columns, in order.
 *
 * @throws {RangeError} if the columns are not of one length
 */
export function* fromColumns<V, K>(
  { starts, ends, values }: RangeColumns<V, ArrayLike<K>>,
): Generator<RangeEntry<V, K>> {
  const { length } = values;
  if (starts.length !== length || ends.length !== length) {
    throw new RangeError(
      `Cannot read columns of ${starts.length}, ${ends.length} and ${length} rows: they differ`,
    );
  }
  for (let i = 0; i < length; i++) yield { start: starts[i]!, end: ends[i]!, value: values[i]! };
}
