/**
 * Compacting: the same tree in as little memory as holds it.
 *
 * The nodes move to ids `1 … n` in the order of a walk, so that neighbours in the tree are neighbours in memory, and
 * the values to handles in the same order.
 *
 * @module
 */

import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";

const { END, HEIGHT_BITS, HEIGHT_MASK, PARENT, ROOT, ROOT_ENTRY, SLOTS, WORD_SHIFT } = layout;

/**
 * Gives back what the tree does not use. O(nodes).
 *
 * @throws {MapleError} EBUSY while readers may hold nodes · EINVAL for a pool in shared memory
 */
export function compact(pool: NodePool): void {
  if (pool.shared) {
    throw new MapleError("EINVAL", "Cannot compact a tree in shared memory: its size is fixed");
  }
  if (pool.rcuDomain.readers > 0) {
    throw new MapleError("EBUSY", `Cannot compact: ${pool.rcuDomain.readers} readers are open`);
  }
  pool.reclaim();
  const packed = pool.emptyTwin();
  const root = pool.words[ROOT]!;
  const height = root & HEIGHT_MASK;
  if (root === 0) packed.words[ROOT_ENTRY] = move(pool, packed, pool.words[ROOT_ENTRY]!);
  else {packed.words[ROOT] = moveNode(pool, packed, root >> HEIGHT_BITS, height, 0) << HEIGHT_BITS |
      height;}
  pool.adopt(packed);
}

/** Copies a node and all below it; gives its new id. */
function moveNode(from: NodePool, to: NodePool, node: number, level: number, link: number): number {
  const moved = to.take();
  const old = node << WORD_SHIFT;
  const word = moved << WORD_SHIFT;
  to.words.set(from.words.subarray(old, old + (1 << WORD_SHIFT)), word);
  to.words[word + PARENT] = link;
  const slots = word + (level === 1 ? SLOTS : to.innerSlots);
  for (let slot = 0; slot <= to.words[word + END]!; slot++) {
    const held = to.words[slots + slot]!;
    to.words[slots + slot] = level === 1
      ? move(from, to, held)
      : moveNode(from, to, held, level - 1, moved << 4 | slot);
  }
  return moved;
}

/** The entry word by which `to` knows a value of `from`. */
function move(from: NodePool, to: NodePool, word: number): number {
  return (word & 1) !== 0 || word === 0 ? word : to.encode(from.decode(word));
}
