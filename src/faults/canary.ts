/**
 * Canaries: faults planted on purpose, to show that the suite would notice.
 *
 * @module
 */

import type { Patch } from "./patch.ts";

/** One fault. */
export interface Canary {
  /** The row of the catalogue of regressions whose fault this is. */
  readonly row: number;
  /** A few words: `stale slot kept`. */
  readonly name: string;
  /** What the patch makes the code do, and how near that is to what went wrong in the kernel. */
  readonly story: string;
  readonly patches: readonly Patch[];
}
