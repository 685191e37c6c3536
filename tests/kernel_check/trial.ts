/**
 * Performing a list of operations on a new tree and finding the first that goes wrong.
 *
 * @module
 */

import { Driver, DriverEnded, type DriverOptions } from "../../src/kernel/driver.ts";
import { type Operation, operation, Verb } from "../../src/kernel/operation.ts";
import {
  ANSWER_WORDS,
  OPERATION_WORDS,
  Option,
  writeOperation,
} from "../../src/kernel/protocol.ts";
import type { CursorHistory } from "./cursor_history.ts";
import {
  answerAt,
  type Comparing,
  describe,
  type Difference,
  differenceIn,
  hasPrinted,
} from "./difference.ts";
import { type ReferenceOptions, treeFlags } from "./answer.ts";
import type { KnownFault } from "./known_faults.ts";
import { Disagreement, Reference } from "./reference.ts";

/** What a trial needs: the driver's program, the kind of tree, what to compare. */
export interface TrialSetting extends DriverOptions {
  readonly program: string;
  readonly tree: ReferenceOptions;
  readonly comparing: Comparing;
  /** True if an operation may meet a fault that is known, so that it says nothing. */
  readonly leavesOut: (operation: Operation, history: CursorHistory) => boolean;
  /** Known faults of the tree that only what went wrong tells. */
  readonly explaining: readonly KnownFault[];
}

/** Text that makes of something printed a finding: how the kernel's assertions begin in user space. */
const WARNING = /assertion failed at|\bBUG\b|\bWARN/;

/** True if what was printed is a complaint of the tree's own code. */
export function isWarning(text: string): boolean {
  return WARNING.test(text);
}

/** Lists of operations tried one after another, each on a new tree; the process is a new one after each failure. */
export class Trials {
  readonly #setting: TrialSetting;
  #driver: Driver | undefined;
  /** Trials so far. */
  count = 0;

  constructor(setting: TrialSetting) {
    this.#setting = setting;
  }

  /**
   * The first operation that goes wrong; undefined if none does, nothing can be said, or a known fault is why.
   *
   * @param checks after which writes the tree is looked at; after the last one only is much faster
   */
  async firstDifference(
    operations: readonly Operation[],
    checks: "all" | "last" = "all",
  ): Promise<Difference | undefined> {
    this.count++;
    const found = await this.#firstDifference(operations, checks);
    if (found === undefined || !this.#mayExplain()) return found;
    const exact = found.kind === "crash" ? await this.firstDifferenceByStep(operations) : found;
    if (exact === undefined || await this.faultBehind(operations, exact) === undefined) {
      return found;
    }
    return undefined;
  }

  /** The first operation that goes wrong, for whatever reason. */
  async firstOfAll(operations: readonly Operation[]): Promise<Difference | undefined> {
    this.count++;
    return await this.#firstDifference(operations, "all");
  }

  /** True if there is a known fault of such trees that only what went wrong tells. */
  #mayExplain(): boolean {
    return this.#setting.explaining.some((fault) => isOfTree(fault, this.#setting.tree));
  }

  /** The known fault that explains what went wrong. */
  async faultBehind(
    operations: readonly Operation[],
    difference: Difference,
  ): Promise<KnownFault | undefined> {
    const { tree, explaining, program, limitMs } = this.#setting;
    const faults = explaining.filter((fault) => isOfTree(fault, tree));
    if (faults.length === 0) return undefined;
    await using driver = await Driver.start(program, { limitMs });
    try {
      const before = withTree(operations, tree).slice(0, difference.at + 1);
      await driver.performAll(before, Option.UNCHECKED);
      const shape = await driver.text("shape");
      return faults.find(({ explains }) => explains?.(difference, shape));
    } catch (error) {
      if (error instanceof DriverEnded) return undefined;
      throw error;
    }
  }

