/**
 * Replaying as fast as it goes: the trace is read once into steps, which then run without any
 * comparison.
 *
 * @module
 */

import type { TraceRecord } from "../trace/format.ts";
import type { ReplayAssumptions } from "./assumptions.ts";
import { System } from "./system.ts";
import { type Step, StepReader } from "./step.ts";
import { StepValidator, type Validation } from "./step_validator.ts";

/** A trace ready to run, any number of times. */
export interface CompiledTrace {
  /** What happened, in order. */
  readonly steps: readonly Step[];
}

/**
 * Reads a trace to its end. O(records).
 *
 * @param assume what to take for granted beyond what the trace says, another kernel's rules for instance
 */
export async function compileTrace(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  assume: ReplayAssumptions = {},
): Promise<CompiledTrace> {
  const reader = new StepReader(assume);
  const steps: Step[] = [];
  for await (const record of trace) {
    const step = reader.read(record);
    if (step !== undefined) steps.push(step);
  }
  return { steps };
}

/** How to run. */
export interface UncheckedOptions {
  /** What to check of the model itself after every step; nothing unless given. */
  readonly validate?: Validation;
  /** The address spaces to run in; new ones unless given. */
  readonly system?: System;
}

/**
 * Replays a compiled trace without comparing it with the kernel: as fast as it goes.
 *
 * @returns a 32-bit hash over the result of every step, and over each address space just before it
 * is replaced or torn down: two models that agree on it agree on every address they gave and on
 * every layout they ended with
 */
export function replayUnchecked(trace: CompiledTrace, options: UncheckedOptions = {}): number {
  const system = options.system ?? new System();
  const validator = new StepValidator(system, options.validate);
  let hash = 0x811c9dc5;
  for (const step of trace.steps) {
    if (step.type === "exit" || step.type === "exec") hash = hashLayout(hash, system, step.pid);
    hash = mix(hash, system.perform(step));
    validator.check(step);
  }
  return hash >>> 0;
}

function hashLayout(hash: number, system: System, pid: number): number {
  const space = system.space(pid);
  if (space === undefined) return hash;
  hash = mix(hash, space.mapCount);
  const { tree } = space.descriptor;
  for (let vma = tree.first(); vma !== undefined; vma = tree.following()) {
    hash = mix(mix(mix(mix(hash, vma.start), vma.end), vma.flags), vma.pageOffset);
  }
  return hash;
}

/** One step of FNV-1a over a number's low and high half. */
function mix(hash: number, value: number): number {
  const low = Math.imul(hash ^ (value | 0), 0x01000193);
  return Math.imul(low ^ Math.floor(value / 0x1_0000_0000), 0x01000193);
}
