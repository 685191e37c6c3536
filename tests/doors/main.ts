/**
 * `deno task doors`: damaged input at everything that reads.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { DOORS } from "./doors.ts";
import { type Finding, fuzz } from "./fuzz.ts";

const SPECIFICATION = {
  name: "doors",
  summary:
    "Sends randomly damaged traces, straces, maps, histories, shards and arguments to their readers.",
  usage: "[options] [DOOR…]",
  operands: [0, Infinity],
  options: {
    inputs: { help: "texts in all, shared out over the doors (1000000)", value: "N" },
    seed: { help: "seed of the first text; by the clock unless given", value: "N" },
    json: { help: "print the findings as JSON" },
  },
  details:
    `The doors are ${
      DOORS.map(({ name }) => `"${name}"`).join(", ")
    }. Each text must give a result or the ` +
    "reader's documented error, in bounded time.\nExit status: 0 all did, 1 one did not.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const doors = args.operands.length === 0 ? DOORS : args.operands.map((name) => {
    const door = DOORS.find((candidate) => candidate.name === name);
    if (door === undefined) throw new Unable(`There is no door ${name}; see --help`);
    return door;
  });
  const seed = args.integer("seed") ?? Date.now() % 2 ** 31;
  const inputs = Math.ceil((args.integer("inputs", 1) ?? 1_000_000) / doors.length);
  const progress = new Progress();
  const findings: Finding[] = [];
  for (const door of doors) {
    findings.push(
      ...await fuzz(door, {
        seed,
        inputs,
        onInput: (done) => progress.show(() => `${door.name}: ${done} of ${inputs} texts`),
      }),
    );
  }
  progress.clear();
  if (args.has("json")) printJson({ seed, inputs: inputs * doors.length, findings });
  else {
    for (const { door, seed, what, text } of findings) {
      print(
        `${door}, seed ${seed}: ${what.slice(0, 1_000)}\n  ${JSON.stringify(text.slice(-1_000))}`,
      );
      print(`again: deno task doors --seed ${seed} --inputs 1 ${JSON.stringify(door)}`);
    }
    print(`${inputs * doors.length} texts from seed ${seed}: ${findings.length} findings`);
  }
  return findings.length > 0 ? 1 : 0;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
