/**
 * Checking a tree from scratch: every rule that the other files keep is derived again from the bytes, and
 * nothing that was recorded is believed.
 *
 * The invariants of a tree:
 * - All leaves have the same depth; it is the recorded height, and the root is not an inner node of one child.
 * - Pivots rise strictly, begin above the node's bound and end at its maximum; bound and maximum are those
 *   of the slot in the parent. So the slots of all leaves partition the index space.
 * - The parent link of every child leads back to the slot that holds it, and no child is held twice.
 * - `end` is at least the minimum, the root aside, and below the capacity.
 * - Past `end` there is nothing: pivots `+Infinity`, slots and gaps 0.
 * - Two empty slots are never neighbours, across leaves neither, and only the last leaf ends in one.
 * - Every gap is the longest empty slot below its child.
 * - Every entry word is an immediate or a handle that is taken and in no other slot.
 * - No node of the tree is dead, free or retired; and no node is lost: those in the tree, the retired and
 *   the free ones are all there are.
 *
 * @module
 */

import { InvariantError } from "./errors.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";

const {
  BOUND,
  DEAD,
  END,
  GAP_CAPACITY,
  GAPS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  PARENT,
  PIVOTS,
  REAL_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WIDE_CAPACITY,
  WIDE_MIN_END,
  WORD_SHIFT,
} = layout;

/** What has been seen on the way through the tree. */
interface Survey {
  readonly pool: NodePool;
  readonly nodes: Set<number>;
  readonly leaves: Set<number>;
  readonly handles: Set<number>;
  afterEmpty: boolean;
}

/**
 * Checks every rule, in time linear in the number of nodes the pool has ever handed out.
 *
 * @throws {InvariantError} naming the node, the slot and the rule
 */
export function validate(pool: NodePool): void {
  const survey = {
    pool,
    nodes: new Set<number>(),
    leaves: new Set<number>(),
    handles: new Set<number>(),
    afterEmpty: false,
  };
  const root = pool.words[ROOT]!;
  if (root === 0) checkEntry(survey, 0, -1, pool.words[ROOT_ENTRY]!);
  else {
    demand(pool.words[ROOT_ENTRY] === 0, 0, -1, "a tree with nodes has no root entry");
    checkNode(survey, root >> HEIGHT_BITS, root & HEIGHT_MASK, -1, MAX_INDEX, 0);
  }
  checkPool(survey);
}

/** Checks a subtree; gives its longest empty slot. */
function checkNode(
  survey: Survey,
  node: number,
  level: number,
  bound: number,
  max: number,
  parent: number,
): number {
  const { pool } = survey;
  const { words, reals } = pool;
  const word = node << WORD_SHIFT;
  const real = node << REAL_SHIFT;
  demand(node > 0 && node < pool.top, node, -1, "a child is a node of the pool");
  demand(!survey.nodes.has(node), node, -1, "no child is held twice");
  survey.nodes.add(node);
  if (level === 1) survey.leaves.add(node);
  demand(words[word + PARENT] !== DEAD, node, -1, "no node of the tree is dead");
  demand(
    words[word + PARENT] === parent,
    node,
    -1,
    "the parent link leads to the slot that holds it",
  );
  demand(reals[real + BOUND] === bound, node, -1, "the bound is the end of the slot before");
  const end = words[word + END]!;
  const isLeaf = level === 1;
  const capacity = isLeaf ? WIDE_CAPACITY : pool.innerCapacity;
  const minEnd = isLeaf ? WIDE_MIN_END : pool.innerMinEnd;
  demand(end >= 0 && end < capacity, node, -1, "the end is below the capacity");
  demand(parent === 0 || end >= minEnd, node, -1, "the node holds enough");
  demand(parent !== 0 || isLeaf || end > 0, node, -1, "the root has more than one child");
  demand(reals[real + PIVOTS + end] === max, node, end, "the last pivot is the node's maximum");
  checkPastEnd(pool, node, end, isLeaf);

  let longest = 0;
  let low = bound;
  for (let slot = 0; slot <= end; slot++) {
    const high = reals[real + PIVOTS + slot]!;
    demand(high > low, node, slot, "pivots rise");
    const held = words[word + (isLeaf ? SLOTS : pool.innerSlots) + slot]!;
    if (isLeaf) {
      checkEntry(survey, node, slot, held);
      demand(
        held !== 0 || slot < end || max === MAX_INDEX,
        node,
        slot,
        "only the last leaf ends in an empty slot",
      );
      if (held === 0) longest = Math.max(longest, high - low);
    } else {
      const gap = checkNode(survey, held, level - 1, low, high, node << 4 | slot);
      if (pool.gaps) {
        demand(reals[real + GAPS + slot] === gap, node, slot, "the gap is the longest empty slot");
      }
      longest = Math.max(longest, gap);
    }
    low = high;
  }
  return longest;
}

function checkPastEnd(pool: NodePool, node: number, end: number, isLeaf: boolean): void {
  const { words, reals } = pool;
  const real = node << REAL_SHIFT;
  const slots = (node << WORD_SHIFT) + (isLeaf ? SLOTS : pool.innerSlots);
  const capacity = isLeaf ? WIDE_CAPACITY : pool.innerCapacity;
  for (let slot = end + 1; slot < capacity; slot++) {
    demand(reals[real + PIVOTS + slot] === Infinity, node, slot, "no pivot past the end");
    demand(words[slots + slot] === 0, node, slot, "no slot past the end");
  }
  if (isLeaf || !pool.gaps) return;
  for (let slot = end + 1; slot < GAP_CAPACITY; slot++) {
    demand(reals[real + GAPS + slot] === 0, node, slot, "no gap past the end");
  }
}

function checkEntry(survey: Survey, node: number, slot: number, word: number): void {
  if (word === 0) {
    demand(!survey.afterEmpty, node, slot, "two empty slots are never neighbours");
    survey.afterEmpty = true;
    return;
  }
  survey.afterEmpty = false;
  if ((word & 1) !== 0) return;
  demand(!survey.handles.has(word), node, slot, "no two slots share a handle");
  demand(survey.pool.decode(word) !== undefined, node, slot, "a handle stands for a value");
  survey.handles.add(word);
}

function checkPool(survey: Survey): void {
  const { pool, nodes, handles } = survey;
  const all = nodes.size;
  for (const node of [...pool.freeNodes(), ...pool.grace.nodes()]) {
    demand(!nodes.has(node), node, -1, "a free or retired node is not in the tree");
    demand(pool.words[(node << WORD_SHIFT) + PARENT] === DEAD, node, -1, "such a node is dead");
    nodes.add(node);
  }
  const { finger } = pool;
  demand(finger === 0 || survey.leaves.has(finger), finger, -1, "the finger is a leaf of the tree");
  demand(nodes.size === pool.top - 1, 0, -1, "no node is lost");
  demand(all + pool.grace.nodes().length === pool.used, 0, -1, "the count of used nodes is right");
  demand(
    handles.size + pool.grace.handles().length === pool.handles,
    0,
    -1,
    "no handle is lost",
  );
}

function demand(holds: boolean, node: number, slot: number, rule: string): void {
  if (!holds) throw new InvariantError(node, slot, rule);
}
