/**
 * Changing what is there, piece by piece: boost's `interval_map += (interval, value)` with any function.
 *
 * @module
 */

import { write } from "./coalesce.ts";
import { ClippedIterator } from "./iterate.ts";
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
  let at = start;
  for (const held of new ClippedIterator(ranges, false, start, end)) {
    if (at < held.start) ask(undefined, at, held.start);
    ask(held.value, held.start, held.end);
    at = held.end;
  }
  if (at < end) ask(undefined, at, end);
  for (const piece of pieces) write(ranges, piece.start, piece.end, piece.value, equal);
}
