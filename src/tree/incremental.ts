/**
 * Checking only what an operation touched, cheaply enough to be left on.
 *
 * `validate` derives everything again and takes time linear in the tree. This checks, after a write to a range, the nodes
 * that the write made, their parents, and the paths to both ends of the range and to what lies beside it: every
 * rule that can be told from a node, its parent and its children. It believes of the rest what it found there when
 * it last looked.
 *
 * What cannot be told locally is counted: nodes, entries and handles, node by node, so that a node or a handle that was
 * lost, or is in two places, shows as a sum that is off.
 *
 * The tree needs no seam for it: a {@linkcode TouchedValidator} puts itself before `take` and `retire` of the one
 * pool that it is attached to. A tree without one runs as if this file did not exist.
 *
 * @module
 */

import { InvariantError } from "./errors.ts";
import { innerGap, leafGap } from "./gaps.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import { leafAt, wideSlot } from "./search.ts";

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

/** Checks the tree of one pool, write by write. */
export class TouchedValidator {
  readonly #pool: NodePool;
  #taken: number[] = [];
  #retired: number[] = [];
  /** By node: the check in which it was last looked at. */
  #looked = new Int32Array(64);
  /** By node: the check in which its children were last checked. */
  #checked = new Int32Array(64);
  /** By node: children of an inner node, when it was last looked at. */
  #children = new Int32Array(64);
  /** By node: entries of a leaf. */
  #entries = new Int32Array(64);
  /** By node: entries of a leaf that have a handle. */
  #handles = new Int32Array(64);
  #check = 0;
  #childrenInTree = 0;
  #entriesInTree = 0;
  #handlesInTree = 0;

  /** Looks at the whole tree once, and from then on at what changes. O(nodes). */
  constructor(pool: NodePool) {
    this.#pool = pool;
    const take = pool.take.bind(pool);
    const retire = pool.retire.bind(pool);
    pool.take = () => {
      const node = take();
      this.#taken.push(node);
      return node;
    };
    pool.retire = (node) => {
      this.#retired.push(node);
      retire(node);
    };
    this.#begin();
    const root = pool.words[ROOT]!;
    if (root !== 0) this.#survey(root >> HEIGHT_BITS, root & HEIGHT_MASK);
  }

  /** Entries in the tree, as counted so far. */
  get entries(): number {
    const { words } = this.#pool;
    return words[ROOT] === 0 && words[ROOT_ENTRY] !== 0 ? 1 : this.#entriesInTree;
  }

  /** Whether nodes were made or replaced since the last check. */
  get changed(): boolean {
    return this.#taken.length > 0 || this.#retired.length > 0;
  }

