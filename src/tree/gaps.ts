/**
 * Gaps: how large the largest free range below a node is, and how that reaches the root.
 *
 * Invariant: in a gap-tracking tree the gap that a node records for a child is the length of the longest
 * run of indices below that child that hold nothing. Two empty slots are never neighbours, so a run is a slot.
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";

const { extent } = arithmetic;

const { END, GAP_CAPACITY, GAPS, PARENT, PIVOTS, DOUBLE_SHIFT, SLOTS, WORD_SHIFT } = layout;

/** The longest empty slot of a leaf, in indices. */
export function leafGap(pool: NodePool, leaf: number): number {
  const { words, doubles } = pool;
  const slots = (leaf << WORD_SHIFT) + SLOTS;
  const pivots = (leaf << DOUBLE_SHIFT) + PIVOTS;
  const end = words[slots - SLOTS + END]!;
  let longest = 0;
  for (let slot = 0; slot <= end; slot++) {
    if (words[slots + slot] !== 0) continue;
    const length = extent(doubles[pivots + slot - 1]!, doubles[pivots + slot]!);
    if (length > longest) longest = length;
  }
  return longest;
}

/** The largest gap that an inner node records; what lies past its end is 0. */
export function innerGap(pool: NodePool, node: number): number {
  const { doubles } = pool;
  const gaps = (node << DOUBLE_SHIFT) + GAPS;
  let longest = doubles[gaps]!;
  for (let slot = 1; slot < GAP_CAPACITY; slot++) {
    longest = Math.max(longest, doubles[gaps + slot]!);
  }
  return longest;
}

/**
 * Records `gap` for `node` in its parent, and goes on upwards while that changes the largest gap of a
 * parent. An ancestor is recomputed only if the gap that shrank was its largest.
 *
 * Mirrors `mas_parent_gap()` (Linux lib/maple_tree.c).
 */
export function recordGap(pool: NodePool, node: number, gap: number): void {
  const { words, doubles, counters } = pool;
  let link = words[(node << WORD_SHIFT) + PARENT]!;
  while (link !== 0) {
    const parent = link >> 4;
    const at = (parent << DOUBLE_SHIFT) + GAPS + (link & 15);
    const old = doubles[at]!;
    if (old === gap) return;
    doubles[at] = gap;
    counters.gapUpdates++;
    if (pool.log !== undefined) pool.log.gapRecorded(parent, link & 15);
    link = words[(parent << WORD_SHIFT) + PARENT]!;
    if (link === 0) return;
    const recorded = doubles[((link >> 4) << DOUBLE_SHIFT) + GAPS + (link & 15)]!;
    if (gap > recorded) continue;
    if (old !== recorded) return;
    gap = innerGap(pool, parent);
  }
}
