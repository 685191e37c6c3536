/**
 * `deno task compare BASE [HEAD]`: which of two versions is faster, and whether both do the same.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { Progress } from "../command/progress.ts";
import { compareWithFloors } from "../history/floors.ts";
import type { Comparison } from "./comparison.ts";
import { readInput } from "../command/files.ts";
import { print, printJson } from "../command/output.ts";
import { interruptible, selectWorkloads, timeLeft } from "./command_line.ts";
import { formatMarkdown, formatText, isRegression, summary } from "./format.ts";
import { merge, parseComparison, parseShard } from "./shards.ts";
import { THRESHOLD } from "./verdict.ts";

const SPECIFICATION = {
  name: "compare",
  summary: "Compares two commits, interleaved in the same processes: answers, exact counts, time.",
  usage: "BASE [HEAD] [options]",
  operands: [0, Infinity],
  options: {
    bench: { help: "only workloads whose name contains this, or matches /this/", value: "PATTERN" },
    gate: { help: "exit 1 only if slower by more than this; 2.5 unless given", value: "PERCENT" },
    self: { help: "compare BASE with itself, and keep what that shows as this machine's floor" },
    instructions: { help: "count executed instructions too, with valgrind" },
    json: { help: "print JSON" },
    markdown: { help: "print Markdown, for a pull request" },
    shard: { help: "do the i-th of n parts only; --json writes what --merge reads", value: "i/n" },
    merge: { help: "the operands are files with the parts of a comparison: put them together" },
    machine: { help: "name for machines like this one, instead of the host's", value: "NAME" },
  },
  details:
    "HEAD is the working tree, uncommitted changes included, unless given. Both sides run the " +
    "workloads of the checkout that runs the command.\n\nExit status: 0 no regression, 1 a workload is " +
    "slower beyond the gate or answers differently, 2 the comparison could not be made.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const gate = parseGate(args.text("gate"));
  const comparison = args.has("merge") ? await merged(args) : await measured(args);
  if (args.has("json")) printJson(comparison);
  else if (args.has("markdown")) print(formatMarkdown(comparison, gate));
  else print(`${formatText(comparison)}\n${summary(comparison, gate)}`);
  return isRegression(comparison, gate) ? 1 : 0;
}

/** A percentage as a part of 1. Below the threshold of the verdict nothing can be told. */
function parseGate(text: string = String(100 * THRESHOLD)): number {
  const percent = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (percent >= 100 * THRESHOLD) return percent / 100;
  throw new Unable(
    `--gate takes a percentage of at least ${
      100 * THRESHOLD
    }, the smallest change that is told, not ${text}`,
  );
}

async function merged(args: CommandArguments): Promise<Comparison> {
  const read = async (file: string) => parseComparison(await readInput(file), file);
  return merge(await Promise.all(args.operands.map(read)));
}

async function measured(args: CommandArguments): Promise<Comparison> {
  const [base, head, ...more] = args.operands;
  const isSelf = args.has("self");
  if (more.length > 0) throw new Unable("At most two commits can be compared; see --help");
  if (isSelf && head !== undefined) throw new Unable("--self takes one commit; see --help");
  if (!isSelf && base === undefined) throw new Unable("No commit to compare with; see --help");
  const shard = args.text("shard");
  const machine = args.text("machine");
  const progress = new Progress();
  const line = timeLeft();
  try {
    return await interruptible((signal) =>
      compareWithFloors({
        base,
        head: isSelf ? base : head,
        names: selectWorkloads(args.text("bench")),
        countsInstructions: args.has("instructions"),
        keepsFloor: isSelf,
        signal,
        onProgress: (stage) => progress.show(() => line(stage)),
        ...(shard !== undefined && { shard: parseShard(shard) }),
        ...(machine !== undefined && { machine }),
      })
    );
  } finally {
    progress.clear();
  }
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
