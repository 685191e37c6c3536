/**
 * Checking a tree from scratch: every rule of `rules.ts` is derived again from the bytes, and no recorded figure is
 * trusted.
 *
 * @module
 */

import { extent } from "../arithmetic.ts";
import * as layout from "../node_layout.ts";
import type { NodePool } from "../node_pool.ts";
import { checkEntries, checkFill, checkGap, checkPlace, checkSlots, demand } from "./rules.ts";

const {
  DEAD,
  DOUBLE_SHIFT,
  END,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  PARENT,
  PIVOTS,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} = layout;

/** What has been seen on the way through the tree. */
interface Seen {
  readonly pool: NodePool;
  readonly nodes: Set<number>;
  readonly leaves: Set<number>;
  readonly handles: Set<number>;
  readonly count: { entries: number; handles: number };
  entries: number;
  afterEmpty: boolean;
}

/**
 * Checks every rule, in time linear in the number of nodes the pool has ever handed out.
 *
 * @throws {InvariantError} naming the node, the slot and the rule
 */
export function validate(pool: NodePool): void {
  const seen: Seen = {
    pool,
    nodes: new Set<number>(),
    leaves: new Set<number>(),
    handles: new Set<number>(),
    count: { entries: 0, handles: 0 },
    entries: 0,
    afterEmpty: false,
  };
  const root = pool.words[ROOT]!;
  const entry = pool.words[ROOT_ENTRY]!;
  if (root === 0) {
    if (entry !== 0) seen.entries++;
    checkHandle(seen, 0, -1, entry);
  } else {
    demand(entry === 0, 0, -1, "rootEntry");
    checkNode(seen, root >> HEIGHT_BITS, root & HEIGHT_MASK, -1, MAX_INDEX, 0);
  }
  checkPool(seen);
}

/** Checks a subtree; gives its longest empty slot. */
function checkNode(
  seen: Seen,
  node: number,
  level: number,
  bound: number,
  max: number,
  link: number,
): number {
  const { pool } = seen;
  const { words, doubles } = pool;
  demand(node > 0 && node < pool.top, node, -1, "child");
  demand(!seen.nodes.has(node), node, -1, "once");
  seen.nodes.add(node);
  checkPlace(pool, node, link, bound, max);
  checkFill(pool, node, level === 1);
  checkSlots(pool, node, level === 1);
  if (level === 1) return checkLeaf(seen, node);
  const slots = (node << WORD_SHIFT) + pool.innerSlots;
  const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
  let longest = 0;
  let low = bound;
  for (let slot = 0; slot <= words[(node << WORD_SHIFT) + END]!; slot++) {
    const high = doubles[pivots + slot]!;
    const gap = checkNode(seen, words[slots + slot]!, level - 1, low, high, node << 4 | slot);
    checkGap(pool, node, slot, gap);
    longest = Math.max(longest, gap);
    low = high;
  }
  return longest;
}

/** Checks the entries of a leaf; gives its longest empty slot. */
function checkLeaf(seen: Seen, leaf: number): number {
  const { words, doubles } = seen.pool;
  const slots = (leaf << WORD_SHIFT) + SLOTS;
  const pivots = (leaf << DOUBLE_SHIFT) + PIVOTS;
  demand(words[slots] !== 0 || !seen.afterEmpty, leaf, 0, "emptyNeighbours");
  seen.leaves.add(leaf);
  checkEntries(seen.pool, leaf, seen.count);
  seen.entries += seen.count.entries;
  let longest = 0;
  for (let slot = 0; slot <= words[(leaf << WORD_SHIFT) + END]!; slot++) {
    const word = words[slots + slot]!;
    checkHandle(seen, leaf, slot, word);
    seen.afterEmpty = word === 0;
    const length = extent(doubles[pivots + slot - 1]!, doubles[pivots + slot]!);
    if (word === 0 && length > longest) longest = length;
  }
  return longest;
}

function checkHandle(seen: Seen, node: number, slot: number, word: number): void {
  if ((word & 1) !== 0 || word === 0) return;
  demand(!seen.handles.has(word), node, slot, "handleShared");
  demand(seen.pool.decode(word) !== undefined, node, slot, "handleValue");
  seen.handles.add(word);
}

function checkPool(seen: Seen): void {
  const { pool, nodes, handles } = seen;
  const all = nodes.size;
  for (const node of [...pool.freeNodes(), ...pool.rcuDomain.nodes()]) {
    demand(!nodes.has(node), node, -1, "notInTree");
    demand(pool.words[(node << WORD_SHIFT) + PARENT] === DEAD, node, -1, "dead");
    nodes.add(node);
  }
  const { finger } = pool;
  const leaf = finger >> DOUBLE_SHIFT;
  const slot = (finger & 31) - PIVOTS;
  const isSlot = seen.leaves.has(leaf) && slot >= 0 &&
    slot <= pool.words[(leaf << WORD_SHIFT) + END]!;
  demand(finger === 0 || isSlot, leaf, slot, "finger");
  demand(nodes.size === pool.top - 1, 0, -1, "nodeLost");
  demand(all + pool.rcuDomain.nodes().length === pool.used, 0, -1, "used");
  demand(handles.size + pool.rcuDomain.handles().length === pool.handles, 0, -1, "handleLost");
  demand(seen.entries === pool.entries, 0, -1, "entries");
}
