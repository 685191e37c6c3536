/**
 * `deno task kernel check`: is this tree right?
 *
 * @module
 */

import {
  type CommandArguments,
  type CommandSpecification,
  Unable,
} from "../../src/command/command.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { interruption } from "../../src/command/signals.ts";
import { build } from "../../src/kernel/build.ts";
import { featuresOf } from "../../src/kernel/features.ts";
import { findSource } from "../../src/kernel/source.ts";
import { runVmaCheck } from "../../src/kernel/vma/command.ts";
import { check, type CheckResult } from "./check.ts";
import { operationsCase } from "./operations_file.ts";
import { checkAsJson, formatCheck } from "./report.ts";
import { tracePaths } from "./streams/traces.ts";
import { openTarget, refuseUnknownShape, type Target } from "./target.ts";

/** What the command takes. */
export const CHECK: CommandSpecification = {
  name: "kernel check",
  summary:
    "Checks a kernel's own lib/maple_tree.c, built in user space, against Maple's tree and the naive map.",
  usage: "[TRACE…] [options]",
  operands: [0, Infinity],
  options: {
    source: {
      help:
        "a kernel tree or tarball, from 6.1 on; unless given, the newest linux-source of Debian here",
      value: "DIR",
    },
    steps: {
      help: "random operations after the recorded and directed ones; 1,000,000",
      value: "N",
    },
    seed: { help: "seed of the random operations; 1", value: "N" },
    only: {
      help: "only streams whose group or name contains this: `cursor`, `cc1-2022`, `row 8`",
      value: "TEXT",
    },
    shape: {
      help:
        "compare every node too; refused for trees from 7.2 on, which split and join nodes by other rules than Maple",
    },
    limit: { help: "seconds on a processor that 512 operations may take; 10", value: "S" },
    operations: {
      help: "perform only the operations of this file, one a line, as a report prints them",
      value: "FILE",
    },
    "no-gaps": { help: "with --operations: a tree that does not track free space" },
    readers: { help: "with --operations: a tree that is prepared for readers beside the writer" },
    vma: {
      help:
        "check mm/vma.c against src/mm instead, trees from 6.12 on: the traces, then random maps, unmaps, mprotect, mremap, brk, writes, forks",
    },
    json: { help: "print JSON" },
  },
  details:
    "The streams: the tree operations of the traces that are named (`deno task capture` records them) and of the recorded ones, the golden streams, the scenarios of the regression " +
    "catalogue, stores at every node boundary, then seeded random operations and cursor programs. After every write the " +
    "answer, every entry, lookups around it and the tree's own mt_validate() are compared. The first difference ends " +
    "the check: its operations are shrunk and printed as a test.\n\n" +
    "Exit status: 0 no difference but faults that are known of this release, 1 a difference, 2 it could not run.",
};

/** Runs the command. */
export async function runCheck(args: CommandArguments): Promise<number> {
  const seed = args.integer("seed") ?? 1;
  const steps = args.integer("steps") ?? 1_000_000;
  const limitMs = 1000 * (args.integer("limit", 1) ?? 10);
  const only = args.text("only");
  const progress = new Progress();
  const signal = interruption();
  if (args.has("vma")) {
    const isJson = args.has("json");
    const common = { seed, limitMs, isJson, signal };
    const vmaSteps = args.integer("steps") ?? 20_000;
    return await runVmaCheck({
      ...common,
      source: args.text("source"),
      steps: vmaSteps,
      traces: tracePaths(args.operands),
      ...(only !== undefined && { only }),
    });
  }
  try {
    const source = await findSource(args.text("source"));
    if (args.has("shape")) refuseUnknownShape(source, await featuresOf(source));
    const built = await build(source, "check", (what) => progress.show(() => what));
    const target = await openTarget(built, { limitMs, shape: args.has("shape") });
    const result = await check({
      target,
      steps,
      seed,
      traces: args.operands,
      ...await casesOf(args),
      ...(only !== undefined && { only }),
      signal,
      onProgress: (what, operations) =>
        progress.show(() => `${operations.toLocaleString("en")} operations, ${what}`),
    });
    progress.clear();
    signal.throwIfAborted();
    if (only !== undefined && result.groups.length === 0) {
      // That nothing was different would be true, and mislead.
      throw new Unable(`No stream has ${only} in its group or name`);
    }
    if (args.has("json")) printJson(checkAsJson(target, result, seed));
    else print(formatCheck(target, result, seed));
    return isFound(target, result) ? 1 : 0;
  } finally {
    progress.clear();
  }
}

async function casesOf(
  args: CommandArguments,
): Promise<Pick<Parameters<typeof check>[0], "cases">> {
  const file = args.text("operations");
  if (file === undefined) return {};
  const options = { gaps: !args.has("no-gaps"), readers: args.has("readers") };
  return { cases: [await operationsCase(file, options)] };
}

/** True if the tree is wrong in a way that is not known of its release. */
function isFound({ present }: Target, { found }: CheckResult): boolean {
  return found !== undefined || present.some(({ isExpected }) => !isExpected);
}
