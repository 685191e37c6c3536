/**
 * From the ratios of several processes to one word.
 *
 * *Slower* needs both a median beyond the threshold and an interval that excludes "the same": the first
 * ignores changes that no user would notice, the second those that chance explains. The threshold was measured: with it
 * identical code was never called slower, and code that is 5 % slower always was.
 *
 * The observation is a pair of processes, one that begins with the base and one that begins with the head: which
 * comes first can decide how both are compiled, by up to 9 % in either direction, and in a pair that cancels.
 *
 * @module
 */

import { type Interval, meanInterval, median } from "./statistics.ts";

/** What a comparison of one workload can say. */
export type Verdict = "slower" | "faster" | "no evidence" | "inconclusive";

/** The smallest change that is called one: 2.5 %. */
export const THRESHOLD = 0.025;

/** A verdict and what it rests on. */
export interface Judgement {
  /** The one word. */
  readonly verdict: Verdict;
  /** Time of the head over time of the base: the median over pairs of processes. Above 1 is slower. */
  readonly ratio: number;
  /** 95 % interval of the ratio, over pairs of processes. */
  readonly interval: Interval;
  /** Processes that were measured. */
  readonly processes: number;
}

/**
 * Judges one workload.
 *
 * @param logRatios for each process the median of ln(head / base) over its rounds; those of a pair stand
 * together, and there are two pairs or more
 */
export function judge(logRatios: readonly number[]): Judgement {
  const pairs = pairMeans(logRatios);
  const ratio = Math.exp(median(pairs));
  const { low, high } = meanInterval(pairs);
  const interval = { low: Math.exp(low), high: Math.exp(high) };
  return { verdict: verdictOf(ratio, interval), ratio, interval, processes: logRatios.length };
}

/** True if the head is slower by more than the gate allows. `gate` is a part of 1, not a percentage. */
export function isBeyondGate({ verdict, ratio }: Judgement, gate: number): boolean {
  return verdict === "slower" && ratio > 1 + gate;
}

/** The word for a ratio and its interval; what lies exactly at the threshold is no change. */
export function verdictOf(ratio: number, { low, high }: Interval): Verdict {
  if (ratio > 1 + THRESHOLD && low > 1) return "slower";
  if (ratio < 1 / (1 + THRESHOLD) && high < 1) return "faster";
  if (low >= 1 / (1 + THRESHOLD) && high <= 1 + THRESHOLD) return "no evidence";
  return "inconclusive";
}

function pairMeans(values: readonly number[]): number[] {
  return Array.from({ length: values.length >> 1 }, (_, pair) => {
    return (values[2 * pair]! + values[2 * pair + 1]!) / 2;
  });
}
