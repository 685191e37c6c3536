/**
 * Checking only what a store touched, cheaply enough to be left on.
 *
 * `validate` derives everything again and takes time linear in the tree. This checks, after a store to a range, the
 * nodes that the store made, their parents, and the paths to both ends of the range and to what lies beside it, by
 * every rule of `rules.ts` that can be told from a node, its parent and its children. Of the rest it assumes what it
 * found there when it last looked.
 *
 * What cannot be told locally is counted: nodes, entries and handles, node by node, so that a node or a handle that was
 * lost, or is in two places, shows as a sum that is off.
 *
 * It is told by the pool's {@linkcode WriteLog} which nodes were made and which died, and attaches to any tree at any
 * time.
 *
 * @module
 */

import { innerGap, leafGap } from "../gaps.ts";
import * as layout from "../node_layout.ts";
import type { NodePool } from "../node_pool.ts";
import { checkEntries, checkFill, checkGap, checkPlace, checkSlots, demand } from "./rules.ts";
import { leafAt, wideSlot } from "../search.ts";
import { attach, type WriteLog } from "../write_log.ts";

const {
  BOUND,
  DEAD,
  DOUBLE_SHIFT,
  END,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  PARENT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} = layout;

/** Checks the tree of one pool, store by store. */
export class IncrementalValidator implements WriteLog, Disposable {
  readonly #pool: NodePool;
  readonly #attached: Disposable;
  readonly #made: number[] = [];
  readonly #died: number[] = [];
  /** By node: the check in which it was last looked at. */
  #looked = new Int32Array(0);
  /** By node: the check in which its children were last checked. */
  #checked = new Int32Array(0);
  /** By node: children of an inner node, when it was last looked at. */
  #children = new Int32Array(0);
  /** By node: entries of a leaf. */
  #entries = new Int32Array(0);
  /** By node: entries of a leaf that have a handle. */
  #handles = new Int32Array(0);
  readonly #count = { entries: 0, handles: 0 };
  #check = 0;
  #childrenInTree = 0;
  #entriesInTree = 0;
  #handlesInTree = 0;

  /**
   * Looks at the whole tree once, and from then on at what changes. O(nodes).
   *
   * @throws {InvariantError} if a rule is broken already
   */
  constructor(pool: NodePool) {
    this.#pool = pool;
    this.renumbered();
    this.#attached = attach(pool, this);
  }

  /** Entries in the tree, as counted so far. */
  get entries(): number {
    const { words } = this.#pool;
    return words[ROOT] === 0 && words[ROOT_ENTRY] !== 0 ? 1 : this.#entriesInTree;
  }

  /** Whether nodes were made or replaced since the last check. */
  get changed(): boolean {
    return this.#made.length > 0 || this.#died.length > 0;
  }

  /** A node was made: part of {@linkcode WriteLog}. */
  made(node: number): void {
    this.#made.push(node);
  }

  /** A node was replaced. */
  died(node: number): void {
    this.#died.push(node);
  }

  /** Nothing to do: sums tell what is lost. */
  freed(): void {}

  /** Nothing to do: the caller says which range was stored. */
  rewritten(): void {}

  /** Nothing to do either. */
  gapRecorded(): void {}

  /** Looks at the whole tree again. */
  renumbered(): void {
    const { words, top } = this.#pool;
    this.#made.length = this.#died.length = 0;
    this.#childrenInTree = this.#entriesInTree = this.#handlesInTree = 0;
    this.#looked = new Int32Array(top * 2);
    this.#checked = new Int32Array(top * 2);
    this.#children = new Int32Array(top * 2);
    this.#entries = new Int32Array(top * 2);
    this.#handles = new Int32Array(top * 2);
    this.#begin();
    const root = words[ROOT]!;
    if (root !== 0) this.#lookBelow(root >> HEIGHT_BITS, root & HEIGHT_MASK);
  }

  /** Stops watching the tree. */
  [Symbol.dispose](): void {
    this.#attached[Symbol.dispose]();
  }

