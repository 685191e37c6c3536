/**
 * `deno task canaries`: plants every fault and prints which scenario notices it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { SUITE } from "../regressions/suite.ts";
import { plant } from "./build.ts";
import { Runner } from "./run.ts";
import { formatTable, lag, playCanaries } from "./table.ts";

const SPECIFICATION = {
  name: "canaries",
  summary:
    "Plants each fault of the regression catalogue and shows which scenario notices it, and when.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    own: { help: "play only the scenarios of the fault's own row" },
    stories: { help: "print what each planted fault does" },
    json: { help: "print one JSON object instead of text" },
    plant: { help: "only plant the fault of this name, in the folder of --out", value: "NAME" },
    out: {
      help: "with --plant: the folder of the copy, to replay, bisect or shrink in",
      value: "DIR",
    },
  },
  details:
    "`later`: operations between the one in which the fault first acted and the one at which it " +
    "was noticed.\nExit status: 0 every fault noticed and the plain build clean, 1 otherwise, 2 a patch does " +
    "not fit the source.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const name = args.text("plant");
  if (name !== undefined) return await plantOne(name, args.text("out"));
  const runner = new Runner();
  const plays = [...SUITE.keys()].map((scenario) => ({ scenario, checks: "all" as const }));
  const plain = await runner.play(undefined, plays);
  await runner.close();
  const wrong = plain.filter((outcome) => outcome.failure !== undefined);
  const progress = new Progress();
  let done = 0;
  const rows = await playCanaries({
    all: !args.has("own"),
    onRow: () => progress.show(() => `${++done} of ${CANARIES.length} faults`),
  });
  progress.clear();
  if (args.has("json")) {
    const faults = rows.map(({ canary, best }) => ({
      row: canary.row,
      name: canary.name,
      story: canary.story,
      noticedBy: best && SUITE[best.scenario]!.name,
      operation: best?.operations,
      later: best && lag(best),
      failure: best?.failure,
    }));
    printJson({ plain: wrong.length, faults });
  } else {
    print(formatTable(rows));
    print(`plain build: ${plain.length - wrong.length} of ${plain.length} scenarios pass`);
    for (const { failure, scenario } of wrong) {
      print(`  ${SUITE[scenario]!.name}: ${failure}`);
    }
    if (args.has("stories")) {
      for (const { canary, best } of rows) {
        print(`\n${canary.row} ${canary.name}: ${canary.story}`);
        if (best !== undefined) print(`  ${best.latest}: ${best.failure}`);
      }
    }
  }
  return wrong.length === 0 && rows.every((row) => row.best !== undefined) ? 0 : 1;
}

/** Leaves a copy with one fault where commands can be run in it. */
async function plantOne(name: string, folder: string | undefined): Promise<number> {
  const canary = CANARIES.find((candidate) => candidate.name === name);
  if (canary === undefined || folder === undefined) {
    throw new Unable("--plant wants the name of a fault, and --out a folder");
  }
  const root = await plant(await Deno.realPath(folder), canary.patches);
  print(`${name}: ${fileURLToPath(root)}`);
  return 0;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
