/**
 * `deno task kernel race BASE HEAD`: is this tree slower?
 *
 * @module
 */

import { type CommandArguments, type CommandSpecification, Unable } from "../../command/command.ts";
import { print, printJson } from "../../command/output.ts";
import { Progress } from "../../command/progress.ts";
import { interruption } from "../../command/signals.ts";
import { timeLeft } from "../../compare/command_line.ts";
import {
  type Column,
  formatMarkdown,
  formatText,
  isRegression,
  summary,
} from "../../compare/format.ts";
import { THRESHOLD } from "../../compare/verdict.ts";
import { withBuilds } from "./builds.ts";
import { type Race, race } from "./race.ts";
import { RACE_WORKLOADS } from "./workloads.ts";

/** What the command takes. */
export const RACE: CommandSpecification = {
  name: "kernel race",
  summary: "Times two kernels' trees against each other, interleaved, and against Maple.",
  usage: "BASE [HEAD] [options]",
  operands: [1, 2],
  options: {
    source: {
      help: "a git checkout: BASE and HEAD are revisions of it; without HEAD its working tree",
      value: "DIR",
    },
    bench: { help: "only workloads whose name contains this", value: "TEXT" },
    gate: { help: "exit 1 only if slower by more than this; 2.5 unless given", value: "PERCENT" },
    slab: {
      help: "take nodes from the allocator of the tree's own test suite, not from a free list",
    },
    json: { help: "print JSON" },
    markdown: { help: "print Markdown, for a pull request" },
  },
  details:
    "BASE and HEAD are kernel trees or tarballs; HEAD is BASE unless given, which shows what identical code measures. " +
    "The verdicts are those of `deno task compare`.\n\nExit status: 0 no regression, 1 a workload is slower beyond the " +
    "gate or answers differently, 2 the comparison could not be made.",
};

/** Runs the command. */
export async function runRace(args: CommandArguments): Promise<number> {
  const gate = gateOf(args);
  const progress = new Progress();
  const signal = interruption();
  const line = timeLeft();
  try {
    const [first = "", second] = args.operands;
    const request = {
      base: first,
      head: second,
      checkout: args.text("source"),
      slab: args.has("slab"),
      onProgress: (what: string) => progress.show(() => what),
    };
    const result = await withBuilds(request, async (base, head) => {
      return await race({
        base,
        head,
        names: namesOf(args.text("bench")),
        signal,
        onProgress: (stage) => progress.show(() => line(stage)),
      });
    });
    progress.clear();
    const { comparison } = result;
    const column = mapleColumn(result);
    if (args.has("json")) printJson({ ...comparison, maple: Object.fromEntries(result.maple) });
    else if (args.has("markdown")) print(formatMarkdown(comparison, gate, column));
    else print(`${formatText(comparison, column)}\n${summary(comparison, gate)}`);
    return isRegression(comparison, gate) ? 1 : 0;
  } finally {
    progress.clear();
  }
}

/** A percentage as a part of 1. */
function gateOf(args: CommandArguments): number {
  const text = args.text("gate") ?? String(100 * THRESHOLD);
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (percent >= 100 * THRESHOLD) return percent / 100;
  throw new Unable(`--gate takes a percentage of at least ${100 * THRESHOLD}, not ${text}`);
}

function namesOf(pattern: string = ""): string[] {
  const names = RACE_WORKLOADS.filter((name) => name.includes(pattern));
  if (names.length > 0) return names;
  throw new Unable(`No workload matches ${pattern}; there are ${RACE_WORKLOADS.join(", ")}`);
}

/** What Maple takes for the same, as a multiple of the base. */
function mapleColumn({ maple }: Race): Column {
  return {
    head: "maple",
    cell: ({ name, nanoseconds }) => `${((maple.get(name) ?? NaN) / nanoseconds.base).toFixed(2)}×`,
    legend: "maple is the time of Maple's tree over that of the old version.",
  };
}