  /**
   * Checks what was touched since the last check, if that was a write to `first … last`, perhaps widened over empty
   * neighbours. O(height + nodes made).
   *
   * @throws {InvariantError} naming the node, the slot and the rule
   */
  check(first: number, last: number): void {
    const pool = this.#pool;
    this.#begin();
    for (const node of this.#retired) this.#forget(node);
    for (const node of this.#taken) this.#lookAtTaken(node);
    this.#retired.length = 0;
    this.#taken.length = 0;
    if (pool.words[ROOT] !== 0) {
      demand(pool.words[ROOT_ENTRY] === 0, 0, -1, "a tree with nodes has no root entry");
      this.#lookAround(first, -1);
      this.#lookAround(last, 1);
    }
    this.#checkCounts();
  }

  #begin(): void {
    this.#check++;
    if (this.#pool.top <= this.#looked.length) return;
    const size = this.#pool.top * 2;
    this.#looked = enlarged(this.#looked, size);
    this.#checked = enlarged(this.#checked, size);
    this.#children = enlarged(this.#children, size);
    this.#entries = enlarged(this.#entries, size);
    this.#handles = enlarged(this.#handles, size);
  }

  /** Every node below `node`, for the first time. */
  #survey(node: number, level: number): void {
    this.#look(node, level);
    if (level === 1) return;
    this.#checkChildren(node, level);
    const { words, innerSlots } = this.#pool;
    const word = node << WORD_SHIFT;
    for (let slot = 0; slot <= words[word + END]!; slot++) {
      this.#survey(words[word + innerSlots + slot]!, level - 1);
    }
  }

  /** A node that was replaced counts no more, and is dead. */
  #forget(node: number): void {
    this.#count(node, 0, 0, 0);
    const link = this.#pool.words[(node << WORD_SHIFT) + PARENT];
    // A node may have been taken again since: then it is looked at as such.
    demand(link === DEAD || this.#taken.includes(node), node, -1, "such a node is dead");
  }

  /** A node that was made is in the tree, with all that leads to it, unless it was replaced again. */
  #lookAtTaken(node: number): void {
    const { words } = this.#pool;
    if (words[(node << WORD_SHIFT) + PARENT] === DEAD) {
      demand(this.#retired.includes(node), node, -1, "no node of the tree is dead");
      return;
    }
    let level = words[ROOT]! & HEIGHT_MASK;
    for (let link = words[(node << WORD_SHIFT) + PARENT]!; link > 0; level--) {
      link = words[((link >> 4) << WORD_SHIFT) + PARENT]!;
    }
    this.#look(node, level);
    if (level > 1) this.#checkChildren(node, level);
    const link = words[(node << WORD_SHIFT) + PARENT]!;
    if (link === 0) return;
    this.#look(link >> 4, level + 1);
    this.#checkChildren(link >> 4, level + 1);
  }

  /** The path to `index`, and the one to what lies beside its slot on that side. */
  #lookAround(index: number, side: -1 | 1): void {
    const { words, reals } = this.#pool;
    const leaf = leafAt(this.#pool, words[ROOT]!, index);
    this.#lookUp(leaf);
    const slot = wideSlot(reals, leaf << REAL_SHIFT, index);
    const end = words[(leaf << WORD_SHIFT) + END]!;
    if (side < 0 ? slot > 0 : slot < end) return;
    const bounds = (leaf << REAL_SHIFT) + BOUND;
    const beside = side < 0 ? reals[bounds]! : reals[bounds + 1 + end]! + 1;
    if (beside < 0 || beside > MAX_INDEX) return;
    const neighbour = leafAt(this.#pool, words[ROOT]!, beside);
    this.#lookUp(neighbour);
    const near = side < 0 ? words[(neighbour << WORD_SHIFT) + END]! : 0;
    const empty = words[(leaf << WORD_SHIFT) + SLOTS + slot] === 0 &&
      words[(neighbour << WORD_SHIFT) + SLOTS + near] === 0;
    demand(!empty, leaf, slot, "two empty slots are never neighbours");
  }

  /** A leaf and all above it. */
  #lookUp(leaf: number): void {
    const { words } = this.#pool;
    let node = leaf;
    for (let level = 1;; level++) {
      this.#look(node, level);
      const link = words[(node << WORD_SHIFT) + PARENT]!;
      if (link === 0) return;
      node = link >> 4;
    }
  }

  /** Everything that can be told from a node, its parent and its children. */
  #look(node: number, level: number): void {
    if (this.#looked[node] === this.#check) return;
    this.#looked[node] = this.#check;
    const pool = this.#pool;
    const end = pool.words[(node << WORD_SHIFT) + END]!;
    this.#checkLink(node, level, end);
    checkPastEnd(pool, node, level, end);
    if (level === 1) this.#lookAtEntries(node, end);
    else this.#lookAtChildren(node, end);
  }

  /** The node against its parent. */
  #checkLink(node: number, level: number, end: number): void {
    const { words, reals, gaps, innerSlots, innerCapacity, innerMinEnd } = this.#pool;
    const real = node << REAL_SHIFT;
    const link = words[(node << WORD_SHIFT) + PARENT]!;
    demand(link !== DEAD, node, -1, "no node of the tree is dead");
    const capacity = level === 1 ? WIDE_CAPACITY : innerCapacity;
    demand(end >= 0 && end < capacity, node, -1, "the end is below the capacity");
    if (link === 0) {
      const root = words[ROOT]!;
      demand(root === (node << HEIGHT_BITS | level), node, -1, "the root word names the root");
      demand(reals[real + BOUND] === -1, node, -1, "the bound is the end of the slot before");
      demand(reals[real + PIVOTS + end] === MAX_INDEX, node, end, "the last pivot is the maximum");
      demand(level === 1 || end > 0, node, -1, "the root has more than one child");
      return;
    }
    const parent = link >> 4;
    const slot = link & 15;
    demand(
      words[(parent << WORD_SHIFT) + innerSlots + slot] === node,
      node,
      -1,
      "the parent link leads to the slot that holds it",
    );
    const bounds = (parent << REAL_SHIFT) + BOUND + slot;
    demand(
      reals[real + BOUND] === reals[bounds],
      node,
      -1,
      "the bound is the end of the slot before",
    );
    demand(
      reals[real + PIVOTS + end] === reals[bounds + 1],
      node,
      end,
      "the last pivot is the node's maximum",
    );
    demand(end >= (level === 1 ? WIDE_MIN_END : innerMinEnd), node, -1, "the node holds enough");
    if (!gaps) return;
    const gap = level === 1 ? leafGap(this.#pool, node) : innerGap(this.#pool, node);
    const recorded = reals[(parent << REAL_SHIFT) + GAPS + slot];
    demand(recorded === gap, parent, slot, "the gap is the longest empty slot");
  }

  #lookAtEntries(leaf: number, end: number): void {
    const pool = this.#pool;
    const { words, reals } = pool;
    const slots = (leaf << WORD_SHIFT) + SLOTS;
    const pivots = (leaf << REAL_SHIFT) + PIVOTS;
    let entries = 0;
    let handles = 0;
    let afterEmpty = false;
    for (let slot = 0; slot <= end; slot++) {
      demand(reals[pivots + slot]! > reals[pivots + slot - 1]!, leaf, slot, "pivots rise");
      const word = words[slots + slot]!;
      if (word === 0) {
        demand(!afterEmpty, leaf, slot, "two empty slots are never neighbours");
        afterEmpty = true;
        continue;
      }
      afterEmpty = false;
      entries++;
      if ((word & 1) !== 0) continue;
      handles++;
      demand(pool.decode(word) !== undefined, leaf, slot, "a handle stands for a value");
    }
    const isLast = reals[pivots + end] === MAX_INDEX;
    demand(!afterEmpty || isLast, leaf, end, "only the last leaf ends in an empty slot");
    this.#count(leaf, 0, entries, handles);
  }

