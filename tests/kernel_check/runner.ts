/**
 * Runs cases through a driver and stops each at its first difference.
 *
 * While the driver performs a frame of operations the next is made and answered by the reference.
 *
 * @module
 */

import { Driver, DriverEnded, type Ending } from "../../src/kernel/driver.ts";
import { type Operation, operation, Verb } from "../../src/kernel/operation.ts";
import {
  ANSWER_WORDS,
  OPERATION_WORDS,
  Option,
  writeOperation,
} from "../../src/kernel/protocol.ts";
import type { Case } from "./streams/case.ts";
import { answerAt, type Comparing, type Difference, hasPrinted } from "./difference.ts";
import { treeFlags } from "./answer.ts";
import { Reference } from "./reference.ts";
import { firstIn, type TrialSetting } from "./trial.ts";

/** What was found in a case. */
export interface Finding {
  readonly case: Case;
  /** All operations of the case up to the difference. */
  readonly operations: readonly Operation[];
  /** What went wrong; of a driver that ended, the frame in which it did is all that is known. */
  readonly difference: Difference;
  /** How the driver ended, if it did. */
  readonly ending: Ending | undefined;
  /** What the tree printed. */
  readonly printed: string;
  /** The driver's process, which has ended. */
  readonly pid: number;
}

/** Something printed that is no complaint. */
export interface Printed {
  readonly case: string;
  readonly operation: Operation;
  readonly text: string;
}

/** Operations in a frame. */
export const FRAME = 512;

interface Frame {
  readonly operations: Operation[];
  readonly words: Uint32Array<ArrayBuffer>;
  readonly expected: Uint32Array;
}

/** A driver and what is needed to start it anew. */
export class Runner {
  /** Operations performed and compared. */
  performed = 0;
  /** Operations that were left out, as they may meet a known fault. */
  leftOut = 0;
  /** The first thing that was printed without being a complaint. */
  firstPrinted: Printed | undefined;
  readonly #program: string;
  readonly #limitMs: number;
  readonly #comparing: Comparing;
  readonly #leavesOut: TrialSetting["leavesOut"];
  #driver: Driver | undefined;

  constructor(
    { program, limitMs, comparing, leavesOut }: Omit<TrialSetting, "tree" | "explaining">,
  ) {
    this.#program = program;
    this.#limitMs = limitMs;
    this.#comparing = comparing;
    this.#leavesOut = leavesOut;
  }

  /**
   * Runs a case to its end or its first difference.
   *
   * @throws {Disagreement} Maple and the naive map do not agree
   */
  async run(it: Case, signal: AbortSignal): Promise<Finding | undefined> {
    const performed: Operation[] = [];
    const driver = this.#driver ??= await Driver.start(this.#program, { limitMs: this.#limitMs });
    try {
      const shape = it.base === undefined ? "" : await shapeAfter(driver, it);
      const frames = this.#frames(it, shape);
      let next = frames.next();
      while (next.value !== undefined && !signal.aborted) {
        const frame = next.value;
        const reply = driver.perform(frame.words);
        // What is wrong with the next frame must not hide the answer to this one.
        reply.catch(() => {});
        next = frames.next();
        const actual = await reply;
        const found = firstIn(frame.operations, frame.expected, actual, driver, this.#comparing);
        if (found !== undefined) return await this.#found(it, performed, frame, found);
        this.#notePrinted(it, frame, actual, driver);
        performed.push(...frame.operations);
        this.performed += frame.operations.length;
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      return await this.#ended(it, performed, error.ending);
    }
  }

  /** Ends the driver. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver?.[Symbol.asyncDispose]();
    this.#driver = undefined;
  }

  *#frames(it: Case, shape: string): Generator<Frame, undefined> {
    const reference = new Reference({ ...it.options, shape: this.#comparing.shape });
    const options = this.#comparing.shape ? Option.SHAPE : 0;
    const list = this.#operations(it, reference, shape);
    for (let isDone = false; !isDone;) {
      const operations: Operation[] = [];
      const words = new Uint32Array(FRAME * OPERATION_WORDS);
      const expected = new Uint32Array(FRAME * ANSWER_WORDS);
      while (operations.length < FRAME) {
        const { value, done } = list.next();
        if (done) {
          isDone = true;
          break;
        }
        const i = operations.length;
        reference.perform(value, expected, answerAt(i));
        writeOperation(words, i * OPERATION_WORDS, value, options);
        operations.push(value);
      }
      const used = operations.length;
      if (used > 0) yield { operations, words: words.slice(0, used * OPERATION_WORDS), expected };
    }
    return undefined;
  }

  /** A new tree, the case's operations, and the tree's end, which must leave no node. */
  *#operations(it: Case, reference: Reference, shape: string): Generator<Operation> {
    const flags = treeFlags(it.options);
    yield operation(Verb.NEW_TREE, flags);
    for (const next of it.operations(reference, shape)) {
      const { history } = reference;
      if (this.#leavesOut(next, history)) this.leftOut++;
      else if (!history.forbids(next)) yield next;
    }
    yield operation(Verb.NEW_TREE, flags);
  }

  #notePrinted(it: Case, { operations }: Frame, actual: Uint32Array, driver: Driver): void {
    const at = operations.findIndex((_, i) => hasPrinted(actual, answerAt(i)));
    if (at < 0) return;
    this.firstPrinted ??= { case: it.name, operation: operations[at]!, text: driver.printed };
    driver.clearPrinted();
  }

  async #found(
    it: Case,
    before: readonly Operation[],
    { operations }: Frame,
    difference: Difference,
  ): Promise<Finding> {
    const { printed, pid } = this.#driver!;
    await this[Symbol.asyncDispose]();
    return {
      case: it,
      operations: [...before, ...operations.slice(0, difference.at + 1)],
      difference: { ...difference, at: before.length + difference.at },
      ending: undefined,
      printed,
      pid,
    };
  }

  /** The frame in which it ended is made anew: the generator has gone on since. */
  async #ended(it: Case, before: readonly Operation[], ending: Ending): Promise<Finding> {
    const { printed, pid } = this.#driver!;
    await this[Symbol.asyncDispose]();
    const reference = new Reference(it.options);
    const operations: Operation[] = [];
    const answer = new Uint32Array(ANSWER_WORDS);
    const shape = it.base === undefined ? "" : await this.#shapeOf(it);
    for (const next of this.#operations(it, reference, shape)) {
      reference.perform(next, answer, 0);
      operations.push(next);
      if (operations.length === before.length + FRAME) break;
    }
    const last = operations.at(-1)!;
    return {
      case: it,
      operations,
      difference: {
        at: operations.length - 1,
        operation: last,
        kind: ending.kind,
        text: ending.text,
      },
      ending,
      printed,
      pid,
    };
  }

  async #shapeOf(it: Case): Promise<string> {
    await using driver = await Driver.start(this.#program, { limitMs: this.#limitMs });
    return await shapeAfter(driver, it);
  }
}

/** The kernel's nodes after the writes that a case begins with. */
async function shapeAfter(driver: Driver, { base = [], options }: Case): Promise<string> {
  const list = [operation(Verb.NEW_TREE, treeFlags(options)), ...base];
  await driver.performAll(list, Option.UNCHECKED);
  return await driver.text("shape");
}
