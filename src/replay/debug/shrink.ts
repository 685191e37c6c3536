/**
 * Reducing a failing trace to one from which nothing can be removed.
 *
 * A trace fails if the model breaks a rule of its own in it. What may be removed: a call with what it brought about,
 * a fault, a stack growth, a fork, an exit, and each VMA of a layout with which a program begins. Then mappings are
 * fixed to where they were placed, and addresses are renumbered. What the kernel showed says nothing about a part of
 * a run, so the reduced trace carries none of it and is marked approximate.
 *
 * If the tree alone shows the fault, its operations are reduced further by themselves: see `shrink_operations.ts`.
 *
 * @module
 */

import { MAP_FIXED } from "../../abi/mman.ts";
import { systemCall } from "../../abi/syscalls.ts";
import { PAGE_SIZE, pageAlignUp } from "../../abi/page.ts";
import type { EnterRecord, ExecRecord, TraceRecord } from "../../trace/format.ts";
import { attempt, inspect, type ModelFailure } from "./failure.ts";
import { System } from "../system.ts";
import { compileTrace } from "../compiled.ts";
import { reduce } from "./reduce.ts";
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

/** One thing that may be removed: a record with those that belong to it, or a line of a record's layout. */
interface Atom {
  readonly records: readonly number[];
  readonly line?: number;
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
  const fails = (records: readonly TraceRecord[]) => failsAs(failure, records);

  let records = withoutRecorded(cutBehind(whole, first.step));
  const atoms = reduce(atomsOf(records), (kept) => fails(keep(records, kept)));
  records = keep(records, atoms);
  for (const change of [fixMappings, renumber]) {
    const changed = change(records);
    if (fails(changed)) records = changed;
  }
  records = keep(records, reduce(atomsOf(records), (kept) => fails(keep(records, kept))));
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

/** The records up to the one that is step `step`, and the end. */
function cutBehind(records: readonly TraceRecord[], step: number): TraceRecord[] {
  const reader = new StepReader();
  let seen = 0;
  const cut = records.findIndex((record) => reader.read(record) !== undefined && ++seen === step);
  const end: TraceRecord = { type: "end", reason: "interrupted" };
  return [...records.slice(0, cut + 1), end];
}

/** The records without what the kernel showed after each call. */
function withoutRecorded(records: readonly TraceRecord[]): TraceRecord[] {
  return records.map((record) => {
    if (record.type === "header") {
      return record.fidelity === "imported" ? record : { ...record, fidelity: "approximate" };
    }
    if (record.type === "leave") return { ...record, removed: [], added: [] };
    if (record.type !== "fork") return record;
    const { layout: _, ...fork } = record;
    return fork;
  });
}

/** All that may be removed; header and end stay. A call that does not return does nothing, and goes in any case. */
function atomsOf(records: readonly TraceRecord[]): Atom[] {
  const atoms: Atom[] = [];
  const entered = new Map<number, number>();
  for (const [position, record] of records.entries()) {
    if (record.type === "header" || record.type === "end") continue;
    if (record.type === "enter") entered.set(record.pid, position);
    else if (record.type === "leave") {
      const enter = entered.get(record.pid);
      entered.delete(record.pid);
      atoms.push({ records: enter === undefined ? [position] : [enter, position] });
    } else atoms.push({ records: [position] });
    if (record.type !== "exec") continue;
    for (const line of record.layout.keys()) atoms.push({ records: [position], line });
  }
  return atoms;
}

/** The records that the atoms kept speak of, with the lines kept of their layouts. */
function keep(records: readonly TraceRecord[], kept: readonly Atom[]): TraceRecord[] {
  const whole = new Set(kept.flatMap((atom) => atom.line === undefined ? atom.records : []));
  const lines = new Set(
    kept.flatMap((atom) => atom.line === undefined ? [] : [`${atom.records[0]} ${atom.line}`]),
  );
  return records.flatMap((record, position): TraceRecord[] => {
    if (record.type === "header" || record.type === "end") return [record];
    if (!whole.has(position)) return [];
    if (record.type !== "exec") return [record];
    return [{
      ...record,
      layout: record.layout.filter((_, line) => lines.has(`${position} ${line}`)),
    }];
  });
}

/** Every mapping that the kernel placed is asked for at that very address. */
function fixMappings(records: readonly TraceRecord[]): TraceRecord[] {
  const results = new Map<number, number>();
  for (const [position, record] of records.entries()) {
    if (record.type !== "leave" || record.call !== "mmap" || record.error !== undefined) continue;
    const before = records.slice(0, position);
    results.set(
      before.findLastIndex((r) => r.type === "enter" && r.pid === record.pid),
      record.result,
    );
  }
  return records.map((record, position) => {
    const result = results.get(position);
    if (record.type !== "enter" || result === undefined) return record;
    const [, length = 0, protection = 0, flags = 0, ...rest] = record.args;
    return { ...record, args: [result, length, protection, flags | MAP_FIXED, ...rest] };
  });
}

/** Where page numbers begin after renumbering. */
const FIRST_PAGE = 16;

/** Addresses moved together: n boundaries in a row end up a page apart. */
function renumber(records: readonly TraceRecord[]): TraceRecord[] {
  const boundaries = new Set<number>();
  for (const record of records) {
    for (const address of addressesOf(record)) boundaries.add(address);
  }
  const places = new Map(
    [...boundaries].sort((a, b) => a - b).map((
      address,
      i,
    ) => [address, (FIRST_PAGE + i) * PAGE_SIZE]),
  );
  const at = (address: number) => places.get(address) ?? address;
  return records.map((record) => {
    if (record.type === "exec") return moveLayout(record, at);
    if (record.type === "enter") return moveCall(record, at);
    if (record.type === "fault") return { ...record, address: at(record.address) };
    if (record.type === "grow") return { ...record, start: at(record.start) };
    if (record.type === "leave") return { ...record, result: at(record.result) };
    return record;
  });
}

function addressesOf(record: TraceRecord): number[] {
  if (record.type === "exec") {
    return [record.brk, ...record.layout.flatMap(({ start, end }) => [start, end])];
  }
  if (record.type === "fault") return [record.address];
  if (record.type === "grow") return [record.start];
  if (record.type !== "enter") return [];
  const [address = 0, length = 0] = record.args;
  if (record.call === "brk") return [pageAlignUp(address)];
  return systemCall(record.call)?.range ? [address, address + pageAlignUp(length)] : [];
}

function moveLayout(record: ExecRecord, at: (address: number) => number): ExecRecord {
  const layout = record.layout.map((line) => ({
    ...line,
    start: at(line.start),
    end: at(line.end),
  }));
  return { ...record, layout, brk: at(record.brk) };
}

function moveCall(record: EnterRecord, at: (address: number) => number): EnterRecord {
  const [address = 0, length = 0, ...rest] = record.args;
  if (record.call === "brk") return { ...record, args: [at(pageAlignUp(address))] };
  if (!systemCall(record.call)?.range) return record;
  const start = at(address);
  return { ...record, args: [start, at(address + pageAlignUp(length)) - start, ...rest] };
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
