/**
 * Reducing a trace to one from which nothing can be removed, whatever it is that goes wrong in it.
 *
 * What may be removed: a call with what it brought about, a fault, a stack growth, a fork, an exit, and each VMA of a
 * layout with which a program begins. Then mappings are fixed to where they were placed, and addresses are renumbered.
 * What the kernel showed says nothing about a part of a run, so the reduced trace carries none of it and is marked
 * approximate.
 *
 * @module
 */

import { MAP_FIXED } from "../../abi/mman.ts";
import { PAGE_SIZE, pageAlignUp } from "../../abi/page.ts";
import { systemCall } from "../../abi/syscalls.ts";
import type { EnterRecord, ExecRecord, TraceRecord } from "../../trace/format.ts";
import { StepReader } from "../step.ts";
import { reduceAsync } from "./reduce.ts";

/** One thing that may be removed: a record with those that belong to it, or a line of a record's layout. */
interface Atom {
  readonly records: readonly number[];
  readonly line?: number;
}

/**
 * Reduces a trace. O(n log n) trials if few records matter.
 *
 * @param step the first that goes wrong, from 1
 * @param fails whether a part of the trace still goes wrong in the same way
 * @returns the reduced trace, with header and end
 */
export async function reduceTrace(
  whole: readonly TraceRecord[],
  step: number,
  fails: (records: readonly TraceRecord[]) => boolean | Promise<boolean>,
): Promise<TraceRecord[]> {
  const reduced = async (from: readonly TraceRecord[]) =>
    keep(from, await reduceAsync(atomsOf(from), async (kept) => await fails(keep(from, kept))));
  const changed = async (from: TraceRecord[], change: (from: TraceRecord[]) => TraceRecord[]) => {
    const to = change(from);
    return await fails(to) ? to : from;
  };
  // A mapping that stays where it was placed needs none of those before it.
  let records = await changed(withoutRecorded(cutBehind(whole, step)), fixMappings);
  records = await reduced(records);
  for (const change of [fixMappings, renumber]) records = await changed(records, change);
  return await reduced(records);
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
