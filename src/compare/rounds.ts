/**
 * The measurement itself: first all that is exact, then process after process.
 *
 * The parameters were measured: processes differ from one another by 0.2–0.8 % and each stays constant, so more
 * processes narrow the interval and more rounds do not; 200 rounds are enough for one process.
 *
 * @module
 */

import { urlOf } from "../command/paths.ts";
import type { Comparison, Settings, WorkloadComparison } from "./comparison.ts";
import { measure } from "./worker/process.ts";
import type {
  PrecheckOrder,
  ProcessResult,
  RoundsOrder,
  WorkloadPrecheck,
} from "./worker/protocol.ts";
import { median } from "./statistics.ts";
import { judge } from "./verdict.ts";
import type { Sides } from "./worktree.ts";

/** The parameters of every comparison whose verdicts may be trusted. */
export const SETTINGS: Settings = {
  processes: 8,
  mostProcesses: 12,
  warmUp: 40,
  rounds: 200,
  batchMs: 0.5,
};

/** How far a comparison is. */
export interface Stage {
  /** What is being done. */
  readonly what: string;
  /** Part of everything that is done, 0 to 1, as far as can be known. */
  readonly done: number;
}

/** What to measure. */
export interface RoundsRequest {
  /** Both versions. */
  readonly sides: Sides;
  /** Workloads by name, in the order of the report. */
  readonly names: readonly string[];
  /** How much to measure. */
  readonly settings?: Settings;
  /** How long a measuring process may say nothing, milliseconds. */
  readonly limitMs?: number;
  /** Stops it when aborted. */
  readonly signal?: AbortSignal;
  /** Called as it gets on. */
  readonly onProgress?: (stage: Stage) => void;
}

/** What was measured: the part of a comparison that comes from rounds. */
export type Measured = Pick<Comparison, "workloads" | "skipped">;

/** Measures the workloads on both sides. */
export async function measureRounds(request: RoundsRequest): Promise<Measured> {
  const { settings = SETTINGS, onProgress = () => {} } = request;
  const prechecks = await precheck(request, settings);
  const present = prechecks.filter((it) => it.skipped === undefined);
  const results = new Map<string, ProcessResult[]>(present.map(({ name }) => [name, []]));
  let undecided = present;
  for (let process = 0; undecided.length > 0 && process < settings.mostProcesses; process++) {
    const planned = Math.max(settings.processes, process + 1 + process % 2);
    const what = `process ${process + 1} of ${planned}`;
    onProgress({ what, done: process / planned });
    const order = { workloads: rotated(undecided, process), baseFirst: process % 2 === 0 };
    const measured = await measureProcess(request, settings, order, (done) => {
      onProgress({ what, done: (process + done) / planned });
    });
    for (const result of measured) results.get(result.name)!.push(result);
    // Processes are added two at a time: one that begins with each side.
    if (process + 1 < settings.processes || process % 2 === 0) continue;
    undecided = undecided.filter(({ name }) => {
      return judge(results.get(name)!.map((it) => it.logRatio)).verdict === "inconclusive";
    });
  }
  return {
    workloads: present.map((it) => conclude(it, results.get(it.name)!, settings)),
    skipped: prechecks.flatMap(({ name, skipped }) => skipped ? [{ name, ...skipped }] : []),
  };
}

/**
 * Another order for each two processes: how code is compiled depends on what ran before it, and a verdict should
 * not hang on one such history.
 */
function rotated<T>(items: readonly T[], process: number): readonly T[] {
  const by = (process >> 1) % items.length;
  return [...items.slice(by), ...items.slice(0, by)];
}

function precheck(
  request: RoundsRequest,
  settings: Settings,
): Promise<readonly WorkloadPrecheck[]> {
  const { sides, names, signal, limitMs, onProgress = () => {} } = request;
  const order: PrecheckOrder = { ...urls(sides), names, batchMs: settings.batchMs };
  onProgress({ what: "counting", done: 0 });
  return measure({
    module: `${sides.head.folder}/src/compare/worker/precheck.ts`,
    order,
    root: sides.root,
    ...(limitMs !== undefined && { limitMs }),
    ...(signal && { signal }),
  });
}

function measureProcess(
  { sides, signal, limitMs }: RoundsRequest,
  { warmUp, rounds }: Settings,
  { workloads, baseFirst }: { workloads: readonly WorkloadPrecheck[]; baseFirst: boolean },
  onProgress: (done: number) => void,
): Promise<readonly ProcessResult[]> {
  const order: RoundsOrder = {
    ...urls(sides),
    baseFirst,
    workloads: workloads.map(({ name, batch }) => ({ name, batch })),
    warmUp,
    rounds,
  };
  return measure({
    module: `${sides.head.folder}/src/compare/worker/interleaved.ts`,
    order,
    root: sides.root,
    onProgress,
    ...(limitMs !== undefined && { limitMs }),
    ...(signal && { signal }),
  });
}

function conclude(
  { name, answersPart, countersPart, counters, steps }: WorkloadPrecheck,
  processes: readonly ProcessResult[],
  settings: Settings,
): WorkloadComparison {
  const total = (side: "base" | "head") => processes.reduce((sum, it) => sum + it.totals[side], 0);
  const time = (side: "base" | "head") => median(processes.map((it) => it.nanoseconds[side]));
  const logRatios = processes.map((it) => it.logRatio);
  const seen = processes.find((it) => it.answersPart !== undefined)?.answersPart;
  const part = answersPart ??
    (seen === undefined ? undefined : { step: seen, description: "seen while it was timed" });
  return {
    name,
    ...judge(logRatios),
    rounds: settings.rounds,
    logRatios,
    totals: total("head") / total("base"),
    nanoseconds: { base: time("base"), head: time("head") },
    steps,
    counters,
    ...(countersPart && { countersPart }),
    ...(part && { answersPart: part }),
  };
}

function urls({ base, head }: Sides): { base: string; head: string } {
  const url = (folder: string) => urlOf(`${folder}/src/compare/worker/side.ts`);
  return { base: url(base.folder), head: url(head.folder) };
}
