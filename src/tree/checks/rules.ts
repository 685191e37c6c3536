/**
 * The rules that every tree keeps, in words and in code. Both validators check by them: `validate.ts` derives
 * everything again from the root, `incremental.ts` looks at what a store touched.
 *
 * - All leaves have the same depth; it is the recorded height, and an inner root has more than one child.
 * - Pivots rise strictly, start above the node's bound and end at its maximum; bound and maximum are those of the slot
 * in   the parent. So the slots of all leaves partition the index space.
 * - The parent link of every child names the slot that holds it, and no child is held twice.
 * - `end` is at least the minimum, the root aside, and below the capacity.
 * - Past `end` there is nothing: pivots `+Infinity`, slots and gaps 0.
 * - Two empty slots are never neighbours, across leaves neither, and only the last leaf ends in one.
 * - Every gap is the longest empty slot below its child.
 * - Every entry word is an immediate or a handle that is taken and in no other slot.
 * - No node of the tree is dead, free or retired; and no node is lost: those in the tree, the retired and the free ones
 *   are all there are. The same holds for handles, and the count of entries is right.
 *
 * @module
 */

import * as arithmetic from "../arithmetic.ts";
import { InvariantError } from "../errors.ts";
import * as layout from "../node_layout.ts";
import type { NodePool } from "../node_pool.ts";

const { extent } = arithmetic;

const {
  BOUND,
  DEAD,
  DOUBLE_SHIFT,
  END,
  GAP_CAPACITY,
  GAPS,
  MAX_INDEX,
  PARENT,
  PIVOTS,
  SLOTS,
  WIDE_CAPACITY,
  WIDE_MIN_END,
  WORD_SHIFT,
} = layout;

/** What an {@linkcode InvariantError} says of the rule that is broken. */
export const RULES = {
  alive: "no node of the tree is dead",
  bound: "the bound is the end of the slot before",
  capacity: "the end is below the capacity",
  child: "a child is a node of the pool",
  dead: "such a node is dead",
  emptyEnd: "only the last leaf ends in an empty slot",
  emptyNeighbours: "two empty slots are never neighbours",
  entries: "the count of entries is right",
  finger: "the finger is a slot of a leaf of the tree",
  gap: "the gap is the longest empty slot",
  handleLost: "no handle is lost",
  handleShared: "no two slots share a handle",
  handleValue: "a handle stands for a value",
  link: "the parent link leads to the slot that holds it",
  maximum: "the last pivot is the node's maximum",
  minimum: "the node holds enough",
  nodeLost: "no node is lost",
  notInTree: "a free or retired node is not in the tree",
  once: "no child is held twice",
  pastEndGap: "no gap past the end",
  pastEndPivot: "no pivot past the end",
  pastEndSlot: "no slot past the end",
  pivots: "pivots rise",
  root: "the root word names the root",
  rootChildren: "the root has more than one child",
  rootEntry: "a tree with nodes has no root entry",
  used: "the count of used nodes is right",
} as const;

/**
 * Says that a rule holds.
 *
 * @throws {InvariantError} if it does not
 */
export function demand(
  holds: boolean,
  node: number,
  slot: number,
  rule: keyof typeof RULES,
): void {
  if (!holds) broken(node, slot, rule);
}

/** Says that a rule does not hold. In loops it stands after the comparison: then there is no call before a fault. */
export function broken(node: number, slot: number, rule: keyof typeof RULES): never {
  throw new InvariantError(node, slot, RULES[rule]);
}

/**
 * Checks what a node has to agree on with the slot that holds it.
 *
 * @param link the parent word it must have: 0 for the root
 * @param bound the index before the slot's first
 * @param max the slot's last
 */
export function checkPlace(
  pool: NodePool,
  node: number,
  link: number,
  bound: number,
  max: number,
): void {
  const { words, doubles } = pool;
  const word = node << WORD_SHIFT;
  const at = node << DOUBLE_SHIFT;
  const parent = words[word + PARENT];
  if (parent !== link) broken(node, -1, parent === DEAD ? "alive" : "link");
  if (doubles[at + BOUND] !== bound) broken(node, -1, "bound");
  const end = words[word + END]!;
  if (doubles[at + PIVOTS + end] !== max) broken(node, end, "maximum");
}

