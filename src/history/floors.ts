/**
 * A comparison beside what identical code shows on the same machine.
 *
 * @module
 */

import { compare, type CompareRequest } from "../compare/compare.ts";
import type { Comparison, WorkloadComparison } from "../compare/comparison.ts";
import { thisHost } from "../compare/host.ts";
import { appendLine, floorsOf, readHistory } from "./history.ts";

/** What to compare, and whether to remember it. */
export interface FloorsRequest extends CompareRequest {
  /** Keep what was seen as this machine's floor: both sides are the same. */
  readonly keepsFloor?: boolean;
}

/**
 * Compares two versions and adds the floors of this machine.
 *
 * @throws {Unable} a side cannot be measured, or a measuring process failed
 * @throws {GitError} no git, no repository, an unknown revision
 */
export async function compareWithFloors(request: FloorsRequest): Promise<Comparison> {
  const { repository, machine } = request;
  const result = await compare(request);
  if (request.keepsFloor) await keepFloor(result, repository);
  const floors = floorsOf(await readHistory(repository), thisHost(machine));
  return { ...result, workloads: result.workloads.map((it) => withFloor(it, floors)) };
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