  async #firstDifference(
    operations: readonly Operation[],
    checks: "all" | "last",
  ): Promise<Difference | undefined> {
    const list = withTree(operations, this.#setting.tree);
    const from = checks === "all" ? 0 : list.length - 2;
    const expected = expectedOf(list, this.#setting, from);
    if (expected === undefined) return undefined;
    const driver = await this.#start();
    try {
      const actual = await driver.perform(encode(list, this.#setting, from));
      const found = firstIn(list, expected, actual, driver, this.#setting.comparing);
      if (found !== undefined) await this[Symbol.asyncDispose]();
      return found && { ...found, at: found.at - 1 };
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      await this[Symbol.asyncDispose]();
      const { ending } = error;
      const last = list.length - 1;
      return { at: last - 1, operation: list[last]!, kind: ending.kind, text: ending.text };
    }
  }

  /** The same, one operation at a time: names the one after which the driver ended. */
  async firstDifferenceByStep(operations: readonly Operation[]): Promise<Difference | undefined> {
    const list = withTree(operations, this.#setting.tree);
    const expected = expectedOf(list, this.#setting, 0);
    if (expected === undefined) return undefined;
    await this[Symbol.asyncDispose]();
    const driver = await this.#start();
    for (const [at, step] of list.entries()) {
      try {
        const actual = await driver.perform(encode([step], this.#setting, 0));
        const own = expected.subarray(answerAt(at), answerAt(at + 1));
        const found = firstIn([step], own, actual, driver, this.#setting.comparing);
        if (found !== undefined) return { ...found, at: at - 1 };
      } catch (error) {
        if (!(error instanceof DriverEnded)) throw error;
        const { ending } = error;
        return { at: at - 1, operation: step, kind: ending.kind, text: ending.text };
      }
    }
    return undefined;
  }

  async #start(): Promise<Driver> {
    const { program, limitMs } = this.#setting;
    this.#driver ??= await Driver.start(program, { limitMs });
    return this.#driver;
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#driver?.[Symbol.asyncDispose]();
    this.#driver = undefined;
  }
}

function isOfTree({ tree }: KnownFault, { gaps, readers }: ReferenceOptions): boolean {
  return tree.gaps === gaps && tree.readers === readers;
}

/** A new tree, the operations, and its end, which must leave no node. */
function withTree(operations: readonly Operation[], tree: ReferenceOptions): Operation[] {
  const flags = treeFlags(tree);
  return [
    operation(Verb.NEW_TREE, flags),
    ...operations,
    operation(Verb.NEW_TREE, flags),
  ];
}

function encode(
  list: readonly Operation[],
  { comparing }: TrialSetting,
  checkedFrom: number,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(list.length * OPERATION_WORDS);
  const options = comparing.shape ? Option.SHAPE : 0;
  list.forEach((it, i) => {
    const own = i < checkedFrom ? Option.UNCHECKED : options;
    writeOperation(words, i * OPERATION_WORDS, it, own);
  });
  return words;
}

/**
 * What must be answered; undefined where Maple and the naive map do not agree on it, or where an operation is
 * forbidden or may meet a known fault.
 */
function expectedOf(
  list: readonly Operation[],
  { tree, comparing, leavesOut }: TrialSetting,
  checkedFrom: number,
): Uint32Array | undefined {
  const words = new Uint32Array(list.length * ANSWER_WORDS);
  try {
    const reference = new Reference({ ...tree, shape: comparing.shape });
    for (const [i, it] of list.entries()) {
      if (reference.history.forbids(it) || leavesOut(it, reference.history)) return undefined;
      reference.perform(it, words, answerAt(i), i >= checkedFrom);
    }
    return words;
  } catch (error) {
    if (error instanceof Disagreement) return undefined;
    throw error;
  }
}

/** The first answer that differs. */
export function firstIn(
  list: readonly Operation[],
  expected: Uint32Array,
  actual: Uint32Array,
  driver: Pick<Driver, "printed">,
  comparing: Comparing,
): Difference | undefined {
  for (const [i, it] of list.entries()) {
    const at = answerAt(i);
    let kind = differenceIn(it, expected, actual, at, comparing);
    if (kind === undefined && hasPrinted(actual, at) && isWarning(driver.printed)) kind = "warning";
    if (kind === undefined) continue;
    const text = kind === "warning"
      ? `it printed a warning: ${driver.printed.split("\n")[0]}`
      : describe(kind, it, expected, actual, at);
    return { at: i, operation: it, kind, text };
  }
  return undefined;
}
