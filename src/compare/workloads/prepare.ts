/**
 * Prepares workloads for the `mod.ts` next to this copy.
 *
 * This module and what it imports lie in both sides' folders. It names no export of `mod.ts` that the first
 * commits lacked: what a workload needs beyond that, it imports when it is prepared, after {@linkcode lacking} has
 * said that it is there.
 *
 * @module
 */

import { layout } from "../../../bench/layout.ts";
import * as lists from "../../../bench/workloads.ts";
import { lackingOf } from "../../../bench/names.ts";
import type { Workload } from "./workload.ts";
import { TreeWorkload } from "./tree.ts";
import type { WorkloadSpecification } from "./list.ts";

/** The recorded compiler run, and how often a list repeats it: once alone is shorter than a batch. */
const TRACE = "cc1-2022";
const REPETITIONS = 4;

/** What a replay needs beyond the tree. */
const REPLAY = ["System", "MmError", "compileTrace", "readTrace", "treeOperations"];

/** What a workload needs and this side's `mod.ts` does not export. */
export function lacking({ list }: WorkloadSpecification): string[] {
  const isReplay = list === "replay" || list === "replayed tree";
  const more = isReplay ? REPLAY : list === "pressure" ? [...REPLAY, "LoadRun"] : [];
  const needs = ["MapleTree", "MAX_INDEX", ...more];
  return lackingOf(needs);
}

/** Makes the list of steps. */
export async function prepare({ list, ranges, steps }: WorkloadSpecification): Promise<Workload> {
  if (list === "replay" || list === "replayed tree") return await prepareReplay(list);
  if (list === "pressure") return await preparePressure(ranges, steps);
  const filling = layout(ranges, false);
  const operations = lists[list](filling, steps);
  return new TreeWorkload(operations, list === "build" ? undefined : filling);
}

async function prepareReplay(list: "replay" | "replayed tree"): Promise<Workload> {
  const { traceOf, treeWorkload } = await import("../../../bench/traces.ts");
  const { steps } = await traceOf(TRACE);
  const repeated = { steps: Array.from({ length: REPETITIONS }, () => steps).flat() };
  if (list === "replayed tree") return new TreeWorkload(treeWorkload(repeated), undefined);
  const { ReplayWorkload } = await import("./replay.ts");
  return new ReplayWorkload(repeated);
}

async function preparePressure(processes: number, events: number): Promise<Workload> {
  const { traceOf } = await import("../../../bench/traces.ts");
  const { pressureOf } = await import("./pressure.ts");
  return pressureOf(TRACE, await traceOf(TRACE), processes, events);
}
