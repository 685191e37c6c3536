/** Counts of VMAs over all steps: the least, the median and the largest. */

import { assertEquals } from "@std/assert";
import { MapCounts } from "../../src/replay/map_counts.ts";

const CASES: readonly [counts: readonly number[], min: number, median: number, max: number][] = [
  [[], 0, 0, 0],
  [[5], 5, 5, 5],
  [[5, 9], 5, 5, 9],
  [[9, 5], 5, 5, 9],
  [[9, 5, 7], 5, 7, 9],
  [[3, 3, 3, 8], 3, 3, 8],
  [[8, 8, 8, 3], 3, 8, 8],
  [[1, 2, 2, 3, 3, 3], 1, 2, 3],
  [[1, 1, 2, 3, 4, 5, 6], 1, 3, 6],
  [[10, 9, 100, 9], 9, 9, 100],
  [[0, 0, 1], 0, 0, 1],
];

for (const [counts, min, median, max] of CASES) {
  Deno.test(`MapCounts: of ${counts.join(" ") || "nothing"}`, () => {
    const all = new MapCounts();
    for (const count of counts) all.add(count);
    assertEquals(all.range, { min, median, max });
  });
}
