/**
 * Two kernels' trees against each other: process after process, with the statistics of `deno task compare`.
 *
 * @module
 */

import { makeTemporaryFolder } from "../../command/files.ts";
import { pathOf } from "../../command/paths.ts";
import type {
  Comparison,
  Settings,
  Version,
  WorkloadComparison,
} from "../../compare/comparison.ts";
import { thisHost, thisRuntime } from "../../compare/host.ts";
import { SETTINGS, type Stage } from "../../compare/rounds.ts";
import { median } from "../../compare/statistics.ts";
import { judge } from "../../compare/verdict.ts";
import { measure } from "../../compare/worker/process.ts";
import type { Build } from "../build.ts";
import type { RaceOrder, RaceResult } from "./measuring_process.ts";

/** What to time. */
export interface RaceRequest {
  readonly base: Build;
  readonly head: Build;
  /** Workloads by name. */
  readonly names: readonly string[];
  readonly settings?: Settings;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: Stage) => void;
}

/** A comparison, and beside it what Maple takes for the same. */
export interface Race {
  readonly comparison: Comparison;
  /** Median time of a step of Maple's by workload, nanoseconds. */
  readonly maple: ReadonlyMap<string, number>;
}

/**
 * Times both trees until every verdict stands, or the processes are used up.
 *
 * @throws {Unable} a measuring process failed
 */
export async function race(request: RaceRequest): Promise<Race> {
  const { names, settings = SETTINGS } = request;
  const folder = makeTemporaryFolder("maple-race-");
  try {
    const results = await measureAll(request, folder, settings);
    const maple = new Map(names.map((name) => {
      return [name, median(results.get(name)!.map((it) => it.maple))];
    }));
    return { comparison: comparisonOf(request, results, settings), maple };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureAll(
  { base, head, names, signal, onProgress = () => {} }: RaceRequest,
  folder: string,
  settings: Settings,
): Promise<Map<string, RaceResult[]>> {
  const results = new Map<string, RaceResult[]>(names.map((name) => [name, []]));
  let undecided = names;
  for (let process = 0; undecided.length > 0 && process < settings.mostProcesses; process++) {
    const planned = Math.max(settings.processes, process + 1 + process % 2);
    const what = `process ${process + 1} of ${planned}`;
    const libraries = await copies({ base, head }, folder);
    const order: RaceOrder = {
      ...libraries,
      ...settings,
      baseFirst: process % 2 === 0,
      names: undecided,
    };
    const measured = await measure<RaceResult>({
      module: pathOf("src/kernel/race/measuring_process.ts"),
      order,
      root: pathOf(""),
      isConfigured: true,
      libraries: [libraries.base, libraries.head],
      ...(signal && { signal }),
      onProgress: (done) => onProgress({ what, done: (process + done) / planned }),
    });
    for (const result of measured) results.get(result.name)!.push(result);
    // Processes are added two at a time: one that begins with each side.
    if (process + 1 < settings.processes || process % 2 === 0) continue;
    undecided = undecided.filter((name) => {
      return judge(results.get(name)!.map((it) => it.logRatio)).verdict === "inconclusive";
    });
  }
  return results;
}

/**
 * Both libraries in files of their own. A process loads a library once, so a tree against itself needs a second file.
 * Each process gets new files: where a file's pages lie in memory decides how fast its code runs, by up to 3 %, and
 * stays the same as long as the file does.
 */
async function copies(
  { base, head }: Pick<RaceRequest, "base" | "head">,
  folder: string,
): Promise<Pick<RaceOrder, "base" | "head">> {
  const libraries = { base: `${folder}/base.so`, head: `${folder}/head.so` };
  for (const side of ["base", "head"] as const) {
    await Deno.remove(libraries[side]).catch(() => {});
    await Deno.copyFile({ base, head }[side].program, libraries[side]);
  }
  return libraries;
}

function comparisonOf(
  { base, head, names }: RaceRequest,
  results: ReadonlyMap<string, readonly RaceResult[]>,
  settings: Settings,
): Comparison {
  return {
    format: "maple-comparison",
    version: 1,
    date: new Date().toISOString(),
    base: versionOf(base),
    head: versionOf(head),
    machines: [thisHost()],
    runtime: thisRuntime(),
    settings,
    workloads: names.map((name) => conclude(name, results.get(name)!, settings)),
    skipped: [],
  };
}

function versionOf({ source }: Build): Version {
  return { name: source.name, commit: source.version, isDirty: false };
}

function conclude(
  name: string,
  processes: readonly RaceResult[],
  { rounds }: Settings,
): WorkloadComparison {
  const total = (side: "base" | "head") => processes.reduce((sum, it) => sum + it.totals[side], 0);
  const time = (side: "base" | "head") => median(processes.map((it) => it.nanoseconds[side]));
  const logRatios = processes.map((it) => it.logRatio);
  const step = processes.find((it) => it.answersPart !== undefined)?.answersPart;
  return {
    name,
    ...judge(logRatios),
    rounds,
    logRatios,
    totals: total("head") / total("base"),
    nanoseconds: { base: time("base"), head: time("head") },
    steps: processes[0]?.steps ?? 0,
    counters: { base: {}, head: {} },
    ...(step !== undefined && { answersPart: { step, description: "seen while it was timed" } }),
  };
}
