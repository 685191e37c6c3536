/**
 * Operations on a range map as data: made at random, performed on any map, printed in the golden form
 * (`tests/golden/README.md`), which the tree, the reference and the kernel's own tree all understand.
 *
 * @module
 */

import { type GoldenOperation, showErrno, showError, showNumber, showValue } from "./golden.ts";
import { MAX_INDEX, type NaiveRangeMap } from "./naive_range_map.ts";
import type { Random } from "./random.ts";

/** One range and what it holds. */
export interface RangeEntry {
  readonly first: number;
  readonly last: number;
  readonly value: number;
}

/** What `MapleTree` and its reference have in common. */
export interface RangeMap {
  load(index: number): number | undefined;
  store(first: number, last: number, value: number | undefined): void;
  insert(first: number, last: number, value: number): void;
  erase(index: number): number | undefined;
  find(index: number, max?: number): RangeEntry | undefined;
  next(index: number, max?: number): RangeEntry | undefined;
  previous(index: number, min?: number): RangeEntry | undefined;
  emptyArea(size: number, min: number, max: number): number | undefined;
  emptyAreaReverse(size: number, min: number, max: number): number | undefined;
  allocate(value: number, size: number, min: number, max: number): number;
  allocateReverse(value: number, size: number, min: number, max: number): number;
  entries(first?: number, last?: number): Iterable<RangeEntry>;
}

/** An operation to perform; `operands` in the order of the golden form, `undefined` is "nothing". */
export type Operation = Pick<GoldenOperation, "verb" | "operands">;

/** Verbs that may change the map. */
const WRITES: ReadonlySet<string> = new Set(["store", "insert", "erase", "alloc", "ralloc"]);

/** True if the operation may change the map. */
export function isWrite({ verb }: Operation): boolean {
  return WRITES.has(verb);
}

/** The operation as a line of the golden form. */
export function showOperation({ verb, operands }: Operation): string {
  return [verb, ...operands.map(showValue)].join(" ");
}

/** A range as the golden answers show it. */
export function showEntry(entry: RangeEntry | undefined): string {
  if (entry === undefined) return "-";
  return `${showNumber(entry.value)} ${showNumber(entry.first)} ${showNumber(entry.last)}`;
}

/** The map's whole content, one range a line, hexadecimal. */
export function showEntries(map: RangeMap): string {
  const lines = [...map.entries()].map(({ first, last, value }) =>
    `${showNumber(first)} ${showNumber(last)} ${showNumber(value)}`
  );
  return lines.join("\n");
}

/** The start of an area, or the error by which the kernel says that there is none. */
export function showArea(first: number | undefined, last?: number): string {
  if (first === undefined) return showErrno("EBUSY");
  return last === undefined
    ? `ok ${showNumber(first)}`
    : `ok ${showNumber(first)} ${showNumber(last)}`;
}

function dispatch(map: RangeMap, { verb, operands }: Operation): string {
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  switch (verb) {
    case "store":
      map.store(a, b, operands[2]);
      return "ok";
    case "insert":
      map.insert(a, b, c);
      return "ok";
    case "erase":
      return showValue(map.erase(a));
    case "load":
      return showValue(map.load(a));
    case "find":
      return showEntry(map.find(a, b));
    case "next":
      return showEntry(map.next(a, b));
    case "prev":
      return showEntry(map.previous(a, b));
    case "empty_area":
      return showArea(map.emptyArea(c, a, b));
    case "empty_area_rev":
      return showArea(map.emptyAreaReverse(c, a, b));
    case "alloc":
      return `ok ${showNumber(map.allocate(d, c, a, b))}`;
    case "ralloc":
      return `ok ${showNumber(map.allocateReverse(d, c, a, b))}`;
  }
  throw new Error(`Cannot perform ${verb}: no such operation`);
}

/** Performs the operation and shows what it answered, or the error it threw. */
export function perform(map: RangeMap, operation: Operation): string {
  try {
    return dispatch(map, operation);
  } catch (error) {
    return showError(error);
  }
}

/** What random operations look like. */
export interface Profile {
  /** Ranges in the map at the start. */
  readonly ranges: number;
  /** Indices a unit: lengths and most addresses are multiples of it, as pages are. */
  readonly unit: number;
  /** Units in the window that the operations work on. */
  readonly units: number;
  /** Longest common range, units. */
  readonly longest: number;
  /** Longest rare range, units; long ones clear and overwrite many at once. */
  readonly longestWide: number;
  /** Gap search and allocation too: only for maps that track gaps. */
  readonly gaps: boolean;
}

