/**
 * A kernel's `mm/vma.c` beside `src/mm`: random operations on layouts of VMAs, every VMA and map_count compared after
 * each.
 *
 * @module
 */

import { Random } from "../../random.ts";
import { reduceAsync } from "../../replay/debug/reduce.ts";
import { Driver, DriverEnded, type DriverOptions } from "../driver.ts";
import type { Operation } from "../operation.ts";
import { kernelRules } from "../../mm/rules/kernel_rules.ts";
import { randomLayout } from "./layout.ts";
import { VmaModel } from "./model.ts";
import { showDifference } from "./space_line.ts";

/** What to check. */
export interface VmaCheckRequest extends DriverOptions {
  /** The driver's program. */
  readonly program: string;
  /** The kernel's version. */
  readonly release: string;
  readonly steps: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (operations: number) => void;
}

/** Where the two differ first. */
export interface VmaDifference {
  readonly at: number;
  readonly operation: Operation;
  readonly text: string;
}

/** What a check found. */
export interface VmaCheckResult {
  readonly layouts: number;
  readonly operations: number;
  readonly found: {
    readonly difference: VmaDifference;
    /** What is left of the operations. */
    readonly shrunk: readonly Operation[];
    readonly shown: VmaDifference;
  } | undefined;
}

/** Checks layout after layout. */
export async function checkVma(request: VmaCheckRequest): Promise<VmaCheckResult> {
  const { steps, seed, signal, onProgress } = request;
  let operations = 0;
  let layouts = 0;
  while (operations < steps && !signal.aborted) {
    const list = randomLayout(
      new Random(seed + layouts * 0x9e3779b1),
      kernelRules(request.release),
    );
    const difference = await firstDifference(list, request);
    layouts++;
    operations += difference === undefined ? list.length : difference.at + 1;
    onProgress(operations);
    if (difference === undefined) continue;
    let shown = difference;
    const shrunk = await reduceAsync(list.slice(0, difference.at + 1), async (left) => {
      const again = await firstDifference(left, request);
      if (again !== undefined) shown = again;
      return again !== undefined;
    });
    return { layouts, operations, found: { difference, shrunk, shown } };
  }
  return { layouts, operations, found: undefined };
}

/** The first operation after which the two differ, on a new address space. */
async function firstDifference(
  list: readonly Operation[],
  { program, limitMs, release }: VmaCheckRequest,
): Promise<VmaDifference | undefined> {
  await using driver = await Driver.start(program, { limitMs });
  try {
    const lines = await driver.performOnSpace(list);
    return compare(list, lines, release);
  } catch (error) {
    if (!(error instanceof DriverEnded)) throw error;
    const last = list.length - 1;
    return { at: last, operation: list[last]!, text: error.ending.text };
  }
}

function compare(
  list: readonly Operation[],
  lines: readonly string[],
  release: string,
): VmaDifference | undefined {
  const model = new VmaModel(release);
  for (const [at, it] of list.entries()) {
    const expected = model.perform(it);
    if (lines[at] !== expected) {
      const text = showDifference(expected, lines[at] ?? "");
      return { at, operation: it, text };
    }
  }
  return undefined;
}
