/**
 * What a comparison says, as data: what `--json` prints, shards hand on and the history keeps.
 *
 * @module
 */

import type { Host, Runtime } from "./host.ts";
import type { FirstDifference } from "./worker/protocol.ts";
import type { Counters } from "./workloads/workload.ts";
import type { Judgement } from "./verdict.ts";

/** How much is measured. */
export interface Settings {
  /** Processes at first; an even number, as they come in pairs. */
  readonly processes: number;
  /** Processes at most, for what is inconclusive until then. */
  readonly mostProcesses: number;
  /** Rounds that each process throws away. */
  readonly warmUp: number;
  /** Rounds of each process that count. */
  readonly rounds: number;
  /** How long a batch takes, milliseconds. */
  readonly batchMs: number;
}

/** A version, as a comparison remembers it. */
export interface Version {
  /** What it was called: `HEAD~3`, `working tree`. */
  readonly name: string;
  /** Full commit id. */
  readonly commit: string;
  /** True if it had uncommitted changes. */
  readonly isDirty: boolean;
}

/** What was found about one workload. */
export interface WorkloadComparison extends Judgement {
  /** Name of the workload. */
  readonly name: string;
  /** Rounds that each process counted. */
  readonly rounds: number;
  /** Of each process: the median of ln(head / base) over its rounds. */
  readonly logRatios: readonly number[];
  /** Time of all rounds of the head over that of the base: information, garbage collection included. */
  readonly totals: number;
  /** Median time of a step, nanoseconds. */
  readonly nanoseconds: { readonly base: number; readonly head: number };
  /** Steps of the whole list, over which the counts are. */
  readonly steps: number;
  /** Exact counts after the whole list. */
  readonly counters: { readonly base: Counters; readonly head: Counters };
  /** Where the counts first differ. */
  readonly countersPart?: FirstDifference;
  /** Where the answers first differ. */
  readonly answersPart?: FirstDifference;
  /** The same for identical code on this machine: how far from 1 its ratio may be, as a part of 1. */
  readonly floor?: number;
  /** Executed instructions a step. */
  readonly instructions?: { readonly base: number; readonly head: number };
}

/** A workload that one side cannot do. */
export interface Skipped {
  /** Name of the workload. */
  readonly name: string;
  /** The side that cannot. */
  readonly side: "base" | "head";
  /** Why not. */
  readonly why: string;
}

/** Part of a comparison that is shared out over jobs. */
export interface Shard {
  /** Number of this part, from 1. */
  readonly index: number;
  /** How many parts there are. */
  readonly count: number;
}

/** A whole comparison. */
export interface Comparison {
  /** Tells a comparison from other JSON. */
  readonly format: "maple-comparison";
  /** Version of this format. */
  readonly version: 1;
  /** When it was finished, ISO 8601. */
  readonly date: string;
  /** The older version. */
  readonly base: Version;
  /** The newer version. */
  readonly head: Version;
  /** Who measured; several after a merge. */
  readonly machines: readonly Host[];
  /** What ran the measured code. */
  readonly runtime: Runtime;
  /** How much was measured. */
  readonly settings: Settings;
  /** What was found. */
  readonly workloads: readonly WorkloadComparison[];
  /** What could not be measured. */
  readonly skipped: readonly Skipped[];
  /** Which part this is; absent from a whole comparison. */
  readonly shard?: Shard;
}

/** A change of one exact count. */
export interface CounterChange {
  /** Name of the count. */
  readonly name: string;
  /** Count of the base. */
  readonly base: number;
  /** Count of the head. */
  readonly head: number;
}

/** The counts that both versions keep and that differ at the end of the list. */
export function counterChanges({ counters }: WorkloadComparison): CounterChange[] {
  return Object.entries(counters.base).flatMap(([name, base]) => {
    const head = counters.head[name];
    return head === undefined || head === base ? [] : [{ name, base, head }];
  });
}
