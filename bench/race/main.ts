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

import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { Watch } from "../../src/compare/busy.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { runTool } from "../../src/kernel/tool.ts";
import { thisHost } from "../../src/compare/host.ts";
import { compareLibraries, librariesTable, RANGES } from "./libraries.ts";
import { type CountedList, countList, countsTable } from "./counts.ts";
import { listOf, LISTS, writeOperations } from "./lists.ts";
import { compareNativeLibraries, findNativeLibraries } from "./native_libraries.ts";
import { findKernelRacers, findPairRacers, findRacers } from "./racers.ts";
import { raceSizes, sizedList, SIZES, sizesTable } from "./sizes.ts";
import type { RacedList } from "./result.ts";
import { markdown, table, updated } from "./table.ts";
import { type PairResult, pairText, racePairs, runAll } from "./turns.ts";

const SPECIFICATION = {
  name: "race",
  summary:
    "Performs the tree operations of recorded programs on Maple and on native trees and maps,\n" +
    "and pairs of mmap and munmap on the model and on the running kernel.",
  usage: "[options] [TRACE…]",
  operands: [0, Infinity],
  options: {
    rounds: { value: "N", help: "turns of each racer (3; of JavaScript's libraries 50)" },
    markdown: { help: "print what README says: the table, the machine, and where Maple is behind" },
    update: {
      help: "write that into a file, between its lines <!-- race --> and <!-- /race -->",
      value: "FILE",
    },
    libraries: {
      help:
        "compare JavaScript's range maps, boost's and Guava's with RangeMap instead, operation by operation",
    },
    sizes: {
      help:
        "race one kind of operation at a time with the kernel's tree, at 60, 1,000 and 65,000 ranges, warm and in the first pass; TRACE is then a list, `find/60`",
    },
    counts: {
      help:
        "count instructions, branches and cache misses an operation by valgrind instead; TRACE may be a list, `find/60`",
    },
    json: { help: "print one JSON object instead of a table" },
  },
  details:
    "TRACE is a name in traces/, without .jsonl.gz; unless given cc1-2022, cc1-ggc, cc1-large, gcc-make, all recordings " +
    "of\nthe repository one after the other, and random operations. Needs g++, gcc, rustc, Debian's libabsl-dev, linux-source and liburcu-dev; --libraries Debian's libboost-dev,\nlibguava-java and a JDK; whoever cannot be built is left out, and it is said why.\n" +
    "Exit status: 0 all answers were equal, 1 they were not, 2 it could not run.",
} as const;

/** Operations a turn: long enough for V8 to have compiled half-way. */
const OPERATIONS = 3_000_000;
const LEAST_PASSES = 40;

/** What is counted unless something is named. */
const COUNTED = ["cc1-2022", "cc1-ggc", "cc1-large", "gcc-make", ...SIZES];

async function main(args: CommandArguments): Promise<number> {
  if (args.has("libraries")) return await raceLibraries(args);
  if (args.has("counts")) return await count(args);
  return args.has("sizes") ? await raceBySize(args) : await raceLists(args);
}

/** Maple beside the kernel's tree, one kind of operation at a time. */
async function raceBySize(args: CommandArguments): Promise<number> {
  const progress = new Progress();
  const show = (what: string) => progress.show(() => what);
  const { racers, absent } = await findKernelRacers(show);
  const watch = await Watch.begin();
  const names = args.operands.length > 0 ? args.operands : SIZES;
  const rounds = args.integer("rounds", 1) ?? 3;
  const lists = await raceSizes(racers, names, rounds, show).finally(() => progress.clear());
  const { cpu } = thisHost();
  const busy = watch.end();
  if (args.has("json")) printJson({ cpu, busy, rounds, lists, absent });
  else {
    print(`${cpu}; nanoseconds, least of ${rounds} turns\n\n${sizesTable(lists)}`);
    for (const { name, why } of absent) print(`without ${name}: ${why}`);
    if (busy !== undefined) print(busy);
  }
  return lists.every(({ results }) => new Set(results.map(({ hash }) => hash)).size === 1) ? 0 : 1;
}

