/**
 * Finding the slot that covers an index, in one node and from the root down, and the leaf beside a leaf.
 *
 * None of the comparisons is a branch, except in trees that outgrow the caches ({@linkcode guess}). In a leaf three
 * pick a group of slots, three more the slot in the group; in a gap-tracking node the number of pivots below the index
 * is the slot. Nothing past `end` is ever picked, as every pivot there is `+Infinity`. What was measured:
 * `bench/README.md`.
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";

const {
  END,
  GAP_SLOTS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  PARENT,
  PIVOTS,
  DOUBLE_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} = layout;

/** The slot of the leaf or plain node whose doubles begin at `base` that covers `index`: 16 pivots. */
export function wideSlot(doubles: Float64Array, base: number, index: number): number {
  const group = below(doubles, base + 4, 4, index) << 2;
  return group + below(doubles, base + group + 1, 1, index);
}

/**
 * The slot of the gap-tracking node whose doubles begin at `base` that covers `index`: 10 pivots, of which nine say
 * it. All nine at once: of two rounds of three the second would have to wait for the first. (In a leaf 15 at once are
 * too many.)
 */
export function gapSlot(doubles: Float64Array, base: number, index: number): number {
  return below(doubles, base + 1, 1, index) + below(doubles, base + 4, 1, index) +
    below(doubles, base + 7, 1, index);
}

/**
 * How many of the three doubles `at`, `at + step` and `at + 2 * step` are below `index`. Short, like its callers: V8
 * then always compiles it in, and never makes an object of `index` to pass it.
 *
 * `~~` makes 0 or 1 of a comparison like `+`, but V8's quick first compiler knows how, too.
 */
function below(doubles: Float64Array, at: number, step: number, index: number): number {
  return ~~(doubles[at]! < index) + ~~(doubles[at + step]! < index) +
    ~~(doubles[at + step + step]! < index);
}

/** Where the entry word of a leaf's slot lies in `words`, by the slot's *position*: where its pivot lies in `doubles`.
 */
export function entryIndex(position: number): number {
  return (position << 1) - (position & 31) + (SLOTS - PIVOTS);
}

/**
 * The position of the slot that covers `pool.sought`. Memory calls come in clusters (find, look at the neighbours,
 * store), so the slot found last is asked first, then its leaf; only then the walk starts at the root.
 */
export function seek(pool: NodePool, root: number): number {
  const { doubles, sought } = pool;
  const near = pool.finger;
  if (near !== 0) {
    if (sought > doubles[near - 1]! && sought <= doubles[near]!) return near;
    const base = near & ~31;
    const end = pool.words[(base << 1) + END]!;
    if (sought > doubles[base]! && sought <= doubles[base + PIVOTS + end]!) {
      return pool.finger = near + distance(doubles, near, sought);
    }
  }
  const base = leafAt(pool, root, sought) << DOUBLE_SHIFT;
  const position = base + PIVOTS + wideSlot(doubles, base, sought);
  if (pool.rcu === false) pool.finger = position;
  return position;
}

/** How many slots further on the one is that covers `index`, in the leaf of the slot at `near`. Mostly it is the next.
 */
function distance(doubles: Float64Array, near: number, index: number): number {
  let position = near;
  while (doubles[position]! < index) position = (position + 1) | 0;
  while (doubles[position - 1]! >= index) position = (position - 1) | 0;
  return position - near;
}

/**
 * The leaf that covers `index`, below the root that the root word `root` names. The caller has read that word,
 * once: beside a writer a second reading may be of another tree.
 */
export function leafAt(pool: NodePool, root: number, index: number): number {
  pool.sought = index;
  pool.counters.visited += root & HEIGHT_MASK;
  return descend(pool, root);
}

