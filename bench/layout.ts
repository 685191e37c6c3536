/** Where ranges lie in the benches: the distribution of the kernel-side baseline, seeded. */

const PAGE = 0x1000;

/** The lowest index that a layout uses; below it everything is free. */
const BASE = 0x400000;

/** Ranges to put into a map, ascending. */
export interface Layout {
  readonly firsts: Float64Array;
  readonly lasts: Float64Array;
}

/** Seeded random numbers for layouts and workloads: the same on every machine and in every run. */
export class Sequence {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  /** A whole number in `[0, limit)`; `limit` below 2^32. */
  below(limit: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % limit;
  }
}

/** `ranges` ranges of 3 to 16 pages each, with 3 to 16 free pages before each, or none if they touch. */
export function layout(ranges: number, touching: boolean): Layout {
  const sequence = new Sequence(ranges);
  const firsts = new Float64Array(ranges);
  const lasts = new Float64Array(ranges);
  let at = BASE;
  for (let i = 0; i < ranges; i++) {
    if (!touching) at += (3 + sequence.below(14)) * PAGE;
    firsts[i] = at;
    at += (3 + sequence.below(14)) * PAGE;
    lasts[i] = at - 1;
  }
  return { firsts, lasts };
}
