/**
 * Figures about a tree: its shape now, and the work done since it was made.
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import type { Counters } from "./counters.ts";

const { END, HEIGHT_BITS, HEIGHT_MASK, NODE_BYTES, ROOT, ROOT_ENTRY, SLOTS, WORD_SHIFT } = layout;

/** What a tree is made of, and what it took to make it. */
export interface TreeStatistics {
  /** Levels of nodes; 0 if there is none. */
  readonly height: number;
  /** Nodes in the tree. */
  readonly nodes: number;
  /** Those that are leaves. */
  readonly leaves: number;
  /** Those that are not. */
  readonly innerNodes: number;
  /** Ranges that hold a value. */
  readonly entries: number;
  /** Slots in use, in leaves and inner nodes, empty ones included. */
  readonly slots: number;
  /** Bytes of the nodes in the tree. */
  readonly bytes: number;
  /** Bytes of the pool's buffer: these, and room to grow. */
  readonly poolBytes: number;
  /** Nodes that wait for readers to leave. */
  readonly retired: number;
  /** RcuDomain periods that have ended. */
  readonly gracePeriods: number;
  /** Exact counts of work since the tree was made, equal on every machine. */
  readonly counters: Readonly<Counters>;
}

/** Walks the whole tree, in time linear in its nodes. */
export function statistics(pool: NodePool): TreeStatistics {
  const { counters, words } = pool;
  const root = words[ROOT]!;
  const height = root & HEIGHT_MASK;
  const count = { leaves: 0, inner: 0, entries: words[ROOT_ENTRY] === 0 ? 0 : 1, slots: 0 };
  if (root !== 0) countNode(pool, root >> HEIGHT_BITS, height, count);
  const nodes = count.leaves + count.inner;
  return {
    height,
    nodes,
    leaves: count.leaves,
    innerNodes: count.inner,
    entries: count.entries,
    slots: count.slots,
    bytes: nodes * NODE_BYTES,
    poolBytes: pool.bytes,
    retired: pool.used - nodes,
    gracePeriods: pool.rcuDomain.ended,
    counters: { ...counters },
  };
}

function countNode(
  pool: NodePool,
  node: number,
  level: number,
  count: { leaves: number; inner: number; entries: number; slots: number },
): void {
  const { words } = pool;
  const word = node << WORD_SHIFT;
  const end = words[word + END]!;
  count.slots += end + 1;
  if (level > 1) {
    count.inner++;
    for (let slot = 0; slot <= end; slot++) {
      countNode(pool, words[word + pool.innerSlots + slot]!, level - 1, count);
    }
    return;
  }
  count.leaves++;
  for (let slot = 0; slot <= end; slot++) if (words[word + SLOTS + slot] !== 0) count.entries++;
}
