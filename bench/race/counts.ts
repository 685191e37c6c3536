/**
 * What an operation costs besides time: instructions, memory accesses, branches, and those that a simulated processor
 * guesses wrong or does not find in its first cache, by valgrind's cachegrind. Where a processor's own counters may not
 * be read, as on most virtual machines, this is what there is.
 *
 * Each racer performs a list a number of times and three times as often; the difference is free of the start, and, as
 * V8 has compiled by then, of the compiler.
 *
 * @module
 */

import { outputOf } from "../../src/command/child.ts";
import { Unable } from "../../src/command/command.ts";
import { columns } from "./columns.ts";
import { KERNEL, MAPLE, type Racer } from "./racers.ts";

/** Counts of one operation. */
export interface Counts {
  readonly instructions: number;
  readonly reads: number;
  readonly writes: number;
  readonly branches: number;
  readonly mispredicted: number;
  readonly missed: number;
}

/** One list, counted. */
export interface CountedList {
  readonly name: string;
  readonly counts: ReadonlyMap<string, Counts>;
}

const CACHEGRIND = [
  "--tool=cachegrind",
  "--cache-sim=yes",
  "--branch-sim=yes",
  "--smc-check=all-non-file",
  "--cachegrind-out-file=/dev/null",
];

/** One thread, and nothing that depends on time. */
const V8_FLAGS = "--v8-flags=--single-threaded,--predictable";

/** Operations of the short run: enough for every function to have been compiled, by the last of V8's compilers. */
const SHORT = 1_000_000;

/** The long run is so many times the short one. */
const LONGER = 3;

/** Where each count stands in what cachegrind prints. */
const LINES: Readonly<Record<keyof Counts, RegExp>> = {
  instructions: /I\s+refs:\s+([\d,]+)/,
  reads: /D\s+refs:\s+[\d,]+\s+\(\s*([\d,]+) rd/,
  writes: /D\s+refs:.*\+\s*([\d,]+) wr/,
  branches: /Branches:\s+([\d,]+)/,
  mispredicted: /Mispredicts:\s+([\d,]+)/,
  missed: /D1\s+misses:\s+([\d,]+)/,
};

/** Reads what cachegrind printed; undefined if it printed no counts. */
export function readCounts(text: string): Counts | undefined {
  const read = (key: keyof Counts) => {
    const digits = LINES[key].exec(text)?.[1];
    return digits === undefined ? NaN : Number(digits.replaceAll(",", ""));
  };
  const counts = {
    instructions: read("instructions"),
    reads: read("reads"),
    writes: read("writes"),
    branches: read("branches"),
    mispredicted: read("mispredicted"),
    missed: read("missed"),
  };
  return Object.values(counts).some(Number.isNaN) ? undefined : counts;
}

/**
 * Counts what one unit of a list costs Maple and the kernel's tree.
 *
 * @param list the racer's arguments before the number of passes
 * @param units of a pass
 * @throws {Unable} valgrind is not installed, or gave no counts
 */
export async function countList(
  racers: readonly Racer[],
  name: string,
  list: readonly string[],
  units: number,
  onProgress: (what: string) => void,
): Promise<CountedList> {
  const counts = new Map<string, Counts>();
  const short = Math.max(2, Math.ceil(SHORT / units));
  for (const racer of racers.filter(({ name }) => name === MAPLE || name === KERNEL)) {
    onProgress(`${name}: counting, ${racer.name}`);
    const [few, many] = await Promise.all(
      [short, LONGER * short].map((passes) => countRun(racer, list, passes)),
    );
    const each = (key: keyof Counts) => (many![key] - few![key]) / ((LONGER - 1) * short * units);
    counts.set(racer.name, {
      instructions: each("instructions"),
      reads: each("reads"),
      writes: each("writes"),
      branches: each("branches"),
      mispredicted: each("mispredicted"),
      missed: each("missed"),
    });
  }
  return { name, counts };
}

async function countRun(
  { name, command: [program = "", verb = "", ...rest] }: Racer,
  list: readonly string[],
  passes: number,
): Promise<Counts> {
  const args = [...CACHEGRIND, program, verb, V8_FLAGS, ...rest, ...list, `${passes}`];
  const output = await outputOf("valgrind", { args, stdin: "null", env: { NO_COLOR: "1" } }).catch(
    (error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      throw new Unable("Cannot count: valgrind is not installed");
    },
  );
  const counts = readCounts(new TextDecoder().decode(output.stderr));
  if (counts === undefined) throw new Unable(`Cannot count ${name}: valgrind gave no counts`);
  return counts;
}

const HEADINGS: Readonly<Record<keyof Counts, string>> = {
  instructions: "instructions",
  reads: "reads",
  writes: "writes",
  branches: "branches",
  mispredicted: "guessed wrong",
  missed: "not in the first cache",
};

/** A row for each list: each count of Maple's and of the kernel's tree. */
export function countsTable(lists: readonly CountedList[]): string {
  const keys: readonly (keyof Counts)[] = [
    "instructions",
    "reads",
    "writes",
    "branches",
    "mispredicted",
    "missed",
  ];
  const rows = lists.map(({ name, counts }) => {
    const cell = (key: keyof Counts) =>
      [MAPLE, KERNEL].map((racer) => countText(counts.get(racer)?.[key])).join(" · ");
    return [name, ...keys.map(cell)];
  });
  return columns([["maple · C", ...keys.map((key) => HEADINGS[key])], ...rows]);
}

function countText(count: number | undefined): string {
  return count === undefined ? "–" : count.toFixed(count < 10 ? 2 : 0);
}
