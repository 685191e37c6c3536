/**
 * The programs of the soak: each round is random, made from one seed, and compared with a naive model all along.
 *
 * @module
 */

import fc from "fast-check";
import * as maple from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";
import type { Act } from "../property/check.ts";
import {
  spaceSetUp,
  UNWRITTEN_COMMANDS,
  WRITTEN_COMMANDS,
} from "../property/address_space_commands.ts";
import { CURSOR_COMMANDS, cursorSetUp } from "../property/cursor_commands.ts";
import { randomInterleavings } from "../tree/readers/interleaving.ts";
import { treeRound } from "./tree_round.ts";

/** What a round did, and what it found. */
export interface Round {
  /** Operations, commands or interleavings. */
  readonly operations: number;
  /** What went wrong, reduced to the least that shows it; undefined if nothing did. */
  readonly finding?: string;
}

/** One kind of random run. */
export interface SoakProgram {
  readonly name: string;
  /** What it counts. */
  readonly unit: string;
  /** Makes one round from a seed. */
  readonly round: (seed: number) => Round;
}

/** Every program. The tree's rounds are long; the others' short. */
export const PROGRAMS: readonly SoakProgram[] = [
  { name: "tree", unit: "operations", round: treeRound },
  {
    name: "cursor",
    unit: "commands",
    round: (seed) => commandsRound(CURSOR_COMMANDS, () => cursorSetUp(seed % 2 === 0), seed),
  },
  {
    name: "address space",
    unit: "commands",
    round: (seed) => {
      return commandsRound(
        seed % 2 === 0 ? UNWRITTEN_COMMANDS : WRITTEN_COMMANDS,
        spaceSetUp,
        seed,
      );
    },
  },
  { name: "readers", unit: "interleavings", round: readersRound },
];

/** Lists of commands on a model and the real thing; fast-check shrinks what fails. */
function commandsRound<M extends object, R>(
  arbitraries: readonly fc.Arbitrary<Act<M, R>>[],
  setUp: () => { model: M; real: R },
  seed: number,
): Round {
  let operations = 0;
  const commands = fc.commands([...arbitraries], { maxCommands: 200, size: "max" });
  const property = fc.property(commands, (list) => {
    fc.modelRun(setUp, counted(list, () => operations++));
  });
  const details = fc.check(property, { seed, numRuns: 20 });
  if (!details.failed) return { operations };
  const finding = `${String(details.counterexample)}\n${details.errorInstance}`;
  return { operations, finding };
}

function* counted<T>(items: Iterable<T>, count: () => void): Iterable<T> {
  for (const item of items) {
    count();
    yield item;
  }
}

/** Readers between the accesses of a writer; a scene is small, so what fails is not reduced further. */
function readersRound(seed: number): Round {
  try {
    return { operations: randomInterleavings({ maple, tree: { poolOf } }, seed, 5) };
  } catch (error) {
    return { operations: 0, finding: error instanceof Error ? error.message : String(error) };
  }
}