/** What an operation costs besides time. */
async function count(args: CommandArguments): Promise<number> {
  const progress = new Progress();
  const show = (what: string) => progress.show(() => what);
  const { racers, absent } = await findKernelRacers(show);
  using folder = TemporaryFolder.create("maple-race-");
  const counted: CountedList[] = [];
  try {
    for (const name of args.operands.length > 0 ? args.operands : COUNTED) {
      if (name.includes("/")) {
        const list = await sizedList(name, folder.path);
        counted.push(await countList(racers, name, list.args, list.units, show));
        continue;
      }
      const list = await listOf(name);
      const file = `${folder.path}/operations`;
      await writeOperations(list, file);
      counted.push(await countList(racers, name, [file], list.length, show));
    }
  } finally {
    progress.clear();
  }
  if (args.has("json")) {
    printJson(counted.map(({ name, counts }) => ({ name, counts: Object.fromEntries(counts) })));
  } else print(countsTable(counted));
  for (const { name, why } of absent) print(`without ${name}: ${why}`);
  return 0;
}

async function raceLibraries(args: CommandArguments): Promise<number> {
  if (args.operands.length > 0) throw new Unable("--libraries takes no traces; see --help");
  const watch = await Watch.begin();
  const ours = compareLibraries(args.integer("rounds", 5));
  const progress = new Progress();
  const { racers, absent } = await findNativeLibraries((what) =>
    progress.show(() => `building: ${what}`)
  );
  const natives = await compareNativeLibraries(
    racers,
    (what) => progress.show(() => what),
    { ranges: RANGES },
  ).finally(() => progress.clear());
  const compared = ours.map((row, i) => ({
    ...row,
    ratios: { ...row.ratios, ...natives[i]!.ratios },
  }));
  const { cpu } = thisHost();
  const busy = watch.end();
  const unequal = natives.filter(({ equal }) => !equal).map(({ workload }) => workload);
  const text = [
    `On ${cpu}, 1,000 ranges, each time over that of \`RangeMap\`:`,
    librariesTable(compared),
    ...absent.map(({ name, why }) => `Without ${name}: ${why}.`),
    ...(unequal.length === 0 ? [] : [`Not all answers are equal: ${unequal.join(", ")}.`]),
    ...(busy === undefined ? [] : [`${busy}.`]),
  ].join("\n\n");
  if (args.has("json")) printJson({ cpu, busy, compared, absent, unequal });
  else await give(args, text);
  return unequal.length === 0 ? 0 : 1;
}

/** Prints a text of Markdown, or writes it where `--update` says. */
async function give(args: CommandArguments, text: string): Promise<void> {
  const file = args.text("update");
  if (file === undefined) return print(text);
  await Deno.writeTextFile(file, updated(await Deno.readTextFile(file), text));
  await runTool(Deno.execPath(), ["fmt", "-q", file], "format the file");
}

async function raceLists(args: CommandArguments): Promise<number> {
  const rounds = args.integer("rounds", 1) ?? 3;
  const names = args.operands.length > 0 ? args.operands : LISTS;
  const progress = new Progress();
  const { racers, absent } = await findRacers((what) => progress.show(() => `building: ${what}`));
  const pairs = await findPairRacers((what) => progress.show(() => `building: ${what}`));
  let pair: PairResult | undefined;
  const lists: RacedList[] = [];
  const watch = await Watch.begin();
  using folder = TemporaryFolder.create("maple-race-");
  try {
    for (const trace of names) {
      const file = `${folder.path}/operations`;
      const list = await listOf(trace);
      const operations = list.length;
      await writeOperations(list, file);
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
  const busy = watch.end();
  const race = { cpu: host.cpu, busy, rounds, lists, pair, absent };
  if (args.has("json")) printJson(race);
  else if (args.has("markdown") || args.has("update")) await give(args, markdown(race));
  else {
    print(`${host.cpu}; ns an operation, least of ${rounds} turns (first pass)\n`);
    print(table(lists, true));
    print(`\n${pairText(pair)}`);
    for (const { name, why } of absent) print(`without ${name}: ${why}`);
    if (busy !== undefined) print(busy);
  }
  return lists.every(({ results }) => new Set(results.map(({ hash }) => hash)).size === 1) ? 0 : 1;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
