/** The exact counts of a tree's work, as tests ask for them. */

import type { MapleTree } from "../../mod.ts";
import type { Counters } from "../../src/tree/counters.ts";

/** What a piece of work adds to the counts. */
export function workOf(tree: MapleTree<number>, work: () => void): Counters {
  const before: Counters = { ...tree.statistics().counters };
  work();
  const after: Counters = { ...tree.statistics().counters };
  for (const name of Object.keys(after) as (keyof Counters)[]) after[name] -= before[name];
  return after;
}
