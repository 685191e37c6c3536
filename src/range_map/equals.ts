/**
 * Comparing two stores of ranges.
 *
 * @module
 */

import type { Ranges } from "./ranges.ts";
import type { Equality } from "./types.ts";

/** Whether both have the same ranges with equal values. */
export function sameEntries<K, V>(a: Ranges<K, V>, b: Ranges<K, V>, equal: Equality<V>): boolean {
  if (a.size !== b.size) return false;
  const ours = a.cursor();
  const theirs = b.cursor();
  let found = ours.seek(a.minimum);
  theirs.seek(b.minimum);
  for (; found; found = ours.next(), theirs.next()) {
    if (ours.start !== theirs.start || ours.end !== theirs.end) return false;
    if (!equal(ours.value, theirs.value)) return false;
  }
  return true;
}
