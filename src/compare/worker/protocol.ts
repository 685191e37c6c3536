/**
 * What the comparing process and its measuring processes tell each other: an order as the only argument,
 * a reply as lines of JSON.
 *
 * @module
 */

import type { Counters } from "../workloads/workload.ts";
import type { SideModule } from "./side.ts";

/** Where the sides are: URLs of their copies of `worker/side.ts`. */
export interface SideUrls {
  /** That of the base. */
  readonly base: string;
  /** That of the head. */
  readonly head: string;
}

/** Asks `precheck.ts` what can be measured, and how it differs in all that is exact. */
export interface PrecheckOrder extends SideUrls {
  /** Workloads. */
  readonly names: readonly string[];
  /** How long a batch shall take, milliseconds. */
  readonly batchMs: number;
}

/** Where two versions reply differently, or have done a different amount of work, for the first time. */
export interface FirstDifference {
  /** Number of the step, from 0; -1 is the filling before the first one. */
  readonly step: number;
  /** The step in words. */
  readonly description: string;
}

/** What the precheck says about one workload. */
export interface WorkloadPrecheck {
  /** Name of the workload. */
  readonly name: string;
  /** Why it cannot be measured, and which side is to blame. */
  readonly skipped?: { readonly side: "base" | "head"; readonly why: string };
  /** Steps in the whole list. */
  readonly steps: number;
  /** Steps that take about as long as a batch shall. */
  readonly batch: number;
  /** Where answers part; absent if they are the same. */
  readonly answersPart?: FirstDifference;
  /** Where the counts part; absent if they are the same after every step. */
  readonly countersPart?: FirstDifference;
  /** Counts after the whole list. */
  readonly counters: { readonly base: Counters; readonly head: Counters };
}

/** Asks `interleaved.ts` for the rounds of one process. */
export interface RoundsOrder extends SideUrls {
  /** Load, prepare and begin with the base. */
  readonly baseFirst: boolean;
  /** Workloads in the order of a round, and the steps of a batch. */
  readonly workloads: readonly { readonly name: string; readonly batch: number }[];
  /** Rounds thrown away at first. */
  readonly warmUp: number;
  /** Rounds that count. */
  readonly rounds: number;
}

/** What one process measured of one workload. */
export interface ProcessResult {
  /** Name of the workload. */
  readonly name: string;
  /** Median over the rounds of ln(head / base). */
  readonly logRatio: number;
  /** Time in all rounds, milliseconds. */
  readonly totals: { readonly base: number; readonly head: number };
  /** Median time of a step, nanoseconds. */
  readonly nanoseconds: { readonly base: number; readonly head: number };
  /** Step of the first batch in which the answers differed. */
  readonly answersPart?: number;
}

/** A line that a measuring process prints. */
export type Answer<Result> =
  | { readonly done: number; readonly of: number }
  | { readonly doing: string }
  | { readonly results: readonly Result[] };

/** Loads both sides' modules in the order that is asked for: which comes first matters a little. */
export async function loadSides(
  urls: SideUrls,
  baseFirst: boolean,
): Promise<{ base: SideModule; head: SideModule }> {
  if (baseFirst) {
    const base = await loadSide("base", urls.base);
    return { base, head: await loadSide("head", urls.head) };
  }
  const head = await loadSide("head", urls.head);
  return { base: await loadSide("base", urls.base), head };
}

/** Loads a side's module; one that does not load is told with its side, and its file from the side's root. */
async function loadSide(side: "base" | "head", url: string): Promise<SideModule> {
  reply({ doing: `load the ${side}` });
  try {
    return await import(url);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const root = url.slice(0, url.indexOf("src/compare/worker/"));
    const [first = ""] = message.split("\n");
    const place = /at (file:\S+)/.exec(message)?.[1] ?? "";
    const where = first.includes(place) ? "" : ` at ${place}`;
    throw new Error(`the ${side} does not load: ${(first + where).replaceAll(root, "")}`);
  }
}

/** Prints a line of the reply. */
export function reply<Result>(line: Answer<Result>): void {
  console.log(JSON.stringify(line));
}
