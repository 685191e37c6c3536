/**
 * Damaged texts at every door: each gives a result or the documented error, in bounded time.
 *
 * @module
 */

import { Random } from "../../src/random.ts";
import { damaged } from "./damage.ts";
import type { Door } from "./doors.ts";

/** Longest time for one text, ms; a hundred times what the slowest takes on a busy machine. */
export const LIMIT_MS = 5_000;

/** A text at which a door did otherwise. */
export interface Finding {
  readonly door: string;
  /** The seed of this one text: `--seed` with `--inputs 1` makes it again. */
  readonly seed: number;
  readonly text: string;
  /** What it did. */
  readonly what: string;
}

/** Sends so many texts to a door; the findings, one for each kind. */
export async function fuzz(
  door: Door,
  { seed, inputs, onInput }: {
    readonly seed: number;
    readonly inputs: number;
    readonly onInput?: (done: number) => void;
  },
): Promise<Finding[]> {
  const findings = new Map<string, Finding>();
  for (let i = 0; i < inputs; i++) {
    const random = new Random(seed + i);
    const text = damaged(random.pick(door.samples), random, random.pick(door.samples));
    const what = await faultOf(door, text);
    if (what !== undefined && !findings.has(kindOf(what))) {
      findings.set(kindOf(what), { door: door.name, seed: seed + i, text, what });
    }
    onInput?.(i + 1);
  }
  return [...findings.values()];
}

/** What a door did wrong with a text; undefined if nothing. */
async function faultOf(door: Door, text: string): Promise<string | undefined> {
  const start = performance.now();
  try {
    await door.enter(text);
  } catch (error) {
    if (!door.isDocumented(error)) {
      return error instanceof Error ? `throws ${error.stack ?? error}` : `throws ${error}`;
    }
  }
  const ms = performance.now() - start;
  return ms > LIMIT_MS ? `takes ${Math.round(ms)} ms` : undefined;
}

/** The class of the error and the place that threw it. */
function kindOf(what: string): string {
  const place = /at .*\((file:\S+)\)/.exec(what)?.[1] ?? "";
  return `${what.split(/[:\n]/, 1)[0]} ${place}`;
}
