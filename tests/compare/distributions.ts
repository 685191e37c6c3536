/** Seeded random numbers of known distributions. */

import { Random } from "../random.ts";

/** Uniform in [0, 1). */
export function uniform(seed: number): () => number {
  const random = new Random(seed);
  return () => random.uniform();
}

/** Normal with mean 0 and standard deviation 1, by Box and Muller's method. */
export function normal(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