/** Checks how much a node holds. */
export function checkFill(pool: NodePool, node: number, isLeaf: boolean): void {
  const { words, innerCapacity, innerMinEnd } = pool;
  const word = node << WORD_SHIFT;
  const end = words[word + END]!;
  if (end < 0 || end >= (isLeaf ? WIDE_CAPACITY : innerCapacity)) broken(node, -1, "capacity");
  if (words[word + PARENT] !== 0) {
    if (end < (isLeaf ? WIDE_MIN_END : innerMinEnd)) broken(node, -1, "minimum");
  } else if (!isLeaf && end === 0) broken(node, -1, "rootChildren");
}

/**
 * Checks that the pivots of an inner node rise, and that there is nothing past the end; gives the largest gap that it
 * records, 0 where none is tracked.
 */
export function checkInner(pool: NodePool, node: number): number {
  const { words, doubles, innerCapacity } = pool;
  const at = node << DOUBLE_SHIFT;
  const pivots = at + PIVOTS;
  const slots = (node << WORD_SHIFT) + pool.innerSlots;
  const end = words[(node << WORD_SHIFT) + END]!;
  let low = doubles[at + BOUND]!;
  for (let slot = 0; slot <= end; slot++) {
    const pivot = doubles[pivots + slot]!;
    if (!(pivot > low)) broken(node, slot, "pivots");
    low = pivot;
  }
  for (let slot = end + 1; slot < innerCapacity; slot++) {
    if (doubles[pivots + slot] !== Infinity) broken(node, slot, "pastEndPivot");
    if (words[slots + slot] !== 0) broken(node, slot, "pastEndSlot");
  }
  if (!pool.gaps) return 0;
  let longest = 0;
  for (let slot = 0; slot <= end; slot++) {
    const gap = doubles[at + GAPS + slot]!;
    if (gap > longest) longest = gap;
  }
  for (let slot = end + 1; slot < GAP_CAPACITY; slot++) {
    if (doubles[at + GAPS + slot] !== 0) broken(node, slot, "pastEndGap");
  }
  return longest;
}

/** What {@linkcode checkLeaf} has found. */
export interface LeafContent {
  /** Slots that hold something. */
  entries: number;
  /** Those of them that hold a handle. */
  handles: number;
  /** The longest empty slot, in indices. */
  gap: number;
}

/** Checks that the pivots of a leaf rise, its entries, and that there is nothing past the end; says what it holds. */
export function checkLeaf(pool: NodePool, leaf: number, found: LeafContent): void {
  const { words, doubles } = pool;
  const pivots = (leaf << DOUBLE_SHIFT) + PIVOTS;
  const slots = (leaf << WORD_SHIFT) + SLOTS;
  const end = words[(leaf << WORD_SHIFT) + END]!;
  let low = doubles[pivots - PIVOTS + BOUND]!;
  let isAfterEmpty = false;
  let entries = 0;
  let handles = 0;
  let gap = 0;
  for (let slot = 0; slot <= end; slot++) {
    const pivot = doubles[pivots + slot]!;
    if (!(pivot > low)) broken(leaf, slot, "pivots");
    const word = words[slots + slot]!;
    if (word === 0) {
      if (isAfterEmpty) broken(leaf, slot, "emptyNeighbours");
      isAfterEmpty = true;
      const length = extent(low, pivot);
      if (length > gap) gap = length;
    } else {
      isAfterEmpty = false;
      entries++;
      if ((word & 1) === 0) {
        handles++;
        if (pool.decode(word) === undefined) broken(leaf, slot, "handleValue");
      }
    }
    low = pivot;
  }
  for (let slot = end + 1; slot < WIDE_CAPACITY; slot++) {
    if (doubles[pivots + slot] !== Infinity) broken(leaf, slot, "pastEndPivot");
    if (words[slots + slot] !== 0) broken(leaf, slot, "pastEndSlot");
  }
  if (isAfterEmpty && low !== MAX_INDEX) broken(leaf, end, "emptyEnd");
  found.entries = entries;
  found.handles = handles;
  found.gap = gap;
}

/** Checks the gap that `parent` records for `slot`. */
export function checkGap(pool: NodePool, parent: number, slot: number, gap: number): void {
  if (!pool.gaps) return;
  if (pool.doubles[(parent << DOUBLE_SHIFT) + GAPS + slot] !== gap) broken(parent, slot, "gap");
}
