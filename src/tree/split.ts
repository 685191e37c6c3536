/**
 * Splitting: what a node is to hold has become too much for it.
 *
 * First the left and then the right sibling is asked to take some of it, which keeps the number of nodes and
 * stops the split from rising; only if neither has room is the node halved, and its parent gets one child
 * more. Mirrors `mas_split()` and `mas_push_data()` (Linux lib/maple_tree.c).
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { Subtree } from "./subtree.ts";

const { END, MAX_INDEX, WORD_SHIFT } = layout;

/**
 * Replaces the one leaf of `subtree` by nodes that hold the big node's slots, and does the same with its ancestors
 * as far up as one of them overflows.
 *
 * Precondition: it is one leaf, and the pool has two nodes a level and one more.
 *
 * @param bulk a load in ascending order: leave the left side fuller
 */
export function split(subtree: Subtree, bulk: boolean): void {
  do {
    const { pool, big } = subtree;
    if (big.count <= big.capacity(pool)) {
      subtree.cut(big.count - 1, 0);
      continue;
    }
    pool.counters.split++;
    if (!push(subtree, -1) && !push(subtree, 1)) halve(subtree, bulk);
  } while (!subtree.link());
}

/** Evens out the node with its left (-1) or right (1) sibling, if both together fit two nodes. */
function push(subtree: Subtree, step: -1 | 1): boolean {
  const { pool, big } = subtree;
  const sibling = subtree.sibling(subtree.left, step);
  if (sibling === 0) return false;
  const capacity = big.capacity(pool);
  // One slot spare for each thing that may need it: an empty slot at the cut of a leaf, the empty end of
  // the last node.
  const room = 2 * capacity - (big.level === 1 ? 1 : 0) -
    (big.pivots[big.count - 1] === MAX_INDEX ? 1 : 0);
  if (big.count + pool.words[(sibling << WORD_SHIFT) + END]! + 1 >= room) return false;
  if (step < 0) {
    subtree.takeLeft(sibling);
    subtree.cut(big.settle(pool, capacity - 2, big.count - 1), 0);
  } else {
    subtree.takeRight(sibling);
    subtree.cut(big.settle(pool, big.count - capacity, big.count), 0);
  }
  return true;
}

/** Cuts the node in the middle; a bulk load leaves the right side just enough, as it will fill up next. */
function halve(subtree: Subtree, bulk: boolean): void {
  const { pool, big } = subtree;
  const last = big.count - 1;
  // One slot more than it must have: settling the cut may take one away.
  const cut = bulk ? last - big.minEnd(pool) - 2 : last >> 1;
  subtree.cut(big.settle(pool, cut, last), 0);
}
