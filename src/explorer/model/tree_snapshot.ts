/**
 * The nodes of one tree at one moment: a copy of the pool's bytes, and what its leaves stand for.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import * as layout from "../../tree/node_layout.ts";
import type { Engine } from "./link.ts";
import type { Rows, VmaRow } from "./vma_row.ts";

/** One slot of a node. */
export interface SlotView {
  readonly index: number;
  /** First index that it covers. */
  readonly first: number;
  /** Its pivot: the last index that it covers; infinite past the end. */
  readonly last: number;
  /** What the slot holds: a child's id, an entry word, 0 for nothing. */
  readonly word: number;
  /** The VMA of a leaf's entry. */
  readonly vma: VmaRow | undefined;
  /** Of an inner node that tracks gaps: the largest free range below. */
  readonly gap: number | undefined;
  /** It lies past the node's end, where everything must be empty. */
  readonly isPastEnd: boolean;
}

/** One node. */
export interface NodeView {
  readonly id: number;
  /** 1 for a leaf. */
  readonly level: number;
  /** 0 for the root. */
  readonly parent: number;
  /** The slot in the parent. */
  readonly parentSlot: number;
  /** First index of the node. */
  readonly min: number;
  /** Last index, as its last pivot says. */
  readonly max: number;
  /** The last used slot. */
  readonly end: number;
  /** All slots of such a node, those past the end too. */
  readonly slots: readonly SlotView[];
}

/** A tree that is copied out of its pool. */
export class TreeSnapshot {
  /** The root's id, 0 if there is none. */
  readonly root: number;
  /** Levels; 0 without nodes. */
  readonly height: number;
  /** Ids by level, from the root down, each level from left to right. */
  readonly levels: readonly (readonly number[])[];
  /** The level of each node that is in the tree. */
  readonly levelOf: Map<number, number> = new Map();
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  /** By handle, which is half of the entry word. */
  readonly #entries: VmaRow[] = [];
  readonly #views = new Map<number, NodeView>();

  /**
   * Copies the tree of an address space. O(nodes).
   *
   * @param cache what a walk over the address space has filled
   */
  constructor(engine: Engine, space: AddressSpace, cache: Rows) {
    const pool = engine.poolOf(space.descriptor.tree.tree);
    const buffer = new ArrayBuffer(pool.top << layout.WORD_SHIFT + 2);
    this.#words = new Int32Array(buffer);
    this.#words.set(pool.words.subarray(0, this.#words.length));
    this.#doubles = new Float64Array(buffer);
    const root = this.#words[layout.ROOT] ?? 0;
    this.root = root >> layout.HEIGHT_BITS;
    this.height = this.root === 0 ? 0 : root & layout.HEIGHT_MASK;
    this.levels = this.#gather(pool.innerSlots);
    for (const leaf of this.levels.at(-1) ?? []) {
      for (let slot = 0; slot < layout.WIDE_CAPACITY; slot++) {
        const word = this.#words[(leaf << layout.WORD_SHIFT) + layout.SLOTS + slot]!;
        const vma = word === 0 || (word & 1) !== 0 ? undefined : pool.decode(word);
        if (vma === undefined) continue;
        this.#entries[word >> 1] = cache.known(vma) ??
          cache.of(engine, space, vma, vma.start, vma.end - 1);
      }
    }
  }

  /** Whether a node is in the tree. */
  has(node: number): boolean {
    return this.levelOf.has(node);
  }

  /** A node of the tree. O(1). */
  node(id: number): NodeView {
    const known = this.#views.get(id);
    if (known !== undefined) return known;
    const view = this.#view(id);
    this.#views.set(id, view);
    return view;
  }

  /** Whether the bytes of a node are the same in both. */
  isSame(other: TreeSnapshot, node: number): boolean {
    const from = node << layout.WORD_SHIFT;
    for (let at = from; at < from + (1 << layout.WORD_SHIFT); at++) {
      if (this.#words[at] !== other.#words[at]) return false;
    }
    return true;
  }

  /** The nodes that a walk from the root to an index passes, each with the slot that it takes. */
  path(index: number): { readonly node: number; readonly slot: number }[] {
    const path: { node: number; slot: number }[] = [];
    let node = this.root;
    for (let level = this.height; level > 0 && node !== 0; level--) {
      const { slots, end } = this.node(node);
      let slot = 0;
      while (slot < end && slots[slot]!.last < index) slot++;
      path.push({ node, slot });
      node = level === 1 ? 0 : slots[slot]!.word;
    }
    return path;
  }

  #gather(innerSlots: number): number[][] {
    const levels: number[][] = [];
    const seen = new Set<number>();
    let level = this.root === 0 ? [] : [this.root];
    for (let depth = this.height; depth > 0; depth--) {
      const below: number[] = [];
      const fresh = level.filter((node) => node > 0 && !seen.has(node) && this.#isNode(node));
      for (const node of fresh) {
        seen.add(node);
        this.levelOf.set(node, depth);
        if (depth === 1) continue;
        const word = node << layout.WORD_SHIFT;
        const end = Math.min(this.#words[word + layout.END]!, layout.WIDE_CAPACITY - 1);
        for (let slot = 0; slot <= end; slot++) below.push(this.#words[word + innerSlots + slot]!);
      }
      levels.push(fresh);
      level = below;
    }
    return levels;
  }

  #isNode(node: number): boolean {
    return node << layout.WORD_SHIFT < this.#words.length;
  }

  #view(id: number): NodeView {
    const level = this.levelOf.get(id) ?? 1;
    const word = id << layout.WORD_SHIFT;
    const double = id << layout.DOUBLE_SHIFT;
    const isLeaf = level === 1;
    const capacity = isLeaf ? layout.WIDE_CAPACITY : layout.GAP_CAPACITY;
    const held = word + (isLeaf ? layout.SLOTS : layout.GAP_SLOTS);
    const end = this.#words[word + layout.END]!;
    const link = this.#words[word + layout.PARENT]!;
    const slots: SlotView[] = [];
    let first = this.#doubles[double + layout.BOUND]! + 1;
    for (let index = 0; index < capacity; index++) {
      const last = this.#doubles[double + layout.PIVOTS + index]!;
      const content = this.#words[held + index]!;
      slots.push({
        index,
        first,
        last,
        word: content,
        vma: isLeaf && (content & 1) === 0 ? this.#entries[content >> 1] : undefined,
        gap: isLeaf ? undefined : this.#doubles[double + layout.GAPS + index]!,
        isPastEnd: index > end,
      });
      first = last + 1;
    }
    return {
      id,
      level,
      parent: link > 0 ? link >> 4 : 0,
      parentSlot: link > 0 ? link & 15 : -1,
      min: this.#doubles[double + layout.BOUND]! + 1,
      max: this.#doubles[double + layout.PIVOTS + Math.min(Math.max(end, 0), capacity - 1)]!,
      end,
      slots,
    };
  }
}
