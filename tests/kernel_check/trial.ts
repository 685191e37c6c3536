/**
 * Performing a list of operations on a new tree and finding the first that goes wrong.
 *
 * @module
 */

import { Driver, DriverEnded, type DriverOptions, type Ending } from "../../src/kernel/driver.ts";
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
  type DifferenceKind,
  hasPrinted,
  isSameFailure,
  memoryFaultIn,
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

/** Kinds of a difference that is the end of the driver. */
const ENDINGS: ReadonlySet<DifferenceKind> = new Set(["crash", "hang", "exit"]);

/** How many times longer than measured a list may take, and milliseconds on top of that. */
const SLACK = 20;
const SOON_MS = 20;

/** Lists of operations tried one after another, each on a new tree; the process is a new one after each failure. */
export class Trials {
  readonly #setting: TrialSetting;
  #driver: Driver | undefined;
  /** Started beforehand, for trials that end their driver. */
  #spare: Promise<Driver> | undefined;
  /** Milliseconds that an operation may take; undefined: the setting's limit holds. */
  #operationMs: number | undefined;
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
    if (found === undefined) return undefined;
    return await this.#isNew(operations, found) ? found : undefined;
  }

  /** True unless a known fault explains what went wrong. */
  async #isNew(operations: readonly Operation[], found: Difference): Promise<boolean> {
    const { explaining, tree } = this.#setting;
    if (!explaining.some((fault) => isOfTree(fault, tree))) return true;
    const exact = found.kind === "crash" ? await this.firstDifferenceByStep(operations) : found;
    return exact === undefined || await this.faultBehind(operations, exact) === undefined;
  }

  /** The first operation that goes wrong, for whatever reason. */
  async firstOfAll(operations: readonly Operation[]): Promise<Difference | undefined> {
    this.count++;
    return await this.#firstDifference(operations, "all");
  }

  /**
   * The known fault that explains what went wrong: there, or earlier where a tree was destroyed and its copy went on,
   * as memory that is damaged may show it late.
   */
  async faultBehind(
    operations: readonly Operation[],
    difference: Difference,
  ): Promise<KnownFault | undefined> {
    const { tree, explaining } = this.#setting;
    const faults = explaining.filter((fault) => isOfTree(fault, tree));
    if (faults.length === 0) return undefined;
    const list = withTree(operations, tree).slice(0, difference.at + 2);
    for (const [at, it] of list.entries()) {
      if (it.verb !== Verb.DUPLICATE && at < list.length - 1) continue;
      const shape = await this.#shapeAfter(list.slice(0, at));
      if (shape === undefined) return undefined;
      const fault = faults.find(({ explains }) =>
        explains?.({ ...difference, operation: it }, shape)
      );
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  /** The tree's nodes; undefined if the operations end the driver. */
  async #shapeAfter(list: readonly Operation[]): Promise<string | undefined> {
    const { program, limitMs } = this.#setting;
    await using driver = await Driver.start(program, { limitMs });
    try {
      await driver.performAll(list, Option.UNCHECKED);
      return await driver.text("shape");
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
      if (found !== undefined) await this.#end();
      return found && { ...found, at: found.at - 1 };
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      await this.#end();
      return endingAt(list.length - 2, list, error.ending);
    }
  }

  /**
   * What goes wrong if a list fails as another one did. Where that one ended the driver, the driver is asked first:
   * most lists do not end it, and whether the operations are allowed matters only of those that do.
   *
   * @param checks as for {@linkcode firstDifference}
   */
  async failureLike(
    operations: readonly Operation[],
    like: Difference,
    checks: "all" | "last",
  ): Promise<Difference | undefined> {
    if (checks === "all" || !ENDINGS.has(like.kind)) {
      const found = await this.firstDifference(operations, checks);
      return found && isSameFailure(found, like) ? found : undefined;
    }
    this.count++;
    const list = withTree(operations, this.#setting.tree);
    const ending = await this.#endingOf(list);
    if (ending === undefined) return undefined;
    const found = endingAt(list.length - 2, list, ending);
    if (!isSameFailure(found, like)) return undefined;
    if (expectedOf(list, this.#setting, list.length) === undefined) return undefined;
    return await this.#isNew(operations, found) ? found : undefined;
  }

  /**
   * Takes the time of a list that fails without its last operation. {@linkcode failureLike} then gives up lists that
   * take many times longer.
   */
  async takePace(operations: readonly Operation[]): Promise<void> {
    const sound = withTree(operations.slice(0, -1), this.#setting.tree);
    await this.#start();
    const start = performance.now();
    if (await this.#endingOf(sound) !== undefined) return;
    this.#operationMs = SLACK * (performance.now() - start) / sound.length;
  }

  /** How a list ends the driver; undefined if it does not. */
  async #endingOf(list: readonly Operation[]): Promise<Ending | undefined> {
    const driver = await this.#start();
    this.#spare ??= this.#startAnother();
    const limitMs = this.#operationMs && Math.ceil(SOON_MS + this.#operationMs * list.length);
    try {
      await driver.perform(encode(list, this.#setting, list.length - 2), limitMs);
      return undefined;
    } catch (error) {
      if (!(error instanceof DriverEnded)) throw error;
      await this.#end();
      return error.ending;
    }
  }

  /**
   * As {@linkcode firstDifference}, one operation at a time: names the one after which the driver ended.
   *
   * @param sound so many operations at the beginning that did not end it
   */
  async firstDifferenceByStep(
    operations: readonly Operation[],
    sound = 0,
  ): Promise<Difference | undefined> {
    const list = withTree(operations, this.#setting.tree);
    const expected = expectedOf(list, this.#setting, 0);
    if (expected === undefined) return undefined;
    await this.#end();
    const driver = await this.#start();
    const beginning = list.slice(0, sound);
    if (sound > 0) {
      const actual = await driver.perform(encode(beginning, this.#setting, 0));
      const found = firstIn(beginning, expected, actual, driver, this.#setting.comparing);
      if (found !== undefined) return { ...found, at: found.at - 1 };
    }
    for (const [at, step] of list.entries()) {
      if (at < sound) continue;
      try {
        const actual = await driver.perform(encode([step], this.#setting, 0));
        const own = expected.subarray(answerAt(at), answerAt(at + 1));
        const found = firstIn([step], own, actual, driver, this.#setting.comparing);
        if (found !== undefined) return { ...found, at: at - 1 };
      } catch (error) {
        if (!(error instanceof DriverEnded)) throw error;
        return endingAt(at - 1, list, error.ending);
      }
    }
    return undefined;
  }

  async #start(): Promise<Driver> {
    if (this.#driver !== undefined) return this.#driver;
    const spare = this.#spare;
    this.#spare = undefined;
    return this.#driver = await (spare ?? this.#startAnother());
  }

  async #startAnother(): Promise<Driver> {
    const { program, limitMs } = this.#setting;
    return await Driver.start(program, { limitMs });
  }

  async #end(): Promise<void> {
    await this.#driver?.[Symbol.asyncDispose]();
    this.#driver = undefined;
  }

  /** Ends the processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
    const spare = await this.#spare;
    this.#spare = undefined;
    await spare?.[Symbol.asyncDispose]();
  }
}

/** What is known of a list that ended the driver, if not after which operation. */
function endingAt(at: number, list: readonly Operation[], { kind, text }: Ending): Difference {
  return { at, operation: list[at + 1]!, kind, text };
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
    const memory = kind === "rule" ? memoryFaultIn(driver.printed) : undefined;
    const text = kind === "warning"
      ? `it printed a warning: ${driver.printed.split("\n")[0]}`
      : memory ?? describe(kind, it, expected, actual, at);
    return { at: i, operation: it, kind, text };
  }
  return undefined;
}
