/**
 * `deno task bisect FILE…`: the first step after which a rule is broken.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { bisectFiles } from "./bisect_files.ts";

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
  return await bisectFiles(args);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
