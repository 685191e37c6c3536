/**
 * `deno task soak`: random programs against naive models for as long as you like.
 *
 * @module
 */

import {
  type CommandArguments,
  interruption,
  runCommand,
  Unable,
} from "../../src/command/command.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { interruptedStatus } from "../../src/command/signals.ts";
import { PROGRAMS, type SoakProgram } from "./programs.ts";

const SPECIFICATION = {
  name: "soak",
  summary:
    "Runs random trees, cursors, address spaces and readers beside a writer against naive models.",
  usage: "[options] [PROGRAM…]",
  operands: [0, Infinity],
  options: {
    minutes: { help: "how long (10)", value: "N" },
    rounds: { help: "instead of a time: how many rounds of each program", value: "N" },
    seed: { help: "seed of the first round; by the clock unless given", value: "N" },
    json: { help: "print one JSON object" },
  },
  details:
    `The programs are ${
      PROGRAMS.map(({ name }) => `"${name}"`).join(", ")
    }. Each round has a seed of its own, the ` +
    "next number.\nExit status: 0 nothing was found, 1 something was; it is reduced and printed with its seed.",
} as const;

/** What a program has done so far. */
interface Tally {
  readonly program: SoakProgram;
  rounds: number;
  operations: number;
}

/** A round in which something was wrong. */
interface Found {
  readonly program: string;
  readonly seed: number;
  readonly finding: string;
}

async function main(args: CommandArguments): Promise<number> {
  const programs = selected(args.operands);
  const seed = args.integer("seed") ?? Date.now() % 2 ** 31;
  const mostRounds = args.integer("rounds", 1) ?? Infinity;
  const minutes = args.integer("minutes", 1) ?? (mostRounds === Infinity ? 10 : Infinity);
  const end = performance.now() + 60_000 * minutes;
  const tallies = programs.map((program): Tally => ({ program, rounds: 0, operations: 0 }));
  const found: Found[] = [];
  const progress = new Progress();
  const signal = interruption();
  const isOver = (round: number) =>
    round >= mostRounds || performance.now() >= end || found.length > 0 || signal.aborted;
  for (let round = 0; !isOver(round); round++) {
    await new Promise((next) => setTimeout(next, 0)); // signals are seen between rounds only
    for (const tally of tallies) {
      const { operations, finding } = tally.program.round(seed + round);
      tally.rounds++;
      tally.operations += operations;
      if (finding !== undefined) {
        found.push({ program: tally.program.name, seed: seed + round, finding });
      }
      progress.show(() => `round ${round + 1}, ${summary(tallies)}`);
    }
  }
  progress.clear();
  if (args.has("json")) {
    const counts = tallies.map(({ program: { name, unit }, rounds, operations }) => {
      return { program: name, rounds, [unit]: operations };
    });
    printJson({ seed, counts, found });
  } else {
    for (const { program, seed, finding } of found) {
      print(`${program}, seed ${seed}:\n${finding}`);
      print(`again: deno task soak --seed ${seed} --rounds 1 ${JSON.stringify(program)}`);
    }
    print(`from seed ${seed}: ${summary(tallies)}; ${found.length} findings`);
  }
  return found.length > 0 ? 1 : interruptedStatus(signal) ?? 0;
}

function selected(names: readonly string[]): readonly SoakProgram[] {
  if (names.length === 0) return PROGRAMS;
  return names.map((name) => {
    const program = PROGRAMS.find((candidate) => candidate.name === name);
    if (program === undefined) throw new Unable(`There is no program ${name}; see --help`);
    return program;
  });
}

function summary(tallies: readonly Tally[]): string {
  return tallies.map(({ program: { name, unit }, operations }) =>
    `${name} ${operations.toLocaleString("en")} ${unit}`
  ).join(", ");
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
