/**
 * A tree in steady state, where stores come and go but the number of ranges stays, takes nothing from the JavaScript
 * heap: entries are words, nodes lie in the pool, and no number is passed to a call in a way that would box it.
 */

import { assert } from "@std/assert";
import { leastGrowth } from "../steady_heap.ts";
import { LIMIT, STORES } from "./steady.ts";

const ROUNDS = import.meta.resolve("./allocation_rounds.ts");

for (const gaps of [true, false]) {
  for (const ranges of [60, 1000, 65_000]) {
    Deno.test(`MapleTree: stores into gaps and holes allocate nothing, ${ranges} ranges, gaps ${gaps}`, async () => {
      const least = await leastGrowth(ROUNDS, { ranges, gaps }, LIMIT);
      assert(least <= LIMIT, `${STORES} stores took ${least} bytes of the JavaScript heap`);
    });
  }
}