  #lookAtChildren(node: number, end: number): void {
    const { reals } = this.#pool;
    const pivots = (node << REAL_SHIFT) + PIVOTS;
    for (let slot = 0; slot <= end; slot++) {
      demand(reals[pivots + slot]! > reals[pivots + slot - 1]!, node, slot, "pivots rise");
    }
    this.#count(node, end + 1, 0, 0);
  }

  /** The children of a node that was made, or got others: those that stayed may stand in other slots. */
  #checkChildren(node: number, level: number): void {
    if (this.#checked[node] === this.#check) return;
    this.#checked[node] = this.#check;
    const { words, innerSlots, top } = this.#pool;
    const word = node << WORD_SHIFT;
    for (let slot = 0; slot <= words[word + END]!; slot++) {
      const child = words[word + innerSlots + slot]!;
      demand(child > 0 && child < top, node, slot, "a child is a node of the pool");
      const link = words[(child << WORD_SHIFT) + PARENT];
      demand(
        link === (node << 4 | slot),
        child,
        -1,
        "the parent link leads to the slot that holds it",
      );
      this.#checkLink(child, level - 1, words[(child << WORD_SHIFT) + END]!);
    }
  }

  /** Notes what a node holds now in place of what it held. */
  #count(node: number, children: number, entries: number, handles: number): void {
    this.#childrenInTree += children - this.#children[node]!;
    this.#entriesInTree += entries - this.#entries[node]!;
    this.#handlesInTree += handles - this.#handles[node]!;
    this.#children[node] = children;
    this.#entries[node] = entries;
    this.#handles[node] = handles;
  }

  #checkCounts(): void {
    const { words, rcu, grace, used, handles } = this.#pool;
    const entry = words[ROOT_ENTRY]!;
    const nodes = this.#childrenInTree + (words[ROOT] === 0 ? 0 : 1);
    demand(nodes + (rcu ? grace.nodes().length : 0) === used, 0, -1, "no node is lost");
    const held = this.#handlesInTree + (entry !== 0 && (entry & 1) === 0 ? 1 : 0);
    demand(held + (rcu ? grace.handles().length : 0) === handles, 0, -1, "no handle is lost");
  }
}

function checkPastEnd(pool: NodePool, node: number, level: number, end: number): void {
  const { words, reals } = pool;
  const real = node << REAL_SHIFT;
  const isLeaf = level === 1;
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

function enlarged(array: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}

function demand(holds: boolean, node: number, slot: number, rule: string): void {
  if (!holds) throw new InvariantError(node, slot, rule);
}
