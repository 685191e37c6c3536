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
  for (; found; found = ours.forward(), theirs.forward()) {
    if (ours.first !== theirs.first || ours.after !== theirs.after) return false;
    if (!equal(ours.held, theirs.held)) return false;
  }
  return true;
}
