/**
 * The check: all streams in turn through one tree, until the steps are used up or something is found.
 *
 * @module
 */

import type { Case } from "./streams/case.ts";
import { cursorCase } from "./streams/cursor.ts";
import { goldenCases } from "./streams/golden.ts";
import { randomCase } from "./streams/random.ts";
import { scenarioCases } from "./streams/scenarios.ts";
import { sweepCases } from "./streams/sweep.ts";
import { traceCases } from "./streams/traces.ts";
import { investigate, type Investigated } from "./investigate.ts";
import { type Printed, Runner } from "./runner.ts";
import type { Target } from "./target.ts";

/** What to check. */
export interface CheckRequest {
  readonly target: Target;
  /** Random operations, tree and cursor programs together. */
  readonly steps: number;
  readonly seed: number;
  /** Cases to run instead of all. */
  readonly cases?: readonly Case[];
  /** Traces beside the recorded ones. */
  readonly traces?: readonly string[];
  /** Only cases whose group or name contains this. */
  readonly only?: string;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, operations: number) => void;
}

/** How much of a group was run. */
export interface GroupResult {
  readonly group: string;
  cases: number;
  operations: number;
}

/** What a check found. */
export interface CheckResult {
  readonly groups: readonly GroupResult[];
  /** All operations. */
  readonly operations: number;
  /** Operations that were left out, as they may meet a known fault. */
  readonly leftOut: number;
  /** Cases that a known fault ended, by its name. */
  readonly ended: ReadonlyMap<string, number>;
  readonly found: Investigated | undefined;
  /** Scenarios of the catalogue that the tree fails too, if something was found elsewhere. */
  readonly scenarios: readonly Case[];
  readonly printed: Printed | undefined;
}

/** So many random cases in a row that are not wanted: none will be. */
const IDLE = 1000;

/** Of so many random cases one is a cursor program. */
const CURSOR_EVERY = 4;

/**
 * Runs a check.
 *
 * @throws {Disagreement} Maple's tree and the naive map do not agree
 */
export async function check(request: CheckRequest): Promise<CheckResult> {
  const { target, signal, onProgress, cases } = request;
  await using runner = new Runner(target.setting);
  const groups = new Map<string, GroupResult>();
  const ended = new Map<string, number>();
  let found: Investigated | undefined;
  let scenarios: readonly Case[] = [];
  for await (const it of casesOf(request, runner)) {
    if (signal.aborted) break;
    onProgress(`${it.group}: ${it.name}`, runner.performed);
    const before = runner.performed;
    const finding = await runner.run(it, signal);
    const group = groups.get(it.group) ?? { group: it.group, cases: 0, operations: 0 };
    groups.set(it.group, group);
    group.cases++;
    group.operations += runner.performed - before;
    if (finding === undefined) continue;
    onProgress(`shrinking what was found in ${it.name}`, runner.performed);
    const outcome = await investigate(finding, target);
    if ("meets" in outcome) {
      // What the case would have gone on to is another case's business.
      ended.set(outcome.name, (ended.get(outcome.name) ?? 0) + 1);
      continue;
    }
    found = outcome;
    onProgress("looking for it in the catalogue of regressions", runner.performed);
    if (it.row === undefined && cases === undefined) scenarios = await failingScenarios(request);
    break;
  }
  const { performed, leftOut, firstPrinted } = runner;
  return {
    groups: [...groups.values()],
    operations: performed,
    leftOut,
    ended,
    found,
    scenarios,
    printed: firstPrinted,
  };
}

/** Milliseconds for trying the scenarios of the catalogue. */
const CATALOGUE_MS = 15_000;

/** The scenarios that this tree fails, as far as time allows. */
async function failingScenarios({ target, signal }: CheckRequest): Promise<Case[]> {
  const deadline = performance.now() + CATALOGUE_MS;
  await using runner = new Runner({ ...target.setting, limitMs: 2000 });
  const failing: Case[] = [];
  for (const it of await scenarioCases(target.features)) {
    if (signal.aborted || performance.now() > deadline) break;
    if (await runner.run(it, signal) !== undefined) failing.push(it);
  }
  return failing;
}

/** The cases in the order in which they are most likely to tell something soon. */
async function* casesOf(
  { target, steps, seed, cases, only, traces }: CheckRequest,
  runner: Runner,
): AsyncGenerator<Case> {
  if (cases !== undefined) {
    yield* cases;
    return;
  }
  const wanted = (it: Pick<Case, "group" | "name">) =>
    only === undefined || `${it.group}: ${it.name}`.includes(only);
  yield* (await traceCases(traces)).filter(wanted);
  yield* (await goldenCases(target.features)).filter(wanted);
  yield* await scenarioCases(target.features, wanted);
  yield* sweepCases(wanted);
  const start = runner.performed;
  for (let turn = 0, idle = 0; runner.performed - start < steps && idle < IDLE; turn++) {
    const isCursor = turn % CURSOR_EVERY === CURSOR_EVERY - 1;
    const own = Math.floor(turn / CURSOR_EVERY);
    const it = isCursor
      ? cursorCase(seed, own, target.features)
      : randomCase(seed, turn - own, target.features);
    idle = wanted(it) ? 0 : idle + 1;
    if (wanted(it)) yield it;
  }
}
