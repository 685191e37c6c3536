/**
 * Racers taking turns, each in a process of its own, and what the times of their passes come to.
 *
 * @module
 */

import { outputOf } from "../../src/command/child.ts";
import { Unable } from "../../src/command/command.ts";
import type { Absentee, Racer } from "./racers.ts";

/** What one racer did on one list, in ns an operation. */
export interface Result {
  /** Its name. */
  readonly racer: string;
  /** The least of the second half of the passes, over all turns. */
  readonly least: number;
  /** The median of these. */
  readonly median: number;
  /** The first pass, before anything is compiled or cached; the least of the turns. */
  readonly first: number;
  /** Of all answers. */
  readonly hash: number;
}

/** All racers, taking turns. */
export async function runAll(
  racers: readonly Racer[],
  file: string,
  passes: number,
  rounds: number,
  onTurn: (racer: string, round: number) => void,
): Promise<Result[]> {
  const turns = racers.map((): Turn[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { name, command, share = 1 }] of racers.entries()) {
      onTurn(name, round);
      turns[i]!.push(await runOne(command, file, Math.max(4, Math.ceil(passes * share))));
    }
  }
  return racers.map(({ name }, i) => resultOf(name, turns[i]!));
}

/** What a racer prints. */
interface Turn {
  readonly passes: readonly number[];
  readonly hash: number;
}

async function runOne(command: readonly string[], file: string, passes: number): Promise<Turn> {
  const [program, ...args] = command;
  const { success, stdout, stderr } = await outputOf(program!, {
    args: [...args, file, `${passes}`],
    stdin: "null",
  });
  const text = new TextDecoder();
  if (!success) throw new Unable(`${program} failed: ${text.decode(stderr).trim().split("\n")[0]}`);
  return JSON.parse(text.decode(stdout));
}

function resultOf(racer: string, turns: readonly Turn[]): Result {
  const late = turns.flatMap(({ passes }) => passes.slice(passes.length >> 1));
  late.sort((a, b) => a - b);
  return {
    racer,
    least: late[0]!,
    median: late[late.length >> 1]!,
    first: Math.min(...turns.map(({ passes }) => passes[0]!)),
    hash: turns[0]!.hash,
  };
}

/** VMAs of the process in which pairs are measured, and passes a turn. */
const PAIR_VMAS = 60;
const PAIR_PASSES = 600;

/** What a pair of mmap and munmap takes, in ns. */
export interface PairResult {
  /** VMAs of the process. */
  readonly vmas: number;
  /** The model's. */
  readonly model: Result;
  /** The running kernel's, or why there is none. */
  readonly kernel: Result | Absentee;
}

/** Pairs of mmap and munmap on the model and on the running kernel, in turns. */
export async function racePairs(
  { model, kernel }: { readonly model: Racer; readonly kernel: Racer | Absentee },
  rounds: number,
): Promise<PairResult> {
  const racers = "why" in kernel ? [model] : [model, kernel];
  const results = await runAll(racers, `${PAIR_VMAS}`, PAIR_PASSES, rounds, () => {});
  const [ours, theirs] = results;
  return { vmas: PAIR_VMAS, model: ours!, kernel: "why" in kernel ? kernel : theirs! };
}

/** The result in words. */
export function pairText({ vmas, model, kernel }: PairResult): string {
  const head = `A pair of mmap and munmap at ${vmas} VMAs: ${
    model.least.toFixed(0)
  } ns on ${model.racer}`;
  if ("why" in kernel) return `${head}; without ${kernel.name}: ${kernel.why}`;
  const ratio = (model.least / kernel.least).toFixed(2);
  return `${head}, ${kernel.least.toFixed(0)} ns in the running kernel: ${ratio}`;
}
