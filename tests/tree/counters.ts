/** The exact counts of a tree's work, as tests ask for them. */

import type { MapleTree } from "../../mod.ts";
import type { Counters } from "../../src/tree/counters.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

/** What a piece of work adds to the counts. */
export function workOf(tree: MapleTree<number>, work: () => void): Counters {
  const before: Counters = { ...tree.statistics().counters };
  work();
  const after: Counters = { ...tree.statistics().counters };
  for (const name of Object.keys(after) as (keyof Counters)[]) after[name] -= before[name];
  return after;
}

/** How many bounds and gaps a call reads, in all nodes. */
export function boundsRead(tree: MapleTree<number>, call: () => void): number {
  const pool = poolOf(tree);
  const { doubles } = pool;
  let count = 0;
  pool.doubles = new Proxy(doubles, {
    get(target, key) {
      count++;
      return Reflect.get(target, key);
    },
  });
  call();
  pool.doubles = doubles;
  return count;
}
