/**
 * Seeded random programs of one cursor that lasts: moves, stores, erases and gap searches through it, and writes
 * elsewhere, after each of which the cursor walks again.
 *
 * @module
 */

import { MAX_INDEX } from "../../../src/tree/node_layout.ts";
import { Random } from "../../random.ts";
import type { Reference } from "../reference.ts";
import { type Operation, operation, Verb } from "../../../src/kernel/operation.ts";
import type { Features } from "../../../src/kernel/protocol.ts";
import type { Case } from "./case.ts";

/** Indices from one range to the next. */
const STEP = 0x10;

/** Operations in a case. */
const LENGTH = 10_000;

const MOVES_UP = [Verb.CURSOR_NEXT, Verb.CURSOR_FIND];
const MOVES_UP_RANGE = [Verb.CURSOR_NEXT_RANGE, Verb.CURSOR_FIND_RANGE];
const MOVES_DOWN = [Verb.CURSOR_PREVIOUS, Verb.CURSOR_FIND_REVERSE];
const MOVES_DOWN_RANGE = [Verb.CURSOR_PREVIOUS_RANGE, Verb.CURSOR_FIND_RANGE_REVERSE];

/** The `turn`-th cursor program of a seed. */
export function cursorCase(seed: number, turn: number, features: Features): Case {
  const gaps = (turn & 1) === 0;
  const readers = (turn & 2) === 0;
  const ranges = [20, 60, 60, 400][turn % 4]!;
  const what = `${ranges} ranges, ${gaps ? "gaps" : "no gaps"}, ${
    readers ? "readers" : "no readers"
  }`;
  return {
    group: "cursor programs",
    name: `${what}, seed ${seed}, case ${turn}`,
    options: { gaps, readers, isGuarded: true },
    operations: (reference) =>
      new CursorProgram(new Random(seed + turn * 0x85ebca77), ranges, gaps, reference, features)
        .operations(),
  };
}

class CursorProgram {
  readonly #random: Random;
  readonly #ranges: number;
  readonly #gaps: boolean;
  readonly #reference: Reference;
  readonly #features: Features;
  /** Where the entry stands that keeps the tree from having no node. */
  readonly #guard: number;
  #value = 0;

  constructor(
    random: Random,
    ranges: number,
    gaps: boolean,
    reference: Reference,
    features: Features,
  ) {
    this.#random = random;
    this.#ranges = ranges;
    this.#gaps = gaps;
    this.#reference = reference;
    this.#features = features;
    this.#guard = 4 * ranges * STEP;
  }

  *operations(): Generator<Operation> {
    yield operation(Verb.STORE, this.#guard, this.#guard + 9, 0xffff);
    for (let i = 0; i < this.#ranges; i++) {
      yield operation(Verb.STORE, 2 * i * STEP, 2 * i * STEP + STEP - 1, ++this.#value);
    }
    for (let i = 0; i < LENGTH; i++) {
      yield* this.#next();
    }
  }

  #next(): Operation[] {
    const kind = this.#random.below(100);
    if (kind < 50) return [this.#move()];
    if (kind < 62) return [this.#set()];
    if (kind < 66) return [operation(Verb.CURSOR_WALK)];
    if (kind < 70) return [operation(Verb.CURSOR_PAUSE)];
    if (kind < 73) return [operation(Verb.CURSOR_RESET)];
    if (kind < 88) return this.#write();
    if (kind < 96) return this.#writeElsewhere();
    if (kind === 96 && this.#features.reserve) return [this.#reserve()];
    return this.#gaps ? this.#search() : [];
  }

  #index(): number {
    const index = this.#random.below(2 * this.#ranges + 4) * STEP;
    return this.#random.chance(0.2) ? index + this.#random.below(STEP) : index;
  }

  #move(): Operation {
    const isRange = this.#features.rangeMoves && this.#random.chance(0.4);
    if (this.#random.chance(0.5)) {
      const limit = this.#random.chance(0.6) ? MAX_INDEX : this.#index();
      return operation(this.#random.pick(isRange ? MOVES_UP_RANGE : MOVES_UP), limit);
    }
    const limit = this.#random.chance(0.6) ? 0 : this.#index();
    return operation(this.#random.pick(isRange ? MOVES_DOWN_RANGE : MOVES_DOWN), limit);
  }

  #length(): number {
    return this.#random.pick([STEP, STEP, 2 * STEP, STEP / 2, 0x100]);
  }

  #set(): Operation {
    const first = this.#index();
    return operation(Verb.CURSOR_SET, first, first + this.#length() - 1);
  }

  #held(): number {
    return this.#random.chance(0.35) ? 0 : ++this.#value;
  }

  /** Through the cursor; not where it would take the guard away. */
  #write(): Operation[] {
    const { index, last } = this.#reference.history;
    if (index >= this.#guard || last >= this.#guard) return [this.#set()];
    if (this.#random.chance(0.3)) return [operation(Verb.CURSOR_ERASE)];
    const isPrepared = this.#random.chance(0.3);
    return [
      operation(isPrepared ? Verb.CURSOR_STORE_PREALLOCATED : Verb.CURSOR_STORE, this.#held()),
    ];
  }

  /** A write elsewhere, after which the kernel's rules ask that the cursor is told to walk again. */
  #writeElsewhere(): Operation[] {
    const first = this.#index();
    const store = operation(Verb.STORE, first, first + this.#length() - 1, this.#held());
    const renewed = [operation(Verb.CURSOR_PAUSE), operation(Verb.CURSOR_RESET), this.#set()];
    return [store, this.#random.pick(renewed)];
  }

  /** Nodes for so many entries, more on top of them, and all given back. */
  #reserve(): Operation {
    const entries = this.#random.below(600);
    return operation(Verb.CURSOR_RESERVE, entries, entries + this.#random.below(300));
  }

  /** A search that finds something, from a fresh start: where it stands after a search that fails is not defined. */
  #search(): Operation[] {
    const [low, high] = [this.#index(), this.#index()].sort((a, b) => a - b) as [number, number];
    const size = this.#random.pick([1, STEP / 2, STEP]);
    if (high - low < size - 1) return [];
    const fits = this.#fits(size, low, high);
    if (!fits) return [];
    const verb = this.#random.pick([Verb.CURSOR_EMPTY_AREA, Verb.CURSOR_EMPTY_AREA_REVERSE]);
    return [operation(Verb.CURSOR_SET, 0, 0), operation(verb, low, high, size)];
  }

  #fits(size: number, low: number, high: number): boolean {
    try {
      return this.#reference.naive.emptyArea(size, low, high) !== undefined;
    } catch {
      return false;
    }
  }
}
