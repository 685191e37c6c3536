/**
 * Recorded traces through a kernel's `mm/vma.c` and through `src/mm`.
 *
 * @module
 */

import type { TraceRecord } from "../../trace/format.ts";
import { kernelRules } from "../../mm/rules/kernel_rules.ts";
import { compileTrace } from "../../replay/compiled.ts";
import type { Step } from "../../replay/step.ts";
import { System } from "../../replay/system.ts";
import { Driver, DriverEnded, type DriverOptions } from "../driver.ts";
import { type Operation, showOperation } from "../operation.ts";
import { showDifference } from "./space_line.ts";
import { type TranslatedStep, Translator, Undrivable } from "./translate.ts";

/** A trace to check. */
export interface TraceCheckRequest extends DriverOptions {
  /** The driver's program. */
  readonly program: string;
  /** The kernel's version. */
  readonly release: string;
  readonly signal: AbortSignal;
}

/** What a trace showed. */
export interface TraceCheckResult {
  /** Steps of the trace that were followed. */
  readonly steps: number;
  readonly operations: number;
  /** The step, from 1, that could not be followed any more, and why. */
  readonly left: { readonly step: number; readonly why: string } | undefined;
  /** The first step after which the two differ. */
  readonly found: TraceDifference | undefined;
}

/** Where the two differ first. */
export interface TraceDifference {
  /** From 1. */
  readonly step: number;
  /** The call or event, as far as it has a name. */
  readonly name: string;
  readonly operations: readonly string[];
  readonly text: string;
}

/** Operations that travel at once. */
const FRAME = 256;

/**
 * Puts a trace through both. Placement is the trace's own, all else the rules of the kernel under test.
 *
 * @throws {TraceError} it cannot be read
 */
export async function checkTrace(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  request: TraceCheckRequest,
): Promise<TraceCheckResult> {
  const steps = await compile(trace, request.release);
  await using driver = await Driver.start(request.program, request);
  const run = new Run(driver, request);
  const translated = translate(steps);
  let next = translated.next();
  for (; !next.done && !request.signal.aborted; next = translated.next()) {
    await run.take(next.value);
    if (run.found !== undefined) return run.result(run.found.step);
  }
  await run.flush();
  const left = next.done ? next.value : undefined;
  return run.result(left === undefined ? steps.length : left.step - 1, left);
}

/** What each step of a trace asks of `mm/vma.c`, as far as it can be driven: its name, and the operations in words. */
export async function operationsOf(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  release: string,
): Promise<{ readonly name: string; readonly operations: readonly string[] }[]> {
  return [...translate(await compile(trace, release))].map(({ name, operations }) => (
    { name, operations: operations.map(showOperation) }
  ));
}

async function compile(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  release: string,
): Promise<readonly Step[]> {
  const { alignAnonymous: _anonymous, alignFiles: _files, ...rules } = kernelRules(release);
  return (await compileTrace(trace, { rules })).steps;
}

/** A step that asks something of `mm/vma.c`. */
interface NamedStep extends TranslatedStep {
  /** From 1. */
  readonly number: number;
  /** The call or event, as far as it has a name. */
  readonly name: string;
}

/** Translates step after step; where one cannot be driven, that ends it, and is what it returns. */
function* translate(steps: readonly Step[]): Generator<NamedStep, TraceCheckResult["left"]> {
  const translator = new Translator(new System());
  for (const [at, step] of steps.entries()) {
    const number = at + 1;
    let translated: TranslatedStep | undefined;
    try {
      translated = translator.take(step);
    } catch (error) {
      if (error instanceof Undrivable) return { step: number, why: error.message };
      throw error;
    }
    if (translated !== undefined) yield { number, name: nameOf(step), ...translated };
  }
  return undefined;
}

/** Steps on their way to the driver. */
class Run {
  readonly #driver: Driver;
  readonly #request: TraceCheckRequest;
  readonly #performed: Operation[] = [];
  #pending: NamedStep[] = [];
  #count = 0;
  found: TraceDifference | undefined;

  constructor(driver: Driver, request: TraceCheckRequest) {
    this.#driver = driver;
    this.#request = request;
  }

  async take(step: NamedStep): Promise<void> {
    this.#pending.push(step);
    this.#count += step.operations.length;
    if (this.#count >= FRAME) await this.flush();
  }

  /** Has what is pending performed, and compares. */
  async flush(): Promise<void> {
    const list = this.#pending.flatMap(({ operations }) => operations);
    if (list.length === 0 || this.found !== undefined) return;
    try {
      this.#compare(await this.#driver.performOnSpace(list));
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      this.found = await this.#endingStep(error);
    }
    this.#performed.push(...list);
    this.#pending = [];
    this.#count = 0;
  }

  /** Which of the pending steps ends a driver: all before it go to another one, then step by step. */
  async #endingStep(ended: DriverEnded): Promise<TraceDifference> {
    await using driver = await Driver.start(this.#request.program, this.#request);
    let last = this.#pending[0]!;
    let text = ended.ending.text;
    try {
      await driver.performOnSpace(this.#performed);
      for (last of this.#pending) await driver.performOnSpace(last.operations);
      text += ", but not when its operations are performed one step at a time";
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      text = error.ending.text;
    }
    const { number, name, operations } = last;
    return { step: number, name, operations: operations.map(showOperation), text };
  }

  #compare(lines: readonly string[]): void {
    let at = 0;
    for (const { number, name, operations, expected } of this.#pending) {
      const first = at;
      at += operations.length;
      const refused = lines.slice(first, at).findIndex((line) => !line.startsWith("0 "));
      const actual = lines[refused === -1 ? at - 1 : first + refused] ?? "";
      if (expected === "" || (refused === -1 && actual === expected)) continue;
      const text = showDifference(expected, actual);
      this.found = { step: number, name, operations: operations.map(showOperation), text };
      return;
    }
  }

  result(steps: number, left?: TraceCheckResult["left"]): TraceCheckResult {
    // What was on its way after the difference says nothing.
    const followed = this.found?.step ?? steps;
    return { steps: followed, operations: this.#performed.length, left, found: this.found };
  }
}

function nameOf(step: Step): string {
  return step.type === "call" ? step.enter.call : step.type;
}
