/**
 * Mutants of the range maps (`src/range_map/`) that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

const QUICK =
  "A quick check that fails asks the whole one, which says the same of what is right: only a clock would tell.";

/** By source file. */
export const RANGE_MAP: Equivalences = {
  "src/range_map/range_map.ts": [
    [
      "slower",
      "if (!(key >= ranges.minimum && key < ranges.highest && Math.floor(key) === key)) {",
      [
        "!(key >= ranges.minimum && key < ranges.highest && Math.f… ▸ true",
        ">= ▸ >",
      ],
      QUICK,
    ],
    [
      "slower",
      "if (!isSearch(ranges, size, start, end, align)) checkGap(ranges, size, start, end, align);",
      ["!isSearch(ranges, size, start, end, align) ▸ true"],
      QUICK,
    ],
    [
      "slower",
      "return isRange(ranges, start, end) && size > 0 && Math.floor(size) === size && align > 0 &&",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      QUICK,
    ],
  ],
};
