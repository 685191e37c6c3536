/** Where ranges lie in the benches: the distribution of the kernel-side baseline, seeded. */

import { Random } from "../src/random.ts";

const PAGE = 0x1000;

/** The lowest index that a layout uses; below it everything is free. */
const BASE = 0x400000;

/** Ranges to put into a map, ascending. */
export interface Layout {
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
}

/** `ranges` ranges of 3 to 16 pages each, with 3 to 16 free pages before each, or none if they touch. */
export function layout(ranges: number, touching: boolean): Layout {
  const random = new Random(ranges);
  const firsts = new Float64Array(ranges);
  const lasts = new Float64Array(ranges);
  let at = BASE;
  for (let i = 0; i < ranges; i++) {
    if (!touching) at += (3 + random.below(14)) * PAGE;
    firsts[i] = at;
    at += (3 + random.below(14)) * PAGE;
    lasts[i] = at - 1;
  }
  return { firsts, lasts };
}
