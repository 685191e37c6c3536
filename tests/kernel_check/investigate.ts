/**
 * From a finding in the middle of a long run to the operation that did it, and the shortest list that shows it.
 *
 * @module
 */

import { Driver, DriverEnded } from "../../src/kernel/driver.ts";
import { type Operation, operation, Verb } from "../../src/kernel/operation.ts";
import { Option } from "../../src/kernel/protocol.ts";
import type { Difference } from "./difference.ts";
import { treeFlags } from "./answer.ts";
import type { KnownFault } from "./known_faults.ts";
import { type Finding, FRAME } from "./runner.ts";
import { shrink, type Shrunk } from "./shrink.ts";
import type { Target } from "./target.ts";
import { Trials } from "./trial.ts";

/** What is known of a finding in the end. */
export interface Investigated {
  readonly finding: Finding;
  /** The operation that went wrong, in a list that begins with a new tree. */
  readonly difference: Difference;
  /** How many operations led to it. */
  readonly length: number;
  /** What is left of them; undefined if it did not go wrong again. */
  readonly shrunk: Shrunk | undefined;
  /** The tree before and after the last operation of what is left. */
  readonly dumps: { readonly before: string; readonly after: string } | undefined;
  readonly trials: number;
}

/** Milliseconds for shrinking. */
const SHRINK_MS = 60_000;

/** Milliseconds that a trial may take, and for each operation more; one that hangs costs as much each time. */
const TRIAL_LIMIT_MS = 1000;
const OPERATION_LIMIT_MS = 1;

/**
 * Finds the operation, shrinks the list, and dumps the tree.
 *
 * @returns the known fault of the tree, if that is what was met
 */
export async function investigate(
  finding: Finding,
  target: Target,
): Promise<Investigated | KnownFault> {
  const tree = { ...finding.case.options, ...target.setting.comparing.shape && { shape: true } };
  const list = flatten(finding.operations);
  const limitMs = TRIAL_LIMIT_MS + list.length * OPERATION_LIMIT_MS;
  await using trials = new Trials({ ...target.setting, limitMs, tree });
  const found = finding.ending === undefined
    ? await trials.firstOfAll(list)
    : await trials.firstDifferenceByStep(list, Math.max(0, list.length - FRAME));
  if (found === undefined) {
    const { difference } = finding;
    const length = list.length;
    return {
      finding,
      difference,
      length,
      shrunk: undefined,
      dumps: undefined,
      trials: trials.count,
    };
  }
  const known = await trials.faultBehind(list, found);
  if (known !== undefined) return known;
  const failing = list.slice(0, found.at + 1);
  if (found.kind === "hang") await trials.takePace(failing);
  const deadline = performance.now() + SHRINK_MS;
  const shrunk = await shrink(failing, found, tree, trials, deadline);
  const dumps = await dumpsOf(shrunk.operations, treeFlags(tree), target, limitMs);
  return {
    finding,
    difference: found,
    length: failing.length,
    shrunk,
    dumps,
    trials: trials.count,
  };
}

/** The operations since the tree was last made, those that were undone left out. */
export function flatten(operations: readonly Operation[]): Operation[] {
  let list: Operation[] = [];
  let marked = 0;
  const last = operations.length - 1;
  for (const [i, it] of operations.entries()) {
    // A tree that is destroyed at the end is part of every trial.
    if (it.verb === Verb.NEW_TREE && i < last) list = [];
    else if (it.verb === Verb.MARK) marked = list.length;
    else if (it.verb === Verb.REWIND) list.length = marked;
    else if (it.verb !== Verb.NEW_TREE) list.push(it);
  }
  return list;
}

async function dumpsOf(
  list: readonly Operation[],
  flags: number,
  { setting }: Target,
  limitMs: number,
): Promise<Investigated["dumps"]> {
  await using driver = await Driver.start(setting.program, { limitMs });
  const before = [operation(Verb.NEW_TREE, flags), ...list.slice(0, -1)];
  try {
    await driver.performAll(before, Option.UNCHECKED);
    const dump = await driver.text("dump");
    try {
      await driver.performAll(list.slice(-1), Option.UNCHECKED);
      return { before: dump, after: await driver.text("dump") };
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      return { before: dump, after: "" };
    }
  } catch (error) {
    if (error instanceof DriverEnded) return undefined;
    throw error;
  }
}
