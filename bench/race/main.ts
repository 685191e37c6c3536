/**
 * `deno task race`: the tree operations of recorded programs on Maple, on the kernel's own tree and on the ordered maps
 * that C++ and Rust programmers take.
 *
 * Each racer performs the same list in a process of its own; they take turns, so that all of them meet the same
 * machine. The first half of the passes is left out, as V8 compiles meanwhile; of the rest the least counts, which a
 * neighbour's milliseconds do not reach.
 *
 * @module
 */

import { loadavg } from "node:os";
import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { thisHost } from "../../src/compare/host.ts";
import { traceOf, treeWorkload } from "../traces.ts";
import { type PairResult, pairText, racePairs, type Result, runAll } from "./turns.ts";
import { findPairRacers, findRacers, KERNEL, type Racer } from "./racers.ts";

const SPECIFICATION = {
  name: "race",
  summary:
    "Performs the tree operations of recorded programs on Maple and on native trees and maps,\n" +
    "and pairs of mmap and munmap on the model and on the running kernel.",
  usage: "[options] [TRACE…]",
  operands: [0, Infinity],
  options: {
    rounds: { value: "N", help: "turns of each racer (3)" },
    json: { help: "print one JSON object instead of a table" },
  },
  details:
    "TRACE is a name in traces/, without .jsonl.gz; cc1-2022, cc1-ggc, cc1-large and gcc-make unless given. Needs g++, " +
    "gcc, rustc,\nDebian's libabsl-dev, linux-source and liburcu-dev; whoever cannot be built is left out, and it is said why.\n" +
    "Exit status: 0 all answers were equal, 1 they were not, 2 it could not run.",
} as const;

const TRACES = ["cc1-2022", "cc1-ggc", "cc1-large", "gcc-make"];
/** Operations a turn: long enough for V8 to have compiled half-way. */
const OPERATIONS = 3_000_000;
const LEAST_PASSES = 40;

async function main(args: CommandArguments): Promise<number> {
  const rounds = args.integer("rounds", 1) ?? 3;
  const names = args.operands.length > 0 ? args.operands : TRACES;
  const progress = new Progress();
  const { racers, absent } = await findRacers((what) => progress.show(() => `building: ${what}`));
  const pairs = await findPairRacers((what) => progress.show(() => `building: ${what}`));
  let pair: PairResult | undefined;
  const lists: { trace: string; operations: number; results: Result[] }[] = [];
  using folder = TemporaryFolder.create("maple-race-");
  try {
    for (const trace of names) {
      const file = `${folder.path}/operations`;
      const operations = await writeOperations(trace, file);
      const passes = Math.max(LEAST_PASSES, Math.ceil(OPERATIONS / operations));
      const results = await runAll(racers, file, passes, rounds, (racer, round) => {
        progress.show(() => `${trace}: ${racer}, turn ${round + 1} of ${rounds}`);
      });
      lists.push({ trace, operations, results });
    }
    progress.show(() => "pairs of mmap and munmap");
    pair = await racePairs(pairs, rounds);
  } finally {
    progress.clear();
  }
  const host = thisHost();
  const load = loadavg()[0]!;
  if (args.has("json")) printJson({ cpu: host.cpu, load, rounds, lists, pair, absent });
  else {
    print(`${host.cpu}; ns an operation, least of ${rounds} turns (first pass)\n`);
    print(table(lists, racers));
    print(`\n${pairText(pair)}`);
    for (const { name, why } of absent) print(`without ${name}: ${why}`);
    if (load > host.cores) {
      print(`The machine is busy (load ${load.toFixed(1)} on ${host.cores}): trust no figure.`);
    }
  }
  return lists.every(({ results }) => new Set(results.map(({ hash }) => hash)).size === 1) ? 0 : 1;
}

/** Writes the operations as rows of four doubles; gives their number. */
async function writeOperations(trace: string, file: string): Promise<number> {
  const compiled = await traceOf(trace).catch((error) => {
    if (error instanceof Deno.errors.NotFound) throw new Unable(`There is no trace ${trace}`);
    throw error;
  });
  const { length, verbs, as, bs, cs } = treeWorkload(compiled);
  const rows = new Float64Array(length * 4);
  for (let i = 0; i < length; i++) rows.set([verbs[i]!, as[i]!, bs[i]!, cs[i]!], i * 4);
  await Deno.writeFile(file, new Uint8Array(rows.buffer));
  return length;
}

function table(
  lists: readonly { readonly trace: string; readonly results: readonly Result[] }[],
  racers: readonly Racer[],
): string {
  const kernel = racers.findIndex(({ name }) => name === KERNEL);
  const rows = racers.map(({ name }, i) => [
    name,
    ...lists.map(({ results }) => {
      const { least, first } = results[i]!;
      const ratio = kernel < 0 ? "" : ` ${(least / results[kernel]!.least).toFixed(2)}`;
      return `${least.toFixed(1)}${ratio} (${first.toFixed(0)})`;
    }),
  ]);
  const all = [["", ...lists.map(({ trace }) => trace)], ...rows];
  const widths = all[0]!.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const lines = all.map((row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n") +
    (kernel < 0 ? "" : "\nThe second figure of each is the ratio to the kernel's tree.");
}

await runCommand(SPECIFICATION, main);
