/**
 * A whole comparison, from two revisions to a result.
 *
 * @module
 */

import type { Comparison, Settings, Shard, Version, WorkloadComparison } from "./comparison.ts";
import { appendLine, floorsOf, readHistory } from "../history/history.ts";
import { countInstructions } from "./instructions.ts";
import { thisHost, thisRuntime } from "./host.ts";
import { type Measured, measureRounds, SETTINGS, type Stage } from "./rounds.ts";
import { pick } from "./shards.ts";
import { type Side, withSides } from "./worktree.ts";

/** What to compare, and how. */
export interface CompareRequest {
  /** A revision; `undefined` is the working tree. */
  readonly base: string | undefined;
  /** A revision; `undefined` is the working tree. */
  readonly head: string | undefined;
  /** Workloads by name. */
  readonly names: readonly string[];
  /** Count executed instructions too. */
  readonly countsInstructions?: boolean;
  /** Keep what was seen as this machine's floor: both sides are the same. */
  readonly keepsFloor?: boolean;
  /** The part to do; everything unless given. */
  readonly shard?: Shard;
  /** Name for machines like this one. */
  readonly machine?: string;
  /** A folder of the repository. */
  readonly repository?: string;
  /** How much to measure; what may be trusted unless given. */
  readonly settings?: Settings;
  /** How long a measuring process may say nothing, milliseconds. */
  readonly limitMs?: number;
  /** Stops it when aborted. */
  readonly signal?: AbortSignal;
  /** Called as it gets on. */
  readonly onProgress?: (stage: Stage) => void;
}

/**
 * Compares two versions.
 *
 * @throws {Unable} a side cannot be measured, or a measuring process failed
 * @throws {GitError} no git, no repository, an unknown revision
 */
export async function compare(request: CompareRequest): Promise<Comparison> {
  const { shard, repository, settings = SETTINGS } = request;
  const names = shard === undefined ? request.names : pick(request.names, shard);
  const machine = thisHost(request.machine);
  return await withSides(request, async (sides) => {
    const rounds = await measureRounds({ ...request, names, sides });
    const measured = request.countsInstructions
      ? await withInstructions(request, sides, rounds)
      : rounds;
    const result: Comparison = {
      format: "maple-comparison",
      version: 1,
      date: new Date().toISOString(),
      base: version(sides.base),
      head: version(sides.head),
      machines: [machine],
      runtime: thisRuntime(),
      settings,
      ...measured,
      ...(shard && { shard }),
    };
    if (request.keepsFloor) await keepFloor(result, repository);
    const floors = floorsOf(await readHistory(repository), machine);
    return { ...result, workloads: result.workloads.map((it) => withFloor(it, floors)) };
  });
}

async function withInstructions(
  request: CompareRequest,
  sides: Parameters<typeof countInstructions>[0]["sides"],
  rounds: Measured,
): Promise<Measured> {
  const counted = await countInstructions({ ...request, sides, workloads: rounds.workloads });
  return {
    ...rounds,
    workloads: rounds.workloads.map((it) => ({ ...it, instructions: counted.get(it.name)! })),
  };
}

async function keepFloor(result: Comparison, repository: string | undefined): Promise<void> {
  const { base, date, machines, runtime, workloads } = result;
  await appendLine({
    kind: "floor",
    version: 1,
    commit: base.commit,
    isDirty: base.isDirty,
    date,
    machine: machines[0]!,
    runtime,
    floors: Object.fromEntries(workloads.map((it) => [it.name, reach(it)])),
  }, repository);
}

/** How far from 1 the interval of identical code reaches, as a part of 1. */
function reach({ interval }: WorkloadComparison): number {
  return Math.max(interval.high, 1 / interval.low) - 1;
}

function withFloor(it: WorkloadComparison, floors: Map<string, number>): WorkloadComparison {
  const floor = floors.get(it.name);
  return floor === undefined ? it : { ...it, floor };
}

function version({ name, commit, isDirty }: Side): Version {
  return { name, commit, isDirty };
}
