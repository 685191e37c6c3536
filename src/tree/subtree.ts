/**
 * A subtree under construction: neighbouring nodes of one level, about to be replaced by nodes cut from a big node.
 *
 * `left … right` are the outermost nodes that are replaced; those between them are on the list of dead nodes already.
 * {@linkcode Subtree.link} puts the new nodes into the tree if the parent can hold them. Otherwise it moves up one
 * level: the parents are then the nodes to replace, and the big node holds what they will hold. Mirrors
 * `struct maple_subtree_state` (Linux lib/maple_tree.c).
 *
 * Invariants:
 * - Until the last slot is written the old tree is complete: only new nodes are built.
 * - Every old node that is not part of the new tree is on the list of dead nodes exactly once, and is retired after
 *   that slot is written.
 *
 * @module
 */

import { BigNode } from "./big_node.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import { innerGap, leafGap, recordGap } from "./gaps.ts";

const {
  BOUND,
  END,
  GAPS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  PARENT,
  PIVOTS,
  DOUBLE_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} = layout;

/** One for all trees, as it costs more than a small tree: a store fills it anew, and ends before another begins. */
const BIG = new BigNode();

/** The nodes being replaced, and those that take their place. */
export class Subtree {
  /** The nodes of the tree. */
  readonly pool: NodePool;
  /** What the new nodes will hold. */
  readonly big: BigNode = BIG;
  /** The leftmost node to be replaced. */
  left = 0;
  /** The rightmost one, of the same level; often the same node. */
  right = 0;
  #made = new Int32Array(3);
  #madeCount = 0;
  readonly #doomed: number[] = [];
  #doomedCount = 0;
  readonly #dropped: number[] = [];
  #droppedCount = 0;

  /** For the stores of one tree, one after another. */
  constructor(pool: NodePool) {
    this.pool = pool;
  }

  /** Starts over with the leaves `left … right`. */
  begin(left: number, right: number): void {
    this.pool.finger = 0;
    this.big.begin(1);
    this.left = left;
    this.right = right;
    this.#doomedCount = this.#droppedCount = 0;
  }

  /** Cuts the big node after slot `first`, and after slot `second` too if that is not 0. */
  cut(first: number, second: number): void {
    const { pool, big } = this;
    const made = this.#made;
    const bound = pool.doubles[(this.left << DOUBLE_SHIFT) + BOUND]!;
    const last = big.count - 1;
    made[0] = big.emit(pool, 0, first, bound);
    this.#madeCount = 1;
    if (first === last) return;
    const middle = second === 0 ? last : second;
    made[1] = big.emit(pool, first + 1, middle, big.pivots[first]!);
    this.#madeCount = 2;
    if (middle === last) return;
    made[2] = big.emit(pool, middle + 1, last, big.pivots[middle]!);
    this.#madeCount = 3;
  }

  /** Adds the right neighbour, a child of the same parent. */
  takeRight(neighbour: number): void {
    const { pool } = this;
    this.big.append(pool, neighbour, 0, pool.words[(neighbour << WORD_SHIFT) + END]!);
    if (this.right !== this.left) this.doom(this.right);
    this.right = neighbour;
  }

  /** Adds the left neighbour. */
  takeLeft(neighbour: number): void {
    this.big.prepend(this.pool, neighbour);
    if (this.left !== this.right) this.doom(this.left);
    this.left = neighbour;
  }

  /** Replaces the whole tree by `word` over every index, or by nothing. */
  replaceTree(word: number): void {
    const { pool } = this;
    const root = pool.words[ROOT]!;
    pool.searchedSize = Infinity;
    this.begin(0, 0);
    if (root !== 0) this.doomSubtree(root >> HEIGHT_BITS, root & HEIGHT_MASK);
    if (word === 0) {
      const entry = pool.words[ROOT_ENTRY]!;
      pool.publish(ROOT_ENTRY, 0);
      pool.publish(ROOT, 0);
      this.drop(entry);
      this.#finish();
      pool.giveBack();
    } else {
      pool.entries++;
      this.big.push(MAX_INDEX, word);
      this.#plantRoot(this.big.emit(pool, 0, 0, -1), 1);
    }
  }