  /**
   * Checks what was touched since the last check, if that was a store to `first … last`, perhaps widened over empty
   * neighbours. O(height + nodes made).
   *
   * @throws {InvariantError} naming the node, the slot and the rule
   */
  check(first: number, last: number): void {
    const pool = this.#pool;
    this.#begin();
    for (const node of this.#died) this.#forget(node);
    for (const node of this.#made) this.#lookAtMade(node);
    this.#died.length = 0;
    this.#made.length = 0;
    if (pool.words[ROOT] !== 0) {
      demand(pool.words[ROOT_ENTRY] === 0, 0, -1, "rootEntry");
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
  #lookBelow(node: number, level: number): void {
    this.#look(node, level);
    if (level === 1) return;
    this.#checkChildren(node, level);
    const { words, innerSlots } = this.#pool;
    const word = node << WORD_SHIFT;
    for (let slot = 0; slot <= words[word + END]!; slot++) {
      this.#lookBelow(words[word + innerSlots + slot]!, level - 1);
    }
  }

  /** A node that was replaced counts no more, and is dead. */
  #forget(node: number): void {
    this.#record(node, 0, 0, 0);
    // An emptied pool may have given its memory back.
    if (node >= this.#pool.top) return;
    const link = this.#pool.words[(node << WORD_SHIFT) + PARENT];
    // A node may have been taken again since: then it is looked at as such.
    demand(link === DEAD || this.#made.includes(node), node, -1, "dead");
  }

  /** A node that was made is in the tree, with all that leads to it, unless it was replaced again. */
  #lookAtMade(node: number): void {
    const { words, top } = this.#pool;
    if (node >= top || words[(node << WORD_SHIFT) + PARENT] === DEAD) {
      demand(this.#died.includes(node), node, -1, "alive");
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
    const { words, doubles } = this.#pool;
    const leaf = leafAt(this.#pool, words[ROOT]!, index);
    this.#lookUp(leaf);
    const slot = wideSlot(doubles, leaf << DOUBLE_SHIFT, index);
    const end = words[(leaf << WORD_SHIFT) + END]!;
    if (side < 0 ? slot > 0 : slot < end) return;
    const bounds = (leaf << DOUBLE_SHIFT) + BOUND;
    const beside = side < 0 ? doubles[bounds]! : doubles[bounds + 1 + end]! + 1;
    if (beside < 0 || beside > MAX_INDEX) return;
    const neighbour = leafAt(this.#pool, words[ROOT]!, beside);
    this.#lookUp(neighbour);
    const near = side < 0 ? words[(neighbour << WORD_SHIFT) + END]! : 0;
    const empty = words[(leaf << WORD_SHIFT) + SLOTS + slot] === 0 &&
      words[(neighbour << WORD_SHIFT) + SLOTS + near] === 0;
    demand(!empty, leaf, slot, "emptyNeighbours");
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
    this.#checkNode(node, level);
    checkSlots(pool, node, level === 1);
    if (level === 1) {
      checkEntries(pool, node, this.#count);
      this.#record(node, 0, this.#count.entries, this.#count.handles);
    } else this.#record(node, pool.words[(node << WORD_SHIFT) + END]! + 1, 0, 0);
  }

  /** The node against its parent. */
  #checkNode(node: number, level: number): void {
    const pool = this.#pool;
    const { words, doubles } = pool;
    const link = words[(node << WORD_SHIFT) + PARENT]!;
    demand(link !== DEAD, node, -1, "alive");
    checkFill(pool, node, level === 1);
    if (link === 0) {
      demand(words[ROOT] === (node << HEIGHT_BITS | level), node, -1, "root");
      checkPlace(pool, node, 0, -1, MAX_INDEX);
      return;
    }
    const parent = link >> 4;
    const slot = link & 15;
    demand(words[(parent << WORD_SHIFT) + pool.innerSlots + slot] === node, node, -1, "link");
    const bounds = (parent << DOUBLE_SHIFT) + BOUND + slot;
    checkPlace(pool, node, link, doubles[bounds]!, doubles[bounds + 1]!);
    if (pool.gaps) {
      checkGap(pool, parent, slot, level === 1 ? leafGap(pool, node) : innerGap(pool, node));
    }
  }

  /** The children of a node that was made, or got others: those that stayed may be in other slots. */
  #checkChildren(node: number, level: number): void {
    if (this.#checked[node] === this.#check) return;
    this.#checked[node] = this.#check;
    const { words, innerSlots, top } = this.#pool;
    const word = node << WORD_SHIFT;
    for (let slot = 0; slot <= words[word + END]!; slot++) {
      const child = words[word + innerSlots + slot]!;
      demand(child > 0 && child < top, node, slot, "child");
      demand(words[(child << WORD_SHIFT) + PARENT] === (node << 4 | slot), child, -1, "link");
      this.#checkNode(child, level - 1);
    }
  }

  /** Notes what a node holds now in place of what it held. */
  #record(node: number, children: number, entries: number, handles: number): void {
    this.#childrenInTree += children - this.#children[node]!;
    this.#entriesInTree += entries - this.#entries[node]!;
    this.#handlesInTree += handles - this.#handles[node]!;
    this.#children[node] = children;
    this.#entries[node] = entries;
    this.#handles[node] = handles;
  }

  #checkCounts(): void {
    const { words, rcu, rcuDomain, used, handles, entries } = this.#pool;
    const entry = words[ROOT_ENTRY]!;
    const nodes = this.#childrenInTree + (words[ROOT] === 0 ? 0 : 1);
    demand(nodes + (rcu ? rcuDomain.nodes().length : 0) === used, 0, -1, "nodeLost");
    const held = this.#handlesInTree + (entry !== 0 && (entry & 1) === 0 ? 1 : 0);
    demand(held + (rcu ? rcuDomain.handles().length : 0) === handles, 0, -1, "handleLost");
    demand(this.entries === entries, 0, -1, "entries");
  }
}

function enlarged(array: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size);
  larger.set(array);
  return larger;
}
