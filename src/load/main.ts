/**
 * `deno task load`: many recorded programs at once, with too little memory, until something breaks.
 *
 * The task gives V8's young generation 64 MiB: what 64 processes' pages and events leave behind lives longer than one
 * collection of the usual size, which would copy it each time.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { readInput, writeText } from "../command/files.ts";
import { oneLine, print, printJson } from "../command/output.ts";
import { pathOf } from "../command/paths.ts";
import { Progress } from "../command/progress.ts";
import { type KernelRules, kernelRules } from "../mm/rules/kernel_rules.ts";
import { rulesOption, tellTakenAs } from "../replay/rules_option.ts";
import { interruption } from "../command/signals.ts";
import type { HugePagePolicy } from "../mm/pages/physical_memory.ts";
import { EventList } from "./event.ts";
import { FEWEST_PAGES } from "./load.ts";
import { formatEvents, type LoadMachine, parseEvents } from "./event_file.ts";
import type { Program } from "./lives.ts";
import { readPrograms } from "./programs.ts";
import {
  drawnEvents,
  type LoadReport,
  type LoadStatus,
  replayEvents,
  runLoad,
  type RunOptions,
} from "./run.ts";
import { SLICE } from "./scheduler.ts";
import { shrinkLoad } from "./shrink.ts";

const SPECIFICATION = {
  name: "load",
  summary: "Runs many recorded programs side by side in one machine with too little memory.",
  usage: "[options] [FILE…]",
  operands: [0, Infinity],
  options: {
    processes: {
      help:
        "recorded processes that live at the same time (16); children that events fork come on top, a quarter as many",
      value: "N",
    },
    memory: { help: "memory of the machine: 64M, 512K, 1G (64M)", value: "SIZE" },
    swap: { help: "its swap device, the same way (512M)", value: "SIZE" },
    slice: {
      help:
        "a process keeps one of the two processors for 1 to N events (32); 1: another at each event",
      value: "N",
    },
    seed: { help: "seed of all chance (1)", value: "N" },
    steps: { help: "events (1000000)", value: "N" },
    seconds: { help: "instead: as many events as fit into so many seconds", value: "N" },
    huge: {
      help: "which memory gets huge pages: never, madvise, always (madvise)",
      value: "WHICH",
    },
    rules: { help: "go by the rules of this kernel, 6.1 say; placement stays", value: "VERSION" },
    locks: {
      help:
        "check locks and their order, and let a second task of a process touch memory beside its calls",
    },
    check: { help: "check the whole machine every N events (1000000)", value: "N" },
    replay: { help: "instead: replay the events that a finding was reduced to", value: "FILE" },
    out: { help: "where the reduced events of a finding go (load-finding.jsonl)", value: "FILE" },
    json: { help: "print one JSON object instead of text" },
  },
  details:
    "Programs are the recordings FILE…, all of traces/ unless given. The same seed gives the same run, event by event: " +
    "its hash is printed. What is found is reduced to the few events that matter. Exit status: 0 nothing was found, " +
    "1 a rule is broken, 2 it could not run.",
} as const;

/** Longest time in which no signal is heard, apart from that of 10,000 events, ms: each turn waits for a timer. */
const TURN_MS = 100;

/** Bytes of a page. */
const PAGE = 4096;

async function main(args: CommandArguments): Promise<number> {
  const replayed = args.text("replay");
  if (replayed !== undefined) return await replayFile(args, replayed);
  const files = args.operands.length > 0 ? args.operands : await recordings();
  const rules = rulesOption(args);
  const taken = tellTakenAs("load", args);
  const programs = await readPrograms(files, rules);
  const options: RunOptions = {
    programs,
    memoryPages: sizeOf(args, "memory", "64M"),
    swapPages: sizeOf(args, "swap", "512M"),
    hugePages: args.choice<HugePagePolicy>("huge", ["never", "madvise", "always"]) ?? "madvise",
    seed: args.integer("seed") ?? 1,
    locks: args.has("locks"),
    mayPart: rules !== undefined,
    processes: args.integer("processes", 1) ?? 16,
    slice: args.integer("slice", 1) ?? SLICE,
    events: args.has("seconds") ? Infinity : args.integer("steps", 1) ?? 1_000_000,
    checkEvery: args.integer("check", 1) ?? 1_000_000,
  };
  const seconds = args.has("seconds") ? args.integer("seconds", 1)! : Infinity;
  const report = await run(options, seconds);
  const { eventsPerSecond } = report;
  if (args.has("json")) printJson({ ...taken, ...report.report, eventsPerSecond });
  else print(formatReport(report.report, eventsPerSecond));
  if (report.report.finding === undefined) return 0;
  await reduceFinding(args, { ...options, events: report.report.events }, programs);
  return 1;
}

