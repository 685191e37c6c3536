/**
 * Reducing a failing trace to one from which nothing can be removed.
 *
 * A trace fails if the model breaks a rule of its own in it. What may be removed of it: see `reduce_trace.ts`.
 *
 * If the tree alone shows the fault, its operations are reduced further by themselves: see `shrink_operations.ts`.
 *
 * @module
 */

import type { TraceRecord } from "../../trace/format.ts";
import { attempt, inspect, type ModelFailure } from "./failure.ts";
import { System } from "../system.ts";
import { compileTrace } from "../compiled.ts";
import { reduceTrace } from "./reduce_trace.ts";
import { failureOf, shrinkWrites, type TreeWrite } from "./shrink_operations.ts";
import { ReplayError } from "../replay_error.ts";
import { type Step, StepReader } from "../step.ts";
import { treeOperations } from "../tree_log.ts";

/** What is left of a failing trace. */
export interface Shrunk {
  /** How it fails. */
  readonly failure: ModelFailure;
  /** Steps before and after. */
  readonly steps: { readonly before: number; readonly after: number };
  /** The reduced trace, with header and end. */
  readonly records: readonly TraceRecord[];
  /** The writes to a tree alone that break the same rule; undefined if the tree is not to blame. */
  readonly writes?: readonly TreeWrite[];
}

/**
 * Reduces a trace.
 *
 * @returns undefined if the model breaks no rule of its own in it
 */
export async function shrink(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
): Promise<Shrunk | undefined> {
  const whole: TraceRecord[] = [];
  for await (const record of trace) whole.push(record);
  const steps = stepsOf(whole);
  const first = firstFailure(steps);
  if (first === undefined) return undefined;
  const { failure } = first;
  const records = await reduceTrace(whole, first.step, (part) => failsAs(failure, part));
  const writes = await writesOf(whole, failure);
  const left = { before: steps.length, after: stepsOf(records).length };
  const shrunk = { failure, steps: left, records };
  return writes === undefined ? shrunk : { ...shrunk, writes };
}

/** The steps of records, without awaiting anything. */
function stepsOf(records: readonly TraceRecord[]): Step[] {
  const reader = new StepReader();
  return records.flatMap((record) => reader.read(record) ?? []);
}

/** Runs with validation after every step; the first failure, and how many steps it took. */
function firstFailure(
  steps: readonly Step[],
): { readonly step: number; readonly failure: ModelFailure } | undefined {
  const system = new System();
  for (const [position, step] of steps.entries()) {
    const failure = attempt(system, step) ?? inspect(system);
    if (failure !== undefined) return { step: position + 1, failure };
  }
  return undefined;
}

/** True if a part of a trace fails in the same way; a part that makes no sense does not fail. */
function failsAs(failure: ModelFailure, records: readonly TraceRecord[]): boolean {
  try {
    return isSame(firstFailure(stepsOf(records)), failure);
  } catch (error) {
    if (error instanceof ReplayError) return false;
    throw error;
  }
}

function isSame(
  found: { readonly failure: ModelFailure } | undefined,
  failure: ModelFailure,
): boolean {
  return found?.failure.kind === failure.kind && found.failure.rule === failure.rule;
}

/** The fewest writes with which a tree alone breaks the same rule. */
async function writesOf(
  records: readonly TraceRecord[],
  failure: ModelFailure,
): Promise<TreeWrite[] | undefined> {
  for (const log of treeLogs(await compileTrace(records))) {
    const writes = log.flatMap(({ operation, first, last, value }) =>
      operation === "store" || operation === "clear" ? [{ first, last, value }] : []
    );
    if (failureOf(writes) === failure.rule) return shrinkWrites(writes);
  }
  return undefined;
}

/** The logs of a run, as far as it goes. */
function treeLogs(
  trace: { readonly steps: readonly Step[] },
): ReturnType<typeof treeOperations> {
  for (let count = trace.steps.length; count > 0; count--) {
    try {
      return treeOperations({ steps: trace.steps.slice(0, count) });
    } catch {
      // The run breaks down in its last step: the steps before it are what there is.
    }
  }
  return [];
}
