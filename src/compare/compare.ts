/**
 * A whole comparison, from two revisions to a result.
 *
 * @module
 */

import type { Comparison, Settings, Shard, Version } from "./comparison.ts";
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
  const { shard, settings = SETTINGS } = request;
  const names = shard === undefined ? request.names : pick(request.names, shard);
  const machine = thisHost(request.machine);
  return await withSides(request, async (sides) => {
    const rounds = await measureRounds({ ...request, names, sides });
    const measured = request.countsInstructions
      ? await withInstructions(request, sides, rounds)
      : rounds;
    return {
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

function version({ name, commit, isDirty }: Side): Version {
  return { name, commit, isDirty };
}
