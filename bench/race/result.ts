/**
 * What a race gives.
 *
 * @module
 */

import type { Absentee } from "./racers.ts";
import type { PairResult, Result } from "./turns.ts";

/** One list, raced. */
export interface RacedList {
  readonly trace: string;
  readonly operations: number;
  readonly results: readonly Result[];
}

/** A whole race. */
export interface Race {
  readonly cpu: string;
  /** What is to be said of the machine, if it was busy. */
  readonly busy: string | undefined;
  readonly rounds: number;
  readonly lists: readonly RacedList[];
  readonly pair: PairResult;
  readonly absent: readonly Absentee[];
}
