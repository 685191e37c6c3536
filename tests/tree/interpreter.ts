/**
 * Drives a `MapleTree` from the lines of the golden answers and answers in their form.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { MapleState, MapleTree } from "../../mod.ts";
import { answerOf, type GoldenOperation, showNumber, showValue } from "../golden.ts";
import { perform, showArea, showEntries } from "../operations.ts";
import { MAX_INDEX } from "../naive_range_map.ts";

/** Verbs after which the tree is validated. */
const WRITES = new Set(["store", "insert", "erase", "alloc", "ralloc", "it store", "it erase"]);

/** A tree, the cursor that `it …` drives, and how both answer. */
export class Interpreter {
  readonly tree: MapleTree<number>;
  readonly #cursor: MapleState<number>;

  constructor(tree: MapleTree<number>) {
    this.tree = tree;
    this.#cursor = tree.state(0);
  }

  /** Performs one operation, validates the tree after a write, and gives the answer: one line, for a dump several. */
  answer(operation: GoldenOperation): string[] {
    const { verb } = operation;
    const answer = verb.startsWith("it ") ? [this.#move(operation)] : this.#answer(operation);
    if (WRITES.has(verb)) this.tree.validate();
    return answer;
  }

  #answer(operation: GoldenOperation): string[] {
    switch (operation.verb) {
      case "dump": {
        const lines = showEntries(this.tree).split("\n").filter((line) => line !== "");
        return [`dump ${lines.length}`, ...lines];
      }
      case "walk":
      case "erase":
      case "find":
      case "find_rev":
      case "next":
      case "prev":
      case "empty_area":
      case "empty_area_rev":
        return [this.#answerFresh(operation)];
      case "mt_find":
        return [this.#findFrom(operation)];
    }
    return [perform(this.tree, operation)];
  }

  /** `mt_find()` moves its index past what it found. */
  #findFrom({ operands: [index = 0, max = MAX_INDEX] }: GoldenOperation): string {
    const entry = this.tree.find(index, max);
    if (entry === undefined) return `- ${showNumber(index)}`;
    return `${showNumber(entry.value)} ${showNumber(entry.last + 1)}`;
  }

  /** An operation on a state of its own, set to the first operand. */
  #answerFresh({ verb, operands: [a = 0, b = 0, c = 0] }: GoldenOperation): string {
    const state = this.tree.state(verb.startsWith("empty_area") ? 0 : a);
    const found = (value: number | undefined) =>
      value === undefined
        ? "-"
        : `${showNumber(value)} ${showNumber(state.index)} ${showNumber(state.last)}`;
    const area = (first: number | undefined) => {
      if (first !== undefined) assertEquals(first, state.index);
      return showArea(first, state.last);
    };
    switch (verb) {
      case "walk": {
        const value = showValue(state.walk());
        return `${value} ${showNumber(state.index)} ${showNumber(state.last)} ${state.status}`;
      }
      case "erase":
        return found(state.erase());
      case "find":
        return found(state.find(b));
      case "find_rev":
        return found(state.findReverse(b));
      case "next":
        return found(state.next(b));
      case "prev":
        return found(state.previous(b));
      case "empty_area":
        return answerOf(() => area(state.emptyArea(c, a, b)));
      case "empty_area_rev":
        return answerOf(() => area(state.emptyAreaReverse(c, a, b)));
    }
    throw new Error(`Cannot perform ${verb}: no such operation`);
  }

  /** An operation on the cursor that persists; the answer shows where it stands afterwards. */
  #move(operation: GoldenOperation): string {
    const cursor = this.#cursor;
    const value = showValue(this.#moveCursor(operation));
    return `${value} idx=${showNumber(cursor.index)} last=${
      showNumber(cursor.last)
    } ${cursor.status}`;
  }

  #moveCursor({ verb, operands }: GoldenOperation): number | undefined {
    const cursor = this.#cursor;
    const [a = 0, b = a] = operands;
    switch (verb) {
      case "it set":
        cursor.set(a, b);
        return undefined;
      case "it walk":
        return cursor.walk();
      case "it find":
        return cursor.find(a);
      case "it find_rev":
        return cursor.findReverse(a);
      case "it next":
        return cursor.next(a);
      case "it prev":
        return cursor.previous(a);
      case "it find_range":
        return cursor.findRange(a);
      case "it find_range_rev":
        return cursor.findRangeReverse(a);
      case "it next_range":
        return cursor.nextRange(a);
      case "it prev_range":
        return cursor.previousRange(a);
      case "it pause":
        cursor.pause();
        return undefined;
      case "it reset":
        cursor.reset();
        return undefined;
      case "it store":
        cursor.store(operands[0]);
        return undefined;
      case "it erase":
        return cursor.erase();
    }
    throw new Error(`Cannot perform ${verb}: no such operation`);
  }
}