  /** The neighbour of `node` under the same parent, `step` slots to the right; 0 if there is none. */
  sibling(node: number, step: number): number {
    const { pool } = this;
    const link = pool.words[(node << WORD_SHIFT) + PARENT]!;
    if (link === 0) return 0;
    const parent = (link >> 4) << WORD_SHIFT;
    const slot = (link & 15) + step;
    if (slot < 0 || slot > pool.words[parent + END]!) return 0;
    return pool.words[parent + pool.innerSlots + slot]!;
  }

  /** Puts a node that the new tree will not hold on the list. */
  doom(node: number): void {
    this.#doomed[this.#doomedCount++] = node;
  }

  /** Frees an entry word that the new tree will not hold: with readers once nothing leads there. */
  drop(word: number): void {
    if (word !== 0) this.pool.entries--;
    if ((word & 1) !== 0 || word === 0) return;
    if (!this.pool.rcu) return this.pool.release(word);
    this.#dropped[this.#droppedCount++] = word;
  }

  /** Dooms the whole subtree of `node`, and frees its values. */
  doomSubtree(node: number, level: number): void {
    const { pool } = this;
    const { words } = pool;
    const word = node << WORD_SHIFT;
    const slots = word + (level === 1 ? SLOTS : pool.innerSlots);
    const end = words[word + END]!;
    for (let slot = 0; slot <= end; slot++) {
      if (level === 1) this.drop(words[slots + slot]!);
      else this.doomSubtree(words[slots + slot]!, level - 1);
    }
    this.doom(node);
  }

  /**
   * Puts the new nodes in the place of the old ones, if their parent can hold them.
   *
   * @returns true if the tree is complete again; false if the parents are now to be replaced, and must be cut
   */
  link(): boolean {
    const { pool, big } = this;
    const { words } = pool;
    this.doom(this.left);
    if (this.right !== this.left) this.doom(this.right);
    const leftLink = words[(this.left << WORD_SHIFT) + PARENT]!;
    const rightLink = words[(this.right << WORD_SHIFT) + PARENT]!;
    const left = leftLink >> 4;
    const right = rightLink >> 4;
    if (this.#madeCount === 1 && this.#coversTree()) {
      this.#doomAncestors(left, right);
      return this.#plantRoot(this.#made[0]!, big.level);
    }
    if (left !== 0 && left === right && this.#splice(left, leftLink & 15, rightLink & 15)) {
      return this.#finish();
    }
    big.begin(big.level + 1);
    if (left !== 0) big.append(pool, left, 0, (leftLink & 15) - 1);
    for (let i = 0; i < this.#madeCount; i++) big.pushChild(pool, this.#made[i]!);
    if (left === 0) return this.#plantRoot(big.emit(pool, 0, big.count - 1, -1), big.level);
    big.append(pool, right, (rightLink & 15) + 1, words[(right << WORD_SHIFT) + END]!);
    this.left = left;
    this.right = right;
    return false;
  }

  /** Whether it reaches from the first index to the last. */
  #coversTree(): boolean {
    const { words, doubles } = this.pool;
    const end = words[(this.right << WORD_SHIFT) + END]!;
    return doubles[(this.left << DOUBLE_SHIFT) + BOUND] === -1 &&
      doubles[(this.right << DOUBLE_SHIFT) + PIVOTS + end] === MAX_INDEX;
  }

