/**
 * Checking a tree from scratch: every rule of `rules.ts` is derived again from the bytes, and no recorded figure is
 * trusted.
 *
 * What was met is marked in arrays that are kept from one validation to the next, so that one takes nothing from the
 * heap once they are large enough.
 *
 * @module
 */

import * as layout from "../node_layout.ts";
import type { NodePool } from "../node_pool.ts";
import * as rules from "./rules.ts";

const {
  BOUND,
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
const { broken, checkFill, checkGap, checkInner, checkLeaf, checkPlace, demand } = rules;

/** What has been seen on the way through the tree. */
class Seen {
  /** By node: the number of the last validation that met it. */
  nodes = new Int32Array(0);
  /** By node: the same of those that it met as leaves. */
  leaves = new Int32Array(0);
  /** By handle: the same. */
  handles = new Int32Array(0);
  /** The number of the running validation. */
  validation = 0;
  /** What the leaf met last holds. */
  readonly leaf: rules.LeafContent = { entries: 0, handles: 0, gap: NaN };
  nodeCount = 0;
  handleCount = 0;
  entryCount = 0;
  afterEmpty = false;

  /** Forgets everything, and makes room for what a pool may hold. */
  begin(pool: NodePool): void {
    // Numbers that come round again would be taken for those of long ago.
    if (this.validation === 0x7fff_ffff) this.nodes = this.leaves = this.handles = NONE;
    this.validation = this.validation === 0x7fff_ffff ? 1 : this.validation + 1;
    if (this.nodes.length < pool.top) {
      this.nodes = new Int32Array(pool.top * 2);
      this.leaves = new Int32Array(pool.top * 2);
    }
    const handles = pool.highestHandle + 1;
    if (this.handles.length < handles) this.handles = new Int32Array(handles * 2);
    this.nodeCount = this.handleCount = this.entryCount = 0;
    this.afterEmpty = false;
  }
}

const NONE = new Int32Array(0);
const SEEN = new Seen();

/**
 * Checks every rule, in time linear in the number of nodes the pool has ever handed out.
 *
 * @throws {InvariantError} naming the node, the slot and the rule
 */
export function validate(pool: NodePool): void {
  const seen = SEEN;
  seen.begin(pool);
  const root = pool.words[ROOT]!;
  const entry = pool.words[ROOT_ENTRY]!;
  if (root === 0) {
    if (entry !== 0) seen.entryCount++;
    checkHandle(pool, seen, 0, -1, entry);
  } else {
    demand(entry === 0, 0, -1, "rootEntry");
    checkNode(pool, seen, root >> HEIGHT_BITS, root & HEIGHT_MASK, 0);
  }
  checkPool(pool, seen);
}

/**
 * Checks a subtree, whose root hangs on the slot that `link` names: 0 for that of the tree. `seen.leaf.gap` is its
 * longest empty slot then.
 */
function checkNode(pool: NodePool, seen: Seen, node: number, level: number, link: number): void {
  const { words, doubles } = pool;
  if (!(node > 0 && node < pool.top)) broken(node, -1, "child");
  if (seen.nodes[node] === seen.validation) broken(node, -1, "once");
  seen.nodes[node] = seen.validation;
  seen.nodeCount++;
  const place = ((link >> 4) << DOUBLE_SHIFT) + (link & 15);
  if (link === 0) checkPlace(pool, node, 0, -1, MAX_INDEX);
  else checkPlace(pool, node, link, doubles[place + BOUND]!, doubles[place + PIVOTS]!);
  checkFill(pool, node, level === 1);
  if (level === 1) return checkEntries(pool, seen, node);
  checkInner(pool, node);
  const slots = (node << WORD_SHIFT) + pool.innerSlots;
  const end = words[(node << WORD_SHIFT) + END]!;
  let longest = 0;
  for (let slot = 0; slot <= end; slot++) {
    checkNode(pool, seen, words[slots + slot]!, level - 1, node << 4 | slot);
    checkGap(pool, node, slot, seen.leaf.gap);
    longest = Math.max(longest, seen.leaf.gap);
  }
  seen.leaf.gap = longest;
}

/** Checks the entries of a leaf. */
function checkEntries(pool: NodePool, seen: Seen, leaf: number): void {
  const { words } = pool;
  const slots = (leaf << WORD_SHIFT) + SLOTS;
  const end = words[(leaf << WORD_SHIFT) + END]!;
  if (words[slots] === 0 && seen.afterEmpty) broken(leaf, 0, "emptyNeighbours");
  seen.leaves[leaf] = seen.validation;
  checkLeaf(pool, leaf, seen.leaf);
  seen.entryCount += seen.leaf.entries;
  for (let slot = 0; slot <= end; slot++) checkHandle(pool, seen, leaf, slot, words[slots + slot]!);
  seen.afterEmpty = words[slots + end] === 0;
}

function checkHandle(pool: NodePool, seen: Seen, node: number, slot: number, word: number): void {
  if ((word & 1) !== 0 || word === 0) return;
  const handle = word >> 1;
  // Beyond the table of values it stands for none.
  if (pool.decode(word) === undefined) broken(node, slot, "handleValue");
  if (seen.handles[handle] === seen.validation) broken(node, slot, "handleShared");
  seen.handles[handle] = seen.validation;
  seen.handleCount++;
}

function checkPool(pool: NodePool, seen: Seen): void {
  const inTree = seen.nodeCount;
  for (const node of pool.freeNodes()) checkUnused(pool, seen, node);
  const retired = pool.rcuDomain.nodes();
  for (const node of retired) checkUnused(pool, seen, node);
  const { finger } = pool;
  const leaf = finger >> DOUBLE_SHIFT;
  const slot = (finger & 31) - PIVOTS;
  const isSlot = seen.leaves[leaf] === seen.validation && slot >= 0 &&
    slot <= pool.words[(leaf << WORD_SHIFT) + END]!;
  demand(finger === 0 || isSlot, leaf, slot, "finger");
  demand(seen.nodeCount === pool.top - 1, 0, -1, "nodeLost");
  demand(inTree + retired.length === pool.used, 0, -1, "used");
  const waiting = pool.rcuDomain.handles().length;
  demand(seen.handleCount + waiting === pool.handles, 0, -1, "handleLost");
  demand(seen.entryCount === pool.entries, 0, -1, "entries");
}

/** Checks a node that is free, or waits for readers. */
function checkUnused(pool: NodePool, seen: Seen, node: number): void {
  if (seen.nodes[node] === seen.validation) broken(node, -1, "notInTree");
  demand(pool.words[(node << WORD_SHIFT) + PARENT] === DEAD, node, -1, "dead");
  seen.nodes[node] = seen.validation;
  seen.nodeCount++;
}
