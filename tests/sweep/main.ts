/**
 * `deno task sweep`: the whole boundary sweep.
 *
 * @module
 */

import * as maple from "../../mod.ts";
import { type CommandArguments, runCommand } from "../../src/command/command.ts";
import { print } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { formatSweep, sweep, SweepError } from "./sweep.ts";

const SPECIFICATION = {
  name: "sweep",
  summary: "Stores and clears ranges at every node boundary of trees of height 1 to 4.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    stride: { help: "start at every n-th boundary only (1)", value: "N" },
    json: { help: "print one JSON array instead of text" },
  },
  details: "Exit status: 0 every case came out right, 1 one did not.",
} as const;

function main(args: CommandArguments): number {
  const stride = args.integer("stride", 1) ?? 1;
  const progress = new Progress();
  try {
    const done = sweep(maple, {
      heights: [1, 2, 3, 4],
      stride,
      onTree: ({ height, cases }) => progress.show(() => `height ${height}: ${cases} cases`),
    });
    progress.clear();
    print(args.has("json") ? JSON.stringify(done, null, 2) : formatSweep(done));
    return 0;
  } catch (error) {
    progress.clear();
    if (!(error instanceof SweepError)) throw error;
    print(error.message);
    return 1;
  }
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
