/**
 * Changing what is there, piece by piece: boost's `interval_map += (interval, value)` with any function.
 *
 * @module
 */

import { writeCoalesced } from "./coalesce.ts";
import type { Ranges } from "./ranges.ts";
import type { Equality, KeyRange, Update } from "./types.ts";

/** A piece of a range, and what is to be there. */
interface Piece<K, V> extends KeyRange<K> {
  readonly value: V | undefined;
}

/**
 * Maps each piece of `start … end` (what lies in one range, or in one gap) to what `change` says. All are asked
 * before the first is written, so a `change` that throws changes nothing; pieces that stay as they are are not split
 * off.
 */
export function update<K, V>(
  ranges: Ranges<K, V>,
  start: K,
  end: K,
  change: Update<V, K>,
  equal: Equality<V> | undefined,
): void {
  const pieces: Piece<K, V>[] = [];
  const ask = (old: V | undefined, from: K, to: K) => {
    const value = change(old, { start: from, end: to });
    if (!Object.is(value, old)) pieces.push({ start: from, end: to, value });
  };
  const cursor = ranges.cursor();
  let at = start;
  for (let found = cursor.seek(start); found && cursor.start < end; found = cursor.next()) {
    if (at < cursor.start) ask(undefined, at, cursor.start);
    const stop = cursor.end < end ? cursor.end : end;
    ask(cursor.value, at < cursor.start ? cursor.start : at, stop);
    at = stop;
  }
  if (at < end) ask(undefined, at, end);
  for (const piece of pieces) {
    if (piece.value === undefined || equal === undefined) {
      ranges.write(piece.start, piece.end, piece.value);
    } else writeCoalesced(ranges, piece.start, piece.end, piece.value, equal);
  }
}
