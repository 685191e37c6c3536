/**
 * What a store knows about where it writes: the kernel's `struct ma_wr_state`, one for all stores of a tree.
 *
 * @module
 */

import type { NodePool } from "./node_pool.ts";
import { Subtree } from "./subtree.ts";

/** How a store changes the tree, cheapest first; the order in which {@linkcode classify} decides is in
 * its own text. */
export const StoreType = {
  /** The tree has no node: the entry becomes the root, or a root leaf is made. */
  ROOT: 0,
  /** The range is exactly one slot: its entry is replaced. */
  EXACT: 1,
  /** The range is in the last slot of its leaf: the slots before it stay where they are. */
  APPEND: 2,
  /** As many slots after as before: pivots move, slots do not. */
  SLOT: 3,
  /** The slots after the range move within the leaf; with readers the leaf is replaced. */
  NODE: 4,
  /** The leaf would hold too little. */
  REBALANCE: 5,
  /** The leaf would hold too much. */
  SPLIT: 6,
  /** The range leaves the leaf, or leaves it with an empty last slot. */
  SPANNING: 7,
  /** The range is the whole index space. */
  NEW_ROOT: 8,
} as const;

/** One of {@linkcode StoreType}. */
export type StoreType = typeof StoreType[keyof typeof StoreType];

/**
 * Where a store has its nodes from: from the `pool`, from what was `prepared` for it and from nowhere else, or
 * from what a `bulk` load has reserved, which also says that entries come in ascending order.
 */
export type NodeSupply = "pool" | "prepared" | "bulk";

/**
 * A write in progress. `index` and `last` start as not-a-number so that V8 keeps them as unboxed doubles:
 * a field that has once held a small integer costs an allocation when it first holds an address.
 */
export class WriteState {
  /** The tree's nodes. */
  readonly pool: NodePool;
  /** First index of the range, as asked for. */
  index = NaN;
  /** The index before the range; storing nothing widens it over the empty slot in front. */
  before = NaN;
  /** Last index of the range, inclusive; widened likewise. */
  last = NaN;
  /** The leaf in which the range begins. */
  node = 0;
  /** The slot that holds `index`. */
  slot = 0;
  /** The slot that holds `last`, if that is in the same leaf. */
  slotEnd = 0;
  /** The leaf's last used slot after the store. */
  newEnd = 0;
  /** The index before the first one of `slot`. */
  low = NaN;
  /** The last index of `slotEnd`. */
  high = NaN;
  /** The longest empty stretch of the leaf that goes, in indices. Here and not an argument: see `NodePool.sought`. */
  gapRemoved = NaN;
  /** The longest that comes. */
  gapAdded = NaN;
  /** Spanning only: the leaf that holds the index after the range. */
  farNode = 0;
  /** Spanning only: the first slot of `farNode` that stays. */
  farSlot = 0;

  #subtree: Subtree | undefined;

  /** A write state for the stores of one tree. */
  constructor(pool: NodePool) {
    this.pool = pool;
  }

  /** What replaces nodes. Made at the first store that needs it: most address spaces of a fork stay small. */
  get subtree(): Subtree {
    return this.#subtree ??= new Subtree(this.pool);
  }
}
