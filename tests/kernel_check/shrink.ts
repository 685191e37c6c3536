/**
 * Reducing a failing list of operations to one from which nothing can be removed.
 *
 * A list fails as another does if its first difference is of the same family: wrong answer, wrong tree, crash, hang …
 * First what lies far back is replaced by stores of what the tree held, then operations are removed, then boundaries of
 * ranges: two that lie side by side become one where the list still fails. What is left is renumbered.
 *
 * @module
 */

import { reduceAsync } from "../../src/replay/debug/reduce.ts";
import { Random } from "../random.ts";
import { MAX_INDEX } from "../../src/tree/node_layout.ts";
import {
  isOnCursor,
  isWrite,
  operandsOf,
  type Operation,
  operation,
  Verb,
} from "../../src/kernel/operation.ts";
import type { Difference } from "./difference.ts";
import type { ReferenceOptions } from "./answer.ts";
import { Reference } from "./reference.ts";
import type { Trials } from "./trial.ts";

/** What is left of a list. */
export interface Shrunk {
  readonly operations: readonly Operation[];
  readonly difference: Difference;
  /** Nothing more can be removed; false if the time ran out before. */
  readonly isMinimal: boolean;
}

/** Random orders that are tried of what a tree held, if that is not much. */
const ORDERS = 12;
const MANY = 1_000;

/** Indices from one boundary of a renumbered list to the next. */
const SPACING = 0x10;

/**
 * Shrinks a list that fails.
 *
 * @param deadline when to stop, as `performance.now()`
 */
export async function shrink(
  operations: readonly Operation[],
  difference: Difference,
  tree: ReferenceOptions,
  trials: Trials,
  deadline: number,
): Promise<Shrunk> {
  const search = new Search(operations, difference, trials, deadline);
  await search.dropReads();
  for (let length = Infinity; search.list.length < length && !search.isLate;) {
    length = search.list.length;
    await search.startLate(tree);
    await search.remove();
    await search.joinBoundaries();
    await search.endAtFailure();
  }
  await search.renumber();
  const isMinimal = !search.isLate;
  await search.confirm();
  return { operations: search.list, difference: search.difference, isMinimal };
}

class Search {
  list: readonly Operation[];
  difference: Difference;
  /** What failed when every write was looked at and time was not short. */
  #sure: Pick<Search, "list" | "difference">;
  #checks: "all" | "last" = "last";
  readonly #trials: Trials;
  readonly #deadline: number;

  constructor(
    list: readonly Operation[],
    difference: Difference,
    trials: Trials,
    deadline: number,
  ) {
    this.list = list;
    this.difference = difference;
    this.#sure = { list, difference };
    this.#trials = trials;
    this.#deadline = deadline;
  }

  get isLate(): boolean {
    return performance.now() > this.#deadline;
  }