  /** Dooms `left`, `right` and all that stands above them: levels that the tree loses. */
  #doomAncestors(left: number, right: number): void {
    const { words } = this.pool;
    while (left !== 0) {
      this.doom(left);
      if (right !== left) this.doom(right);
      left = words[(left << WORD_SHIFT) + PARENT]! >> 4;
      right = words[(right << WORD_SHIFT) + PARENT]! >> 4;
    }
  }

  /** Publishes `node`, which covers every index, as the root. */
  #plantRoot(node: number, height: number): true {
    this.pool.publish(ROOT, node << HEIGHT_BITS | height);
    return this.#finish();
  }

  /** Retires what the new tree does not hold, now that nothing leads there. */
  #finish(): true {
    for (let i = 0; i < this.#doomedCount; i++) this.pool.retire(this.#doomed[i]!);
    if (this.pool.rcu) {
      for (let i = 0; i < this.#droppedCount; i++) this.pool.release(this.#dropped[i]!);
    }
    this.#doomedCount = this.#droppedCount = 0;
    return true;
  }

  /**
   * Replaces slots `from … to` of `parent` by the new nodes, in place, where no reader can see half of it:
   * with readers only one slot for one slot, without them whenever the count stays within bounds.
   */
  #splice(parent: number, from: number, to: number): boolean {
    const { pool } = this;
    const { words, doubles } = pool;
    const made = this.#madeCount;
    const word = parent << WORD_SHIFT;
    const end = words[word + END]!;
    const newEnd = end + made - 1 - (to - from);
    if (pool.rcu && (made !== 1 || from !== to)) return false;
    if (newEnd >= pool.innerCapacity) return false;
    if (newEnd < pool.innerMinEnd && words[word + PARENT] !== 0) return false;
    this.#shift(parent, to, end, newEnd - end);
    for (let i = 0; i < made; i++) {
      const child = this.#made[i]!;
      const slot = from + i;
      const childEnd = words[(child << WORD_SHIFT) + END]!;
      words[(child << WORD_SHIFT) + PARENT] = parent << 4 | slot;
      doubles[(parent << DOUBLE_SHIFT) + PIVOTS + slot] =
        doubles[(child << DOUBLE_SHIFT) + PIVOTS + childEnd]!;
      pool.publish(word + pool.innerSlots + slot, child);
    }
    words[word + END] = newEnd;
    if (pool.log !== undefined) pool.log.rewritten(parent, from, from + made - 1, newEnd - end);
    if (pool.gaps) this.#recordGaps(parent, from, from === to);
    return true;
  }

  /** Records the gaps of the new children of `parent`, from slot `from` on. */
  #recordGaps(parent: number, from: number, oneForOne: boolean): void {
    const { pool } = this;
    const gapOf = this.big.level === 1 ? leafGap : innerGap;
    if (oneForOne && this.#madeCount === 1) {
      recordGap(pool, this.#made[0]!, gapOf(pool, this.#made[0]!));
      return;
    }
    const gaps = (parent << DOUBLE_SHIFT) + GAPS + from;
    for (let i = 0; i < this.#madeCount; i++) pool.doubles[gaps + i] = gapOf(pool, this.#made[i]!);
    pool.counters.gapUpdates += this.#madeCount;
    recordGap(pool, parent, innerGap(pool, parent));
  }

  /** Moves what follows slot `to` of an inner node by `shift` slots, and clears what that frees. */
  #shift(node: number, to: number, end: number, shift: number): void {
    if (shift === 0) return;
    const { pool } = this;
    const { words, doubles } = pool;
    const slots = (node << WORD_SHIFT) + pool.innerSlots;
    const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
    const gaps = (node << DOUBLE_SHIFT) + GAPS;
    const step = shift > 0 ? -1 : 1;
    const begin = shift > 0 ? end : to + 1;
    for (let i = end - to, slot = begin; i > 0; i--, slot += step) {
      const child = words[slots + slot]!;
      words[slots + slot + shift] = child;
      words[(child << WORD_SHIFT) + PARENT] = node << 4 | (slot + shift);
      doubles[pivots + slot + shift] = doubles[pivots + slot]!;
      if (pool.gaps) doubles[gaps + slot + shift] = doubles[gaps + slot]!;
    }
    for (let slot = end + shift + 1; slot <= end; slot++) {
      words[slots + slot] = 0;
      doubles[pivots + slot] = Infinity;
      if (pool.gaps) doubles[gaps + slot] = 0;
    }
    pool.counters.slotsMoved += end - to;
  }
}
