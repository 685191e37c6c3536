/**
 * Calls of a text, and what the model answers to each: `equal`, what it would answer, or why it cannot know.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../../src/abi/mman.ts";
import { Answers } from "../../../src/replay/imported/answers.ts";
import { StepReader } from "../../../src/replay/step.ts";
import { System } from "../../../src/replay/system.ts";
import type {
  ExecRecord,
  OpenFile,
  PlacementPolicy,
  TraceRecord,
} from "../../../src/trace/format.ts";
import { call, FILE, PID, start } from "../records.ts";

/** Private anonymous memory, to be placed by the kernel. */
export const ANON: number = MAP_PRIVATE | MAP_ANONYMOUS;
/** A file of 8 MiB. */
export const LIBRARY: OpenFile = { ...FILE, name: "lib.so", size: 0x80_0000, access: "read-write" };
export const MIB: number = 2 ** 20;
/** The end of the first mapping of a program, no whole number of huge pages. */
export const TOP = 0x7fff_f7fc_2000;

/** What the model says of each call: `equal`, what it would answer, or why it cannot know. */
export function answers(
  records: readonly TraceRecord[],
  exec: Partial<ExecRecord> = { unknown: "new" },
  placement?: PlacementPolicy,
): string[] {
  const system = new System(), reader = new StepReader();
  const asked = new Answers(system, placement);
  const said: string[] = [];
  const counts = { asked: 0, equal: 0, different: 0, cannotKnow: 0 };
  const all = [...start({ fidelity: "imported" }, exec.layout, { brk: 0, ...exec }), ...records];
  for (const record of all) {
    asked.take(record);
    const step = reader.read(record);
    if (step === undefined) continue;
    const answer = asked.before(step);
    system.apply(step);
    asked.after(step);
    if (answer === undefined) continue;
    counts.asked++;
    counts[answer.kind === "cannot know" ? "cannotKnow" : answer.kind]++;
    said.push(
      answer.kind === "equal" ? "equal" : answer.kind === "different" ? answer.model : answer.why,
    );
  }
  assertEquals(asked.counts, counts);
  return said;
}

/** The answer to the last call. */
export function last(...calls: TraceRecord[][]): string {
  return answers(calls.flat()).at(-1) ?? "nothing";
}

/** The answer to the last call where it is known how the kernel places. */
export function lastBy(placement: PlacementPolicy, ...calls: TraceRecord[][]): string {
  return answers(calls.flat(), { unknown: "new" }, placement).at(-1) ?? "nothing";
}

/** What a call of mmap has beyond a length and a result. */
export interface More {
  readonly flags?: number;
  readonly hint?: number;
  readonly file?: OpenFile;
  readonly offset?: number;
  readonly pid?: number;
  readonly error?: string;
}

/** A call of mmap. */
export function mmap(length: number, result: number, more: More = {}): TraceRecord[] {
  const { flags = ANON, hint = 0, file, offset = 0, pid = PID, error } = more;
  const leave = error === undefined ? { result } : { result: -1, error };
  const args = [hint, length, 1, flags, file === undefined ? -1 : 3, offset];
  return call("mmap", args, leave, { pid, ...(file !== undefined && { file }) });
}

/** A number as the model's answers show it. */
export const hex = (value: number): string => `0x${value.toString(16)}`;

/** Two mappings of a page, of which the first says that all below it is free. */
export const FIRST: TraceRecord[] = [...mmap(0x1000, TOP - 0x1000), ...mmap(0x1000, TOP - 0x2000)];
export const BELOW: number = TOP - 0x2000;
export const NOT_SHOWN = "what is mapped there is not shown";
export const GONE = "what was mapped there was unmapped by a call that is not shown";
export const NEARBY = "what else is mapped there is not shown";

/** Where so many MiB go below the two pages, and where they begin on a huge page. */
export const plain = (mib: number): number => BELOW - mib * MIB;
export const aligned = (mib: number): number =>
  Math.ceil((BELOW - (mib + 2) * MIB) / (2 * MIB)) * 2 * MIB;
export const DIFFER = "kernels differ in how they align mappings this large";

/** A call of mremap by its arguments. */
export function mremap(
  [address, old, length, flags, target = 0]: readonly number[],
  result: number,
  error?: string,
): TraceRecord[] {
  const args = [address!, old!, length!, flags!, target];
  return call("mremap", args, error === undefined ? { result } : { result: -1, error });
}
