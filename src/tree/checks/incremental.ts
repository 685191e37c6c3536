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

import * as gaps from "../gaps.ts";
import * as layout from "../node_layout.ts";
import type { NodePool } from "../node_pool.ts";
import * as rules from "./rules.ts";
import * as search from "../search.ts";
import { attach, type WriteLog } from "../write_log.ts";

// What is used for every store is the file's own: V8 looks imported names up each time.
const { innerGap, leafGap } = gaps;
const { broken, checkFill, checkGap, checkInner, checkLeaf, checkPlace, demand } = rules;
const { leafAt, wideSlot } = search;

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

/** Words for each node: what follows, and room so that a node's lie in one cache line. */
const FACTS = 8;
/** The check in which it was last looked at. */
const LOOKED = 0;
/** The check in which its children were last checked. */
const CHECKED = 1;
/** Children of an inner node, when it was last looked at. */
const CHILDREN = 2;
/** Entries of a leaf. */
const ENTRIES = 3;
/** Entries of a leaf that have a handle. */
const HANDLES = 4;

/** Checks the tree of one pool, store by store. */
export class IncrementalValidator implements WriteLog, Disposable {
  readonly #pool: NodePool;
  readonly #attached: Disposable;
  readonly #made: number[] = [];
  readonly #died: number[] = [];
  /** What is known of each node, {@linkcode FACTS} words each. */
  #facts = new Int32Array(0);
  readonly #leaf: rules.LeafContent = { entries: 0, handles: 0, gap: NaN };
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
    this.#facts = new Int32Array(top * 2 * FACTS);
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
    // Most stores change nodes where they stand. (To set a length, V8 calls a function.)
    if (this.changed) this.#lookAtChanged();
    const root = pool.words[ROOT]!;
    if (root !== 0) {
      if (pool.words[ROOT_ENTRY] !== 0) broken(0, -1, "rootEntry");
      const leaf = leafAt(pool, root, first);
      this.#lookUp(leaf);
      this.#lookBeside(leaf, first, -1);
      // That each node on the path ends where its parent says is checked: a second walk would come to the same leaf.
      const max = pool
        .doubles[(leaf << DOUBLE_SHIFT) + PIVOTS + pool.words[(leaf << WORD_SHIFT) + END]!]!;
      const far = last <= max ? leaf : leafAt(pool, root, last);
      if (far !== leaf) this.#lookUp(far);
      this.#lookBeside(far, last, 1);
    }
    this.#checkCounts();
  }

  /** The nodes that were made and those that died. */
  #lookAtChanged(): void {
    for (const node of this.#died) this.#forget(node);
    for (const node of this.#made) this.#lookAtMade(node);
    this.#died.length = 0;
    this.#made.length = 0;
  }

  #begin(): void {
    this.#check++;
    if (this.#pool.top * FACTS > this.#facts.length) this.#enlarge();
  }

  #enlarge(): void {
    const larger = new Int32Array(this.#pool.top * 2 * FACTS);
    larger.set(this.#facts);
    this.#facts = larger;
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

  /** The path to what lies beside the slot of `leaf` that covers `index`, on that side, if it is in another leaf. */
  #lookBeside(leaf: number, index: number, side: -1 | 1): void {
    const { words, doubles } = this.#pool;
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
    if (empty) broken(leaf, slot, "emptyNeighbours");
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
    const facts = this.#facts;
    const at = node * FACTS;
    if (facts[at + LOOKED] === this.#check) return;
    facts[at + LOOKED] = this.#check;
    const pool = this.#pool;
    const link = this.#checkPlace(node, level);
    if (level === 1) {
      const leaf = this.#leaf;
      checkLeaf(pool, node, leaf);
      if (link !== 0) checkGap(pool, link >> 4, link & 15, leaf.gap);
      this.#record(node, 0, leaf.entries, leaf.handles);
    } else {
      const gap = checkInner(pool, node);
      if (link !== 0) checkGap(pool, link >> 4, link & 15, gap);
      this.#record(node, pool.words[(node << WORD_SHIFT) + END]! + 1, 0, 0);
    }
  }

  /** The node against its parent, but for the gap; gives its parent link. */
  #checkPlace(node: number, level: number): number {
    const pool = this.#pool;
    const { words, doubles } = pool;
    const link = words[(node << WORD_SHIFT) + PARENT]!;
    if (link === DEAD) broken(node, -1, "alive");
    checkFill(pool, node, level === 1);
    if (link === 0) {
      if (words[ROOT] !== (node << HEIGHT_BITS | level)) broken(node, -1, "root");
      checkPlace(pool, node, 0, -1, MAX_INDEX);
      return 0;
    }
    const parent = link >> 4;
    const slot = link & 15;
    if (words[(parent << WORD_SHIFT) + pool.innerSlots + slot] !== node) broken(node, -1, "link");
    const bounds = (parent << DOUBLE_SHIFT) + BOUND + slot;
    checkPlace(pool, node, link, doubles[bounds]!, doubles[bounds + 1]!);
    return link;
  }

  /** The children of a node that was made, or got others: those that stayed may be in other slots. */
  #checkChildren(node: number, level: number): void {
    const facts = this.#facts;
    if (facts[node * FACTS + CHECKED] === this.#check) return;
    facts[node * FACTS + CHECKED] = this.#check;
    const pool = this.#pool;
    const { words, innerSlots, top } = pool;
    const word = node << WORD_SHIFT;
    for (let slot = 0; slot <= words[word + END]!; slot++) {
      const child = words[word + innerSlots + slot]!;
      demand(child > 0 && child < top, node, slot, "child");
      demand(words[(child << WORD_SHIFT) + PARENT] === (node << 4 | slot), child, -1, "link");
      this.#checkPlace(child, level - 1);
      if (!pool.gaps) continue;
      checkGap(pool, node, slot, level === 2 ? leafGap(pool, child) : innerGap(pool, child));
    }
  }

  /** Notes what a node holds now in place of what it held. */
  #record(node: number, children: number, entries: number, handles: number): void {
    const facts = this.#facts;
    const at = node * FACTS;
    this.#childrenInTree += children - facts[at + CHILDREN]!;
    this.#entriesInTree += entries - facts[at + ENTRIES]!;
    this.#handlesInTree += handles - facts[at + HANDLES]!;
    facts[at + CHILDREN] = children;
    facts[at + ENTRIES] = entries;
    facts[at + HANDLES] = handles;
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
