/**
 * Rebalancing: nodes of one level are to hold something else, perhaps too little.
 *
 * What is left of them is joined and cut again into as few nodes as hold it, level by level. Too little
 * for one node borrows from the nearest neighbour, the right one first, even under another parent. Mirrors
 * `mas_spanning_rebalance()` (Linux lib/maple_tree.c).
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import type { Subtree } from "./subtree.ts";

const { END, PARENT, WORD_SHIFT } = layout;

/**
 * Replaces the nodes of `subtree` by nodes that hold the big node's slots, and repairs its ancestors.
 *
 * Precondition: the pool has three nodes a level and one more.
 */
export function rebalance(subtree: Subtree): void {
  do {
    const { pool, big } = subtree;
    if (big.count <= big.minEnd(pool) && borrow(subtree)) pool.counters.rebalanced++;
    cutEvenly(subtree);
  } while (!subtree.link());
}

/** Cuts the big node into one, two or three nodes. */
function cutEvenly(subtree: Subtree): void {
  const { pool, big } = subtree;
  const last = big.count - 1;
  const capacity = big.capacity(pool);
  if (last < capacity) return subtree.cut(last, 0);
  const half = last >> 1;
  const emptyAtHalf = big.level === 1 && big.slots[half] === 0;
  if (last < 2 * capacity - (emptyAtHalf ? 1 : 0)) {
    return subtree.cut(big.settle(pool, half, last), 0);
  }
  pool.counters.split++;
  const third = Math.floor(last / 3);
  subtree.cut(big.settle(pool, third, last), big.settle(pool, third * 2, last));
}

/**
 * Takes the nearest neighbour into `subtree`: at each level upwards the right one is looked for first, then the left
 * one. Ancestors that lose all their children die too.
 *
 * @returns false if `subtree` is all there is of its level
 */
function borrow(subtree: Subtree): boolean {
  const { pool } = subtree;
  const { words } = pool;
  let left = subtree.left;
  let right = subtree.right;
  for (let depth = 0;; depth++) {
    const leftLink = words[(left << WORD_SHIFT) + PARENT]!;
    const rightLink = words[(right << WORD_SHIFT) + PARENT]!;
    if (rightLink === 0) return false;
    const rightNeighbour = subtree.sibling(right, 1);
    if (rightNeighbour !== 0) {
      leaveBehind(subtree, subtree.right, subtree.left, depth);
      subtree.takeRight(descend(pool, rightNeighbour, depth, false));
      return true;
    }
    const leftNeighbour = subtree.sibling(left, -1);
    if (leftNeighbour !== 0) {
      leaveBehind(subtree, subtree.left, subtree.right, depth);
      subtree.takeLeft(descend(pool, leftNeighbour, depth, true));
      return true;
    }
    left = leftLink >> 4;
    right = rightLink >> 4;
  }
}

/** Dooms the `depth` nearest ancestors of `node` that are not those of `other`, the other end. */
function leaveBehind(subtree: Subtree, node: number, other: number, depth: number): void {
  const { words } = subtree.pool;
  for (; depth > 0; depth--) {
    node = words[(node << WORD_SHIFT) + PARENT]! >> 4;
    other = words[(other << WORD_SHIFT) + PARENT]! >> 4;
    if (node !== other) subtree.doom(node);
  }
}

/** The outermost node `depth` levels below `node`, on its right or left edge. */
function descend(pool: NodePool, node: number, depth: number, toRight: boolean): number {
  for (; depth > 0; depth--) {
    const word = node << WORD_SHIFT;
    node = pool.words[word + pool.innerSlots + (toRight ? pool.words[word + END]! : 0)]!;
  }
  return node;
}
