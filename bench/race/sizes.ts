/**
 * One kind of operation at a time, at 60, 1,000 and 65,000 ranges: Maple beside the kernel's tree, warm and in the
 * first pass, whose code no compiler has seen yet.
 *
 * @module
 */

import { TemporaryFolder } from "../../src/command/files.ts";
import { Unable } from "../../src/command/command.ts";
import { RACE_WORKLOADS, raceWorkload } from "../../src/kernel/race/workloads.ts";
import { columns } from "./columns.ts";
import { writeOperations } from "./lists.ts";
import { KERNEL, MAPLE, type Racer } from "./racers.ts";
import { type Result, runAll } from "./turns.ts";

/** What is raced unless something is named. */
export const SIZES: readonly string[] = RACE_WORKLOADS.filter((name) =>
  /^(iterate|gap|build)\//.test(name)
);

/** One list, raced. */
export interface SizedResult {
  readonly name: string;
  /** What of `iterate` is a range, of `build` a store, else an operation: how many a pass has. */
  readonly units: number;
  /** Of Maple and, where it can be built, of the kernel's tree: nanoseconds a unit. */
  readonly results: readonly Result[];
}

/** A list on disk, as racers read it. */
export interface SizedList {
  readonly name: string;
  readonly units: number;
  /** The racer's arguments: whether each pass has a new map, what fills it, and the list. */
  readonly args: readonly string[];
  readonly operations: number;
}

/**
 * Writes a list for racers to read.
 *
 * @throws {Unable} there is no such list
 */
export async function sizedList(name: string, folder: string): Promise<SizedList> {
  const [kind = "", size = "0"] = name.split("/");
  if (!RACE_WORKLOADS.includes(name)) {
    throw new Unable(`There is no list ${name}; there are ${RACE_WORKLOADS.join(", ")}`);
  }
  const { operations, filling } = await raceWorkload(name);
  const files = [`${folder}/filling`, `${folder}/list`] as const;
  await writeOperations(filling, files[0]);
  await writeOperations(operations, files[1]);
  const units = operations.length * (kind === "iterate" ? Number(size) : 1);
  // What is built once is there the next time.
  const args = [...(kind === "build" ? ["--fresh"] : []), ...files];
  return { name, units, args, operations: operations.length };
}

/** Operations of a racer that count, at least. */
const UNITS = 3_000_000;
const LEAST_PASSES = 12;

/** Races lists by name; the racers take turns. */
export async function raceSizes(
  racers: readonly Racer[],
  names: readonly string[],
  rounds: number,
  onProgress: (what: string) => void,
): Promise<SizedResult[]> {
  const results: SizedResult[] = [];
  const taking = racers.filter(({ name }) => name === MAPLE || name === KERNEL);
  using folder = TemporaryFolder.create("maple-race-");
  for (const name of names) {
    const { units, args, operations } = await sizedList(name, folder.path);
    const [list = "", ...before] = args.toReversed();
    const passes = Math.max(LEAST_PASSES, Math.ceil(UNITS / units));
    const filled = taking.map((racer) => ({
      ...racer,
      command: [...racer.command, ...before.toReversed()],
    }));
    const each = await runAll(filled, list, passes, rounds, (racer, round) => {
      onProgress(`${name}: ${racer}, turn ${round + 1} of ${rounds}`);
    });
    const perUnit = (ns: number) => ns * operations / units;
    results.push({
      name,
      units,
      results: each.map((result) => ({
        ...result,
        least: perUnit(result.least),
        median: perUnit(result.median),
        first: perUnit(result.first),
      })),
    });
  }
  return results;
}

/** A row for each list: warm and first pass, each with its ratio. */
export function sizesTable(lists: readonly SizedResult[]): string {
  const rows = lists.map(({ name, units, results }) => {
    const [own, kernel] = [MAPLE, KERNEL].map((racer) => results.find((it) => it.racer === racer));
    const times = (key: "least" | "first") => [
      timeText(own?.[key]),
      timeText(kernel?.[key]),
      ratioText(own?.[key], kernel?.[key]),
    ];
    return [name, units.toLocaleString("en"), ...times("least"), ...times("first")];
  });
  const heading = ["ns", "in a pass", "maple", "C", "ratio", "maple, first", "C, first", "ratio"];
  return columns([heading, ...rows]);
}

function timeText(ns: number | undefined): string {
  return ns === undefined ? "–" : ns.toFixed(ns < 100 ? 1 : 0);
}

function ratioText(own: number | undefined, other: number | undefined): string {
  return own === undefined || other === undefined ? "–" : (own / other).toFixed(2);
}