/** Walks to the leaf that covers `pool.sought`. */
function descend(pool: NodePool, root: number): number {
  const { words, doubles, sought } = pool;
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  if (pool.gaps === false) {
    for (; level > 1; level--) {
      node = words[(node << WORD_SHIFT) + SLOTS + wideSlot(doubles, node << DOUBLE_SHIFT, sought)]!;
    }
    return node;
  }
  if (level >= LARGE_HEIGHT) {
    for (; level > 1; level--) {
      node =
        words[(node << WORD_SHIFT) + GAP_SLOTS + guess(doubles, node << DOUBLE_SHIFT, sought)]!;
    }
  }
  for (; level > 1; level--) {
    node =
      words[(node << WORD_SHIFT) + GAP_SLOTS + gapSlot(doubles, node << DOUBLE_SHIFT, sought)]!;
  }
  return node;
}

/**
 * From this height on, more than half a million ranges with gaps tracked, the nodes no longer fit the caches, and what
 * a walk costs is waiting for memory. Comparisons without branches wait at every node for its pivots before they know
 * where to go; branches let the processor guess, and fetch the next node meanwhile. And the fewer instructions, the
 * further it gets while it waits: pivots are counted by one number that nothing checks for overflow, and leaves
 * searched by halves.
 */
const LARGE_HEIGHT = 7;

/** The slot that covers `index`, as {@linkcode gapSlot} finds it: one pivot after the other. */
function guess(doubles: Float64Array, base: number, index: number): number {
  const first = base | PIVOTS;
  let pivot = first;
  while (doubles[pivot]! < index) pivot = (pivot + 1) | 0;
  return pivot - first;
}

/** The slot of a leaf that covers `index`, as {@linkcode wideSlot} finds it: by halves. */
function guessWide(doubles: Float64Array, base: number, index: number): number {
  let slot = 0;
  if (doubles[base | 8]! < index) slot = 8;
  if (doubles[base | slot | 4]! < index) slot |= 4;
  if (doubles[base | slot | 2]! < index) slot |= 2;
  if (doubles[base | slot | 1]! < index) slot |= 1;
  return slot;
}

/** The entry word at `index`: the whole of a load. */
export function entryAt(pool: NodePool, index: number): number {
  // Where a caller is so large that V8 compiles no more in, this saves an object a load.
  pool.sought = index;
  return soughtEntry(pool);
}

/** The entry word at `pool.sought`. It leaves the finger alone: indices that are loaded come in any order. */
function soughtEntry(pool: NodePool): number {
  const { words, sought } = pool;
  const root = words[ROOT]!;
  if (root === 0) {
    const word = sought === 0 ? words[ROOT_ENTRY]! : 0;
    // If the tree has got its first node meanwhile, the root entry says nothing.
    return words[ROOT] === 0 ? word : soughtEntry(pool);
  }
  const node = descend(pool, root);
  const base = node << DOUBLE_SHIFT;
  const isLarge = (root & HEIGHT_MASK) >= LARGE_HEIGHT && pool.gaps === true;
  const slot = isLarge
    ? guessWide(pool.doubles, base, sought)
    : wideSlot(pool.doubles, base, sought);
  return words[(node << WORD_SHIFT) + SLOTS + slot]!;
}

/**
 * The leaf beside a leaf, which must exist: climbs until there is a child on that side, and descends on the near edge
 * of its subtree.
 */
export function neighbourLeaf(pool: NodePool, leaf: number, side: 1 | -1): number {
  const { words, innerSlots } = pool;
  let node = leaf;
  for (let depth = 0;; depth++) {
    const link = words[(node << WORD_SHIFT) + PARENT]!;
    const parent = (link >> 4) << WORD_SHIFT;
    const slot = (link & 15) + side;
    if (slot >= 0 && slot <= words[parent + END]!) {
      node = words[parent + innerSlots + slot]!;
      for (; depth > 0; depth--) {
        const word = node << WORD_SHIFT;
        node = words[word + innerSlots + (side > 0 ? 0 : words[word + END]!)]!;
      }
      return node;
    }
    node = link >> 4;
  }
}
