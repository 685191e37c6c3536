/**
 * Spanning stores: the range leaves the leaf in which it begins.
 *
 * What remains of the leaf at `first` and of the leaf at `last + 1` is joined around the new entry, all
 * between them goes, and the tree is repaired upwards. Mirrors `mas_wr_spanning_store()` (Linux
 * lib/maple_tree.c).
 *
 * The right leaf is looked for at `last + 1`, not at `last`: a range that ends with its leaf then joins the
 * leaf after it, and nothing of the old last slot is copied. In 2024 the kernel looked at `last` when
 * both leaves had the same parent, and kept it. Only if the range ends with the whole subtree in which it
 * lies is there nothing to join on the right.
 *
 * @module
 */

import { following } from "./arithmetic.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import { rebalance } from "./rebalance.ts";
import type { Subtree } from "./subtree.ts";
import { leafAt, wideSlot } from "./search.ts";
import type { WriteState } from "./write_state.ts";

const { END, MAX_INDEX, PARENT, PIVOTS, DOUBLE_SHIFT, ROOT, SLOTS, WORD_SHIFT } = layout;

/**
 * Finds the leaves at both ends of the range of `w` and, if nothing is stored, widens it over the empty
 * slots next to it. Afterwards `w.node` and `w.slot` say where the range begins, `w.farNode` and
 * `w.farSlot` the first slot after it that stays.
 */
export function findEnds(w: WriteState, nothing: boolean): void {
  const { pool } = w;
  const { words, doubles } = pool;
  const left = w.node;
  let slot = wideSlot(doubles, left << DOUBLE_SHIFT, w.index);
  const endsSubtree = endsWithSubtree(pool, left, w.last, nothing);
  const after = endsSubtree ? w.last : following(w.last);
  const right = leafAt(pool, words[ROOT]!, after);
  let farSlot = wideSlot(doubles, right << DOUBLE_SHIFT, after);
  if (nothing) {
    const entries = (left << WORD_SHIFT) + SLOTS;
    const pivots = (left << DOUBLE_SHIFT) + PIVOTS;
    if (words[entries + slot] === 0) w.before = doubles[pivots + slot - 1]!;
    else if (
      slot > 0 && words[entries + slot - 1] === 0 && w.before === doubles[pivots + slot - 1]!
    ) {
      slot--;
      w.before = doubles[pivots + slot - 1]!;
    }
    if (words[(right << WORD_SHIFT) + SLOTS + farSlot] === 0) {
      w.last = doubles[(right << DOUBLE_SHIFT) + PIVOTS + farSlot]!;
      farSlot++;
    }
  }
  if (endsSubtree || w.last === MAX_INDEX) farSlot = words[(right << WORD_SHIFT) + END]! + 1;
  w.slot = slot;
  w.farNode = right;
  w.farSlot = farSlot;
}

/** Whether `last` is the maximum of the lowest node above `leaf` that reaches that far. Storing nothing must
 * look beyond it, lest an empty slot end the node. */
function endsWithSubtree(pool: NodePool, leaf: number, last: number, nothing: boolean): boolean {
  const { words, doubles } = pool;
  for (let node = leaf;; node = words[(node << WORD_SHIFT) + PARENT]! >> 4) {
    const end = words[(node << WORD_SHIFT) + END]!;
    const max = doubles[(node << DOUBLE_SHIFT) + PIVOTS + end]!;
    if (max > last) return false;
    if (max === last && (!nothing || last === MAX_INDEX)) return true;
  }
}

/**
 * Stores `word` over the range whose ends {@linkcode findEnds} has found.
 *
 * Precondition: the range does not cover the whole tree; the pool has three nodes a level and one more.
 */
export function spanningStore(w: WriteState, word: number): void {
  const { pool, node: left, farNode: right, slot, farSlot, subtree } = w;
  const { words, doubles } = pool;
  pool.counters.spanning++;
  const leftEntries = (left << WORD_SHIFT) + SLOTS;
  const rightEntries = (right << WORD_SHIFT) + SLOTS;
  const low = doubles[(left << DOUBLE_SHIFT) + PIVOTS + slot - 1]!;
  const keepsLeft = low < w.before;
  subtree.begin(left, right);
  const { big } = subtree;
  big.append(pool, left, 0, slot - 1);
  if (keepsLeft) big.push(w.before, words[leftEntries + slot]!);
  big.push(w.last, word);
  if (word !== 0) pool.entries++;
  big.append(pool, right, farSlot, words[(right << WORD_SHIFT) + END]!);

  const leftEnd = words[(left << WORD_SHIFT) + END]!;
  for (let i = keepsLeft ? slot + 1 : slot; i <= leftEnd; i++) {
    subtree.drop(words[leftEntries + i]!);
  }
  for (let i = 0; i < farSlot; i++) subtree.drop(words[rightEntries + i]!);
  doomBetween(subtree, left, right);
  rebalance(subtree);
}

/** Dooms every subtree that lies between two leaves. */
function doomBetween(subtree: Subtree, left: number, right: number): void {
  const { words } = subtree.pool;
  for (let level = 1;; level++) {
    const leftLink = words[(left << WORD_SHIFT) + PARENT]!;
    const rightLink = words[(right << WORD_SHIFT) + PARENT]!;
    left = leftLink >> 4;
    right = rightLink >> 4;
    if (left === right) {
      doomChildren(subtree, left, (leftLink & 15) + 1, (rightLink & 15) - 1, level);
      return;
    }
    doomChildren(subtree, left, (leftLink & 15) + 1, words[(left << WORD_SHIFT) + END]!, level);
    doomChildren(subtree, right, 0, (rightLink & 15) - 1, level);
  }
}

function doomChildren(
  subtree: Subtree,
  parent: number,
  from: number,
  to: number,
  level: number,
): void {
  const { pool } = subtree;
  const slots = (parent << WORD_SHIFT) + pool.innerSlots;
  for (let slot = from; slot <= to; slot++) subtree.doomSubtree(pool.words[slots + slot]!, level);
}