  /** Takes the list if it fails in the same way, without what follows the failure. */
  async #take(list: readonly Operation[]): Promise<boolean> {
    if (this.isLate || list.length === 0) return false;
    const found = await this.#trials.failureLike(list, this.difference, this.#checks);
    if (found === undefined) return false;
    this.list = list.slice(0, Math.max(1, found.at + 1));
    this.difference = found;
    return true;
  }

  /** Lookups rarely matter; where they do they all stay for now. */
  async dropReads(): Promise<void> {
    const last = this.list.length - 1;
    const without = this.list.filter(({ verb }, i) =>
      i === last || isWrite(verb) || isOnCursor(verb)
    );
    if (without.length < this.list.length) await this.#take(without);
  }

  /**
   * Keeps the last 1, 2, 4 … operations and stores before them what the tree held there, upwards, downwards or in
   * random order: how full the nodes are depends on it.
   */
  async startLate(tree: ReferenceOptions): Promise<void> {
    const whole = this.list;
    const random = new Random(whole.length);
    for (let kept = 1; kept < whole.length / 2 && !this.isLate; kept *= 2) {
      const from = whole.length - kept;
      const reference = new Reference({ ...tree, isGuarded: false });
      for (const it of whole.slice(0, from)) reference.answer(it);
      const content = Array.from(
        reference.naive,
        ({ first, last, value }) => operation(Verb.STORE, first, last, value),
      );
      if (content.length + kept >= whole.length) continue;
      const rest = whole.slice(from);
      if (await this.#take([...content, ...rest])) return;
      if (await this.#take([...content.toReversed(), ...rest])) return;
      const orders = content.length > 2 && content.length + kept < MANY ? ORDERS : 0;
      for (let i = 0; i < orders; i++) {
        if (await this.#take([...random.shuffle([...content]), ...rest])) return;
      }
    }
  }

  /** Looks at the tree after every write: what went wrong earlier than the last operation ends the list there. */
  async endAtFailure(): Promise<void> {
    this.#checks = "all";
    if (await this.#take(this.list)) this.#sure = { list: this.list, difference: this.difference };
    this.#checks = "last";
  }

  /** Goes back to what surely fails, if the list does not when time is not short. */
  async confirm(): Promise<void> {
    const found = await this.#trials.failureLike(this.list, this.difference, "all");
    if (found === undefined) {
      this.list = this.#sure.list;
      this.difference = this.#sure.difference;
    } else {
      this.list = this.list.slice(0, Math.max(1, found.at + 1));
      this.difference = found;
    }
  }

  async remove(): Promise<void> {
    await reduceAsync(this.list, (list) => this.#take(list));
  }

  /** Moves each boundary onto its neighbour where the list still fails. */
  async joinBoundaries(): Promise<void> {
    for (let i = boundariesOf(this.list).length - 2; i > 0 && !this.isLate; i--) {
      for (const target of [i - 1, i + 1]) {
        const boundaries = boundariesOf(this.list);
        const [from, to] = [boundaries[i], boundaries[target]];
        if (from === undefined || to === undefined || to > MAX_INDEX) continue;
        await this.#take(moveBoundaries(this.list, (it) => it === from ? to : it));
      }
    }
  }

  /** Boundary n at 0x10 · n, values 1, 2 … in the order in which they appear. */
  async renumber(): Promise<void> {
    const places = new Map(boundariesOf(this.list).map((it, i) => [it, i * SPACING]));
    const moved = moveBoundaries(this.list, (it) => places.get(it) ?? it);
    await this.#take(moved);
    await this.#take(renumberValues(this.list));
  }
}

/** Numbers of the same order as the operands of an operation. */
function numbersOf({ a, b, c, d }: Operation): [number, number, number, number] {
  return [a, b, c, d];
}

/** True if the first two operands are both ends of a range. */
function hasRange({ verb }: Operation): boolean {
  const [first, second, third] = operandsOf(verb);
  return first === "index" && second === "index" &&
    (third !== undefined || verb === Verb.CURSOR_SET);
}

/** First indices of ranges, and those after ranges, ascending. */
function boundariesOf(list: readonly Operation[]): number[] {
  const all = new Set<number>();
  for (const it of list) {
    const kinds = operandsOf(it.verb);
    const numbers = numbersOf(it);
    kinds.forEach((kind, i) => {
      if (kind !== "index") return;
      all.add(i === 1 && hasRange(it) ? Math.min(numbers[i]! + 1, MAX_INDEX) : numbers[i]!);
    });
  }
  return [...all].sort((a, b) => a - b);
}

/** The list with each boundary moved to where `move` says; ranges that become empty go. */
function moveBoundaries(
  list: readonly Operation[],
  move: (boundary: number) => number,
): Operation[] {
  const moved: Operation[] = [];
  for (const it of list) {
    const kinds = operandsOf(it.verb);
    const numbers = numbersOf(it);
    kinds.forEach((kind, i) => {
      const number = numbers[i]!;
      if (kind !== "index" || number === MAX_INDEX) return;
      numbers[i] = i === 1 && hasRange(it) ? move(number + 1) - 1 : move(number);
    });
    if (hasRange(it) && numbers[0] > numbers[1] && it.a <= it.b) continue;
    moved.push(operation(it.verb, ...numbers));
  }
  return moved;
}

function renumberValues(list: readonly Operation[]): Operation[] {
  const values = new Map<number, number>([[0, 0]]);
  return list.map((it) => {
    const numbers = numbersOf(it);
    operandsOf(it.verb).forEach((kind, i) => {
      if (kind !== "value") return;
      const value = values.get(numbers[i]!) ?? values.size;
      values.set(numbers[i]!, value);
      numbers[i] = value;
    });
    return operation(it.verb, ...numbers);
  });
}
