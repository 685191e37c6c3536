/**
 * Executed instructions, counted by valgrind: an explanation of a time, not a time.
 *
 * A workload runs a few times and many times; the difference is free of start-up and, since V8 is told to be
 * predictable, of the compiler. The median of three pairs is good to about 1 %.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { urlOf } from "../command/paths.ts";
import { denoArguments } from "./worker/process.ts";
import { median } from "./statistics.ts";
import type { Side, Sides } from "./worktree.ts";

/** Asks `count_instructions.ts` to run a workload. */
export interface InstructionsOrder {
  /** URL of the side's copy of `worker/side.ts`. */
  readonly side: string;
  /** Name of the workload. */
  readonly name: string;
  /** How often the whole list is performed. */
  readonly repetitions: number;
}

/** Executed instructions a step, filling included. */
export interface Instructions {
  /** Those of the base. */
  readonly base: number;
  /** Those of the head. */
  readonly head: number;
}

/** What to count. */
export interface InstructionsRequest {
  /** Both versions. */
  readonly sides: Sides;
  /** Workloads, and the steps of their lists. */
  readonly workloads: readonly { readonly name: string; readonly steps: number }[];
  /** Stops it when aborted. */
  readonly signal?: AbortSignal;
  /** Called as it gets on. */
  readonly onProgress?: (stage: { what: string; done: number }) => void;
}

const PAIRS = 3;
const CACHEGRIND = ["--tool=cachegrind", "--cache-sim=no", "--smc-check=all-non-file"];

/** One thread, and nothing that depends on time. */
const V8_FLAGS = "--single-threaded,--predictable";

/** Steps of a short run: enough for every function to have been compiled. A long run has four times as many. */
const SHORT_STEPS = 200_000;

/**
 * Counts the instructions of workloads on both sides, as many at once as there are processors: a count does not
 * mind company.
 *
 * @throws {Unable} valgrind is not installed, or could not run the workload
 */
export async function countInstructions(
  request: InstructionsRequest,
): Promise<Map<string, Instructions>> {
  const { sides, workloads, onProgress = () => {} } = request;
  const jobs = workloads.flatMap((workload) => [
    { workload, side: sides.base },
    { workload, side: sides.head },
  ]);
  const counts: number[] = [];
  let next = 0;
  let finished = 0;
  const work = async () => {
    for (let at = next++; at < jobs.length; at = next++) {
      const { workload, side } = jobs[at]!;
      counts[at] = await perStep(request, side, workload);
      onProgress({ what: "counting instructions", done: ++finished / jobs.length });
    }
  };
  await Promise.all(Array.from({ length: navigator.hardwareConcurrency }, work));
  return new Map(workloads.map(({ name }, i) => {
    return [name, { base: counts[2 * i]!, head: counts[2 * i + 1]! }];
  }));
}

/** Long minus short, three times. */
async function perStep(
  request: InstructionsRequest,
  side: Side,
  { name, steps }: { name: string; steps: number },
): Promise<number> {
  const short = Math.ceil(SHORT_STEPS / steps);
  const differences: number[] = [];
  for (let pair = 0; pair < PAIRS; pair++) {
    const few = await instructions(request, side, name, short);
    const many = await instructions(request, side, name, 4 * short);
    differences.push((many - few) / (3 * short * steps));
  }
  return median(differences);
}

async function instructions(
  { sides, signal }: InstructionsRequest,
  { folder }: Side,
  name: string,
  repetitions: number,
): Promise<number> {
  const url = urlOf(`${folder}/src/compare/worker/side.ts`);
  const order: InstructionsOrder = { side: url, name, repetitions };
  const module = `${folder}/src/compare/worker/count_instructions.ts`;
  const deno = denoArguments({ module, order, root: sides.root }, V8_FLAGS);
  const out = `--cachegrind-out-file=/dev/null`;
  const { stderr } = await run([...CACHEGRIND, out, Deno.execPath(), ...deno], signal);
  const [, count] = /I\s+refs:\s+([\d,]+)/.exec(stderr) ?? [];
  if (count !== undefined) return Number(count.replaceAll(",", ""));
  throw new Unable(`Cannot count instructions of ${name}: valgrind gave no count`);
}

async function run(args: string[], signal?: AbortSignal): Promise<{ stderr: string }> {
  signal?.throwIfAborted();
  try {
    const command = new Deno.Command("valgrind", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1" },
      ...(signal && { signal }),
    });
    return { stderr: new TextDecoder().decode((await command.output()).stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Unable("Cannot count instructions: valgrind is not installed");
  }
}