/** Runs with a line of progress, until it is over or a signal asks it to end. */
async function run(
  options: RunOptions,
  seconds: number,
): Promise<{ readonly report: LoadReport; readonly eventsPerSecond: number }> {
  const progress = new Progress();
  const signal = interruption();
  const startMs = performance.now();
  let turnMs = startMs;
  const onSlice = async (status: LoadStatus) => {
    const nowMs = performance.now();
    const elapsedMs = nowMs - startMs;
    if (nowMs - turnMs < TURN_MS) return elapsedMs > seconds * 1000;
    await new Promise((resolve) => setTimeout(resolve)); // signals arrive between two turns only
    turnMs = performance.now();
    signal.throwIfAborted();
    progress.show(() => formatProgress(status, elapsedMs));
    return elapsedMs > seconds * 1000;
  };
  const report = await runLoad({ ...options, onSlice });
  progress.clear();
  const elapsedMs = performance.now() - startMs;
  return { report, eventsPerSecond: Math.round(report.events / elapsedMs * 1000) };
}

function formatProgress(status: LoadStatus, elapsedMs: number): string {
  const { events, pagesInMemory, pagesInSwap, mapCounts: counts } = status;
  return `${events} events, ${
    Math.round(events / elapsedMs * 1000)
  }/s, ${counts.length} processes, ` +
    `${pagesInMemory} pages in memory, ${pagesInSwap} in swap, map_count ` +
    `${counts[0] ?? 0}/${counts[counts.length >> 1] ?? 0}/${counts.at(-1) ?? 0}`;
}

function formatReport(report: LoadReport, eventsPerSecond: number): string {
  const { events, hash, killed, started, parted, finding } = report;
  const line = `${events} events of ${started} runs, ${killed} killed for memory, ` +
    `${eventsPerSecond} events/s, hash ${hash}` +
    (parted === 0 ? "" : `, ${parted} ended at a call that these rules answer otherwise`);
  return finding === undefined
    ? `${line}\nnothing found`
    : `${line}\nfound at event ${events}: ${oneLine(finding.message)}`;
}

async function reduceFinding(
  args: CommandArguments,
  options: RunOptions,
  programs: readonly Program[],
): Promise<void> {
  const shrunk = shrinkLoad(options, drawnEvents(options, new EventList()));
  if (shrunk === undefined) {
    print("its events find nothing when they are replayed alone: it is not reduced");
    return;
  }
  const { memoryPages, swapPages, hugePages } = options;
  const names = programs.map(({ name }) => name);
  const rules = args.text("rules");
  const machine: LoadMachine = {
    ...{ format: 1, memoryPages, swapPages, hugePages },
    ...(rules !== undefined && { rules }),
    ...(options.locks && { locks: true }),
    programs: names,
  };
  const file = args.text("out") ?? "load-finding.jsonl";
  await writeText(file, formatEvents(machine, shrunk.events));
  if (args.has("json")) return;
  print(`reduced to ${shrunk.events.length} events: ${oneLine(shrunk.finding.message)}`);
  for (const { kind, life, argument } of shrunk.events) {
    print(`  ${kind} ${life} ${argument >= PAGE ? `0x${argument.toString(16)}` : argument}`);
  }
  print(`deno task load --replay ${oneLine(file)} replays them`);
}

async function replayFile(args: CommandArguments, file: string): Promise<number> {
  const { machine, events } = parseEvents(file, await readInput(file));
  const files = args.operands.length > 0 ? args.operands : await recordings();
  const known = await readPrograms(files, rulesOfFile(file, machine));
  const programs = machine.programs.map((name) => {
    const program = known.find((candidate) => candidate.name === name);
    if (program === undefined) {
      throw new Unable(`Cannot replay ${file}: no recording is called ${name}`);
    }
    return program;
  });
  const report = replayEvents({
    ...machine,
    programs,
    locks: machine.locks ?? args.has("locks"),
    mayPart: machine.rules !== undefined,
  }, events);
  if (args.has("json")) printJson(report);
  else {
    print(
      report.finding === undefined
        ? `${report.events} events: nothing found`
        : `found at event ${report.events} of ${events.length}: ${oneLine(report.finding.message)}`,
    );
  }
  return report.finding === undefined ? 0 : 1;
}

/** The rules that a file of events names. */
function rulesOfFile(file: string, { rules }: LoadMachine): KernelRules | undefined {
  try {
    return rules === undefined ? undefined : kernelRules(rules);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Unable(`Cannot replay ${file}: it names no kernel's version, but "${rules}"`);
  }
}

/** The recordings of the checkout, by name. */
async function recordings(): Promise<string[]> {
  const folder = pathOf("traces/");
  const files: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".jsonl.gz")) files.push(folder + name);
  }
  return files.sort();
}

/** A size as pages. */
function sizeOf(args: CommandArguments, name: string, unless: string): number {
  const text = args.text(name) ?? unless;
  const [, digits, unit] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) *
    { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit?.toUpperCase() ?? ""]!;
  const least = name === "swap" ? 1 : FEWEST_PAGES;
  if (!(bytes >= least * PAGE) && !(name === "swap" && bytes === 0)) {
    const sizes = `a size such as 64M, ${least * PAGE / 2 ** 10}K at least`;
    throw new Unable(
      `--${name} takes ${name === "swap" ? "0 or " : ""}${sizes}, not ${JSON.stringify(text)}`,
    );
  }
  return Math.floor(bytes / PAGE);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