/** Makes operations for a map whose present content is in `map`, so that many of them touch the ends of ranges. */
export class OperationSource {
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #map: NaiveRangeMap<number>;
  #value = 0;

  constructor(random: Random, profile: Profile, map: NaiveRangeMap<number>) {
    this.#random = random;
    this.#profile = profile;
    this.#map = map;
  }

  /** Stores that fill the window with `profile.ranges` ranges, in random order. */
  fill(): Operation[] {
    const { ranges, unit, units } = this.#profile;
    const room = Math.floor(units / ranges);
    const starts = this.#random.shuffle(Array.from({ length: ranges }, (_, i) => i * room * unit));
    return starts.map((first) => {
      const length = this.#random.between(1, Math.max(1, room - 1)) * unit;
      return { verb: "store", operands: [first, first + length - 1, ++this.#value] };
    });
  }

  /** A start or end of a range, occupied or free, or one beside it. */
  #edge(): number {
    const { unit, units } = this.#profile;
    const { first, last } = this.#map.rangeAt(this.#random.below(units) * unit);
    const edge = this.#random.pick([first, last, first - 1, last + 1]);
    return Math.min(Math.max(edge, 0), MAX_INDEX);
  }

  #index(): number {
    const { unit, units } = this.#profile;
    if (this.#random.chance(0.3)) return this.#edge();
    if (this.#random.chance(0.01)) return this.#random.pick([0, 1, MAX_INDEX - 1, MAX_INDEX]);
    return this.#random.below(units) * unit;
  }

  /** Two ends of a range to write, about `longest` units long at most. */
  #range(longest: number): [first: number, last: number] {
    const first = this.#index();
    if (this.#random.chance(0.25)) {
      const other = this.#edge();
      if (Math.abs(other - first) <= longest * this.#profile.unit) {
        return [Math.min(first, other), Math.max(first, other)];
      }
    }
    const length = this.#random.between(1, longest) * this.#profile.unit;
    return [first, Math.min(first + length - 1, MAX_INDEX)];
  }

  #write(): Operation {
    const { longest, longestWide } = this.#profile;
    const value = ++this.#value;
    const kind = this.#random.below(100);
    if (kind < 36) return { verb: "store", operands: [...this.#range(longest), value] };
    if (kind < 60) return { verb: "store", operands: [...this.#range(longest), undefined] };
    if (kind < 64) return { verb: "store", operands: [...this.#range(longestWide), value] };
    if (kind < 66) return { verb: "store", operands: [...this.#range(longestWide), undefined] };
    if (kind < 80) return { verb: "erase", operands: [this.#index()] };
    return { verb: "insert", operands: [...this.#range(longest), value] };
  }

  /**
   * Size and window of a gap search. Allocations stay below `limit`: what they put near the index maximum, no other
   * operation would ever remove.
   */
  #window(limit: number): [min: number, max: number, size: number] {
    const { unit, longest } = this.#profile;
    const size = this.#random.between(1, longest * 2) * unit;
    const a = Math.min(this.#index(), limit);
    const b = this.#random.chance(0.1) ? limit : Math.min(this.#index(), limit);
    return this.#random.chance(0.02) ? [a, b, size] : [Math.min(a, b), Math.max(a, b), size];
  }

  #read(): Operation {
    const verb = this.#random.pick(["load", "walk", "find", "next", "prev"]);
    const index = this.#index();
    switch (verb) {
      case "find":
      case "next":
        return { verb, operands: [index, this.#random.chance(0.5) ? MAX_INDEX : this.#index()] };
      case "prev":
        return { verb, operands: [index, this.#random.chance(0.5) ? 0 : this.#index()] };
    }
    return { verb, operands: [index] };
  }

  /** The next operation. */
  next(): Operation {
    const { gaps, unit, units } = this.#profile;
    const kind = this.#random.below(100);
    if (gaps && kind < 10) {
      return {
        verb: this.#random.pick(["empty_area", "empty_area_rev"]),
        operands: this.#window(MAX_INDEX),
      };
    }
    if (gaps && kind < 18) {
      return {
        verb: this.#random.pick(["alloc", "ralloc"]),
        operands: [...this.#window(units * unit), ++this.#value],
      };
    }
    return kind < 75 ? this.#write() : this.#read();
  }
}
