/** The exact counts of a tree's work, as tests ask for them. */

import type { MapleTree } from "../../mod.ts";
import type { WorkCounts } from "../../src/tree/counters.ts";

/** What a piece of work adds to the counts. */
export function workOf(tree: MapleTree<number>, work: () => void): WorkCounts {
  const before: WorkCounts = { ...tree.statistics().work };
  work();
  const after: WorkCounts = { ...tree.statistics().work };
  for (const name of Object.keys(after) as (keyof WorkCounts)[]) after[name] -= before[name];
  return after;
}
