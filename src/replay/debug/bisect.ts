/**
 * Finding where a run first went wrong, however much later it showed.
 *
 * A first run validates at every k-th step only, and so costs little more than a replay. The first of these
 * checkpoints that fails, or the step at which the run broke down, bounds the search; a second run validates every
 * step since the checkpoint before. A replay is deterministic, so that the trace itself serves as the snapshot from
 * which the second run starts: running without validation to the checkpoint costs microseconds a step, and unlike a
 * copy of the node pool it brings back the VMAs and anon_vmas too.
 *
 * A fault that mended itself before its checkpoint is only looked for if nothing else was found: then every step of
 * a third run is validated.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { TraceRecord } from "../../trace/format.ts";
import { attempt, inspect, type ModelFailure } from "./failure.ts";
import { describeStep } from "../divergence.ts";
import { System } from "../system.ts";
import { compileTrace } from "../compiled.ts";
import type { ReplayAssumptions } from "../assumptions.ts";
import type { Step } from "../step.ts";

/** The first step after which a rule was broken. */
export interface FirstFault {
  /** The step's number, from 1. */
  readonly step: number;
  /** The process. */
  readonly pid: number;
  /** The step in words. */
  readonly call: string;
  /** What the validation said. */
  readonly message: string;
  /** The step at which the run without validation broke down or ended. */
  readonly surfaced: number;
  /** The tree before the step, as `dump` prints it. */
  readonly before: string;
  /** The tree after it. */
  readonly after: string;
}

/** Steps between two checkpoints, unless given. */
const EVERY = 256;

/**
 * The first step of a trace after which a rule is broken, undefined if none is. `assume` is what to take for granted
 * beyond what the trace says.
 *
 * O(steps + validation · (steps / every + every)).
 */
export async function bisect(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  every: number = EVERY,
  assume: ReplayAssumptions = {},
): Promise<FirstFault | undefined> {
  const { steps } = await compileTrace(trace, assume);
  const surfaced = breakdown(steps);
  const [good, bad] = window(steps.slice(0, surfaced), every);
  return locate(steps, good, bad, surfaced) ?? locate(steps, 0, surfaced, surfaced);
}

/** Steps until the run breaks down of itself; all, if it does not. */
function breakdown(steps: readonly Step[]): number {
  const system = new System();
  const position = steps.findIndex((step) => attempt(system, step) !== undefined);
  return position < 0 ? steps.length : position + 1;
}

/** The last checkpoint that was good before the first that was bad, and that one. */
function window(steps: readonly Step[], every: number): [good: number, bad: number] {
  const system = new System();
  let good = 0;
  for (const [position, step] of steps.entries()) {
    if (attempt(system, step) !== undefined) break;
    if ((position + 1) % every !== 0) continue;
    if (inspect(system) !== undefined) return [good, position + 1];
    good = position + 1;
  }
  return [good, steps.length];
}

/** The first step in `good+1 … bad` after which a rule is broken. */
function locate(
  steps: readonly Step[],
  good: number,
  bad: number,
  surfaced: number,
): FirstFault | undefined {
  const system = new System();
  for (const step of steps.slice(0, good)) attempt(system, step);
  for (let position = good; position < bad; position++) {
    const step = steps[position]!;
    const space = system.space(step.pid);
    const before = treeOf(space);
    const found = attempt(system, step) ?? inspect(system);
    if (found === undefined) continue;
    // A step that tore its address space down leaves the tree to look at in the one it had.
    return describe(position + 1, step, found, before, system.space(step.pid) ?? space, surfaced);
  }
  return undefined;
}

function describe(
  step: number,
  { ...what }: Step,
  { message }: ModelFailure,
  before: string,
  space: AddressSpace | undefined,
  surfaced: number,
): FirstFault {
  const call = describeStep(what);
  return { step, pid: what.pid, call, message, surfaced, before, after: treeOf(space) };
}

/** The tree as text; a broken one may not even print. */
function treeOf(space: AddressSpace | undefined): string {
  try {
    return space?.dumpTree() ?? "";
  } catch (error) {
    return `${error}`;
  }
}

/** The report: the step, the rule, and both trees with what changed marked. */
export function formatFault(fault: FirstFault): string {
  const { step, pid, call, message, surfaced } = fault;
  const later = surfaced > step ? `; without validation the run went on to step ${surfaced}` : "";
  return [
    `first fault after step ${step}, process ${pid}: ${call}`,
    `${message}${later}`,
    "",
    "the tree, - before and + after the step, changed slots in «»:",
    ...markChanges(fault.before, fault.after),
  ].join("\n");
}

/** Lines of both dumps, each node's and each slot's before and after together. */
export function markChanges(before: string, after: string): string[] {
  const old = before.split("\n");
  const marked: string[] = [];
  let from = 0;
  const lines = after.split("\n");
  for (const [position, line] of lines.entries()) {
    const same = old.indexOf(line, from);
    if (same >= 0 && !lines.slice(0, position).includes(line)) {
      for (; from < same; from++) marked.push(`- ${old[from]}`);
      marked.push(`  ${line}`);
      from++;
      continue;
    }
    const twin = old.findIndex((candidate, at) => at >= from && nodeOf(candidate) === nodeOf(line));
    if (nodeOf(line) === "" || twin < 0) {
      marked.push(`+ ${line}`);
      continue;
    }
    for (; from < twin; from++) marked.push(`- ${old[from]}`);
    const [oldWords, newWords] = [old[from++]!, line].map((text) => text.split(" "));
    marked.push(`- ${words(oldWords!, newWords!)}`, `+ ${words(newWords!, oldWords!)}`);
  }
  for (; from < old.length; from++) marked.push(`- ${old[from]}`);
  return marked;
}

/** The node that a line is about, empty for a line of a slot. */
function nodeOf(line: string): string {
  return /node 0x[0-9a-f]+/.exec(line)?.[0] ?? "";
}

/** The words of a line, those that are others in `twin` marked. */
function words(line: readonly string[], twin: readonly string[]): string {
  return line.map((word, position) => word === twin[position] ? word : `«${word}»`).join(" ");
}
