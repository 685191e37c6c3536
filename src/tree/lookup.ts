/**
 * Looking up without a cursor: the entry at an index or after it, and the one before it, in the slot that was found
 * last.
 *
 * The calls of an address space ask for what lies around one address several times over, and only for the entry. These
 * functions answer where the slot found last covers the index, which it mostly does, in so few instructions that V8
 * compiles them into their callers; they move nothing. Else they say {@linkcode ELSEWHERE}, and a cursor has to walk.
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import * as search from "./search.ts";

const { PIVOTS } = layout;
const { entryIndex } = search;

/** What is asked for lies elsewhere; no entry word is even and negative. */
export const ELSEWHERE = -2;

/** The entry word of the first range that holds something, ends at or after `index` and starts at or before `max`. */
export function entryFrom(pool: NodePool, index: number, max: number): number {
  const { doubles, finger, words } = pool;
  if (finger === 0 || index <= doubles[finger - 1]! || index > doubles[finger]! || index > max) {
    return -2;
  }
  const word = words[entryIndex(finger)]!;
  if (word !== 0) return word;
  // Two empty slots are never neighbours, and only the tree's last one is the last of its leaf.
  return doubles[finger]! >= max ? 0 : words[entryIndex(finger + 1)]!;
}

/** The entry word of the last range that holds something and ends before the range that covers `index`. */
export function entryBefore(pool: NodePool, index: number): number {
  const { doubles, finger, words } = pool;
  if ((finger & 31) <= PIVOTS || index <= doubles[finger - 1]! || index > doubles[finger]!) {
    return -2;
  }
  const word = words[entryIndex(finger) - 1]!;
  return word !== 0 ? word : -2;
}
