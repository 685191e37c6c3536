/**
 * How many nodes a store may take, and getting them before anything is changed.
 *
 * @module
 */

import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import { type NodeSupply, StoreType, type WriteState } from "./write_state.ts";

const { HEIGHT_MASK, ROOT } = layout;

/**
 * The most nodes that a classified store takes, by its type. Mirrors `mas_prealloc_calc()` (Linux 6.12
 * lib/maple_tree.c).
 */
export function nodesFor(w: WriteState, type: StoreType, nothing: boolean): number {
  const height = w.pool.words[ROOT]! & HEIGHT_MASK;
  switch (type) {
    case StoreType.EXACT:
    case StoreType.APPEND:
    case StoreType.SLOT:
      return 0;
    case StoreType.NODE:
      return w.pool.rcu ? 1 : 0;
    case StoreType.REBALANCE:
      return 2 * height - 1;
    case StoreType.SPLIT:
      return 2 * height + 1;
    case StoreType.SPANNING:
      return 3 * height + 1;
    case StoreType.ROOT:
      return nothing || w.last === 0 ? 0 : 1;
    case StoreType.NEW_ROOT:
      return 1;
  }
}

/** Nodes for a bulk load of `entries` entries, each with an empty slot after it: 14 slots of a leaf
 * and all but two of an inner node are counted on. Mirrors `mas_expected_entries()`. */
export function nodesForEntries(pool: NodePool, entries: number): number {
  const leaves = Math.ceil((2 * entries + 1) / 14);
  return leaves + Math.ceil(leaves / (pool.innerCapacity - 2)) + 3;
}

/**
 * Makes sure of `needed` nodes for the store that follows, which gives up the nodes reserved for it.
 *
 * @param promised the nodes reserved for it
 * @throws {MapleError} ENOMEM if there are too few; nothing has changed then, and the promise stands
 */
export function claim(
  pool: NodePool,
  needed: number,
  supply: NodeSupply,
  promised: number,
): void {
  if (needed > promised) {
    if (supply === "prepared") {
      throw new MapleError(
        "ENOMEM",
        `Cannot store with ${promised} reserved nodes: this store may take ${needed}`,
      );
    }
    pool.ensure(needed - promised);
  }
  pool.reserved -= promised;
}
