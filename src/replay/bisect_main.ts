/**
 * `deno task bisect FILE…`: the first step after which a rule is broken.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { readTrace } from "../trace/read.ts";
import { bisect, formatFault } from "./bisect.ts";

const SPECIFICATION = {
  name: "bisect",
  summary:
    "Finds the first step of a trace after which a rule is broken, however much later it showed.",
  usage: "[options] FILE…",
  options: {
    every: { help: "steps between two checkpoints of the first run (256)", value: "STEPS" },
    json: { help: "print one JSON array instead of text" },
  },
  details: "Exit status: 0 no rule is ever broken, 1 one is, 2 a trace could not be read.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  if (args.operands.length === 0) throw new Unable("no trace was given; see --help");
  const every = args.integer("every", 1);
  const faults = [];
  for (const file of args.operands) {
    const fault = await bisect(readTrace(file), every);
    faults.push({ file, fault });
    if (args.has("json")) continue;
    console.log(
      fault === undefined ? `${file}: no rule is broken` : `${file}: ${formatFault(fault)}`,
    );
  }
  if (args.has("json")) console.log(JSON.stringify(faults, null, 2));
  return faults.some(({ fault }) => fault !== undefined) ? 1 : 0;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
