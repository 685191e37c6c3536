/**
 * An ordered set of integers, kept as ranges.
 *
 * @module
 */

import { RangeMap } from "./range_map.ts";
import type { GapOptions, IterationOptions, KeyRange, OverlapOptions } from "./types.ts";
import { difference, intersection, rangesOf, union } from "./set_operations.ts";
import { RangeCollection } from "./range_collection.ts";

/** How a {@linkcode RangeSet} is made. */
export interface RangeSetOptions {
  /** The lowest key; as in `RangeMap`. */
  readonly lowest?: number;
}

/**
 * A set of integers as half-open ranges, `[start, end)`, that never touch: what is added joins what it touches.
 *
 * Domain, empty ranges and errors are those of {@linkcode RangeMap}. With n ranges in the set, of which a call meets k:
 *
 * | method | complexity |
 * |---|---|
 * | `has`, `getRange`, `covers`, `overlaps`, `addIfFree` | O(log n) |
 * | `add`, `delete` | O(log n + k) |
 * | `overlapping`, `gaps`, `keys`, `forEach` | O(log n + k), lazily |
 * | `firstGap`, `lastGap` | O(log n) mostly, O(n) at worst |
 * | `size`, `isEmpty`, `clear` | O(1) |
 * | `union`, `intersection`, `difference` | O((n + m) log n) |
 *
 * @example Ports in use
 * ```ts
 * import { RangeSet } from "@maple/mm/range-map";
 * import { assertEquals } from "@std/assert";
 *
 * const used = new RangeSet().add(0, 1024).add(8080, 8081).add(1024, 1030);
 * assertEquals(used.has(443), true);
 * assertEquals([...used], [{ start: 0, end: 1030 }, { start: 8080, end: 8081 }]);
 * assertEquals(used.firstGap(16), 1030);
 * ```
 */
export class RangeSet extends RangeCollection implements Iterable<KeyRange> {
  #map: RangeMap<true>;

  /**
   * An empty set. O(1).
   *
   * @throws {RangeError} if `lowest` is no safe integer, or above 0
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet({ lowest: 0 }).add(2 ** 52, 2 ** 53).has(2 ** 53 - 1), true);
   * ```
   */
  constructor(options: RangeSetOptions = {}) {
    super();
    this.#map = new RangeMap<true>({ ...options, coalesce: true });
  }

  /**
   * A set of all keys of these ranges. O(n log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = RangeSet.from([{ start: 0, end: 5 }, { start: 5, end: 9 }]);
   * assertEquals(set.toArray(), [{ start: 0, end: 9 }]);
   * ```
   */
  static from(ranges: Iterable<KeyRange>, options: RangeSetOptions = {}): RangeSet {
    const set = new RangeSet(options);
    for (const { start, end } of ranges) set.add(start, end);
    return set;
  }

  /**
   * The name of this class, as `Object.prototype.toString` has it. O(1).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(String(new RangeSet()), "[object RangeSet]");
   * ```
   */
  override get [Symbol.toStringTag](): string {
    return "RangeSet";
  }

  /**
   * The keys that the set can hold. O(1).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().domain, { start: -(2 ** 52), end: 2 ** 52 });
   * ```
   */
  get domain(): KeyRange {
    return this.#map.domain;
  }

  /**
   * Ranges in the set. O(1).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().add(0, 5).add(8, 9).add(5, 6).size, 2);
   * ```
   */
  override get size(): number {
    return this.#map.size;
  }

  /**
   * Whether no key is in the set. O(1).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().isEmpty, true);
   * ```
   */
  get isEmpty(): boolean {
    return this.#map.isEmpty;
  }

  /**
   * From the lowest key to after the highest; `undefined` if the set is empty. O(log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().add(3, 5).add(8, 9).span, { start: 3, end: 9 });
   * ```
   */
  get span(): KeyRange | undefined {
    return this.#map.span;
  }

  /**
   * Whether `key` is in the set. O(log n).
   *
   * @throws {RangeError} if `key` is no integer, or outside of the domain
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * assertEquals([set.has(4), set.has(5)], [true, false]);
   * ```
   */
  has(key: number): boolean {
    return this.#map.get(key) !== undefined;
  }

  /**
   * The range that holds `key`. O(log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().add(3, 5).getRange(4), { start: 3, end: 5 });
   * ```
   */
  getRange(key: number): KeyRange | undefined {
    const entry = this.#map.getEntry(key);
    return entry === undefined ? undefined : { start: entry.start, end: entry.end };
  }

  /**
   * Adds every key of `start … end`. O(log n + k).
   *
   * @throws {RangeError} if a bound is no integer or outside of the domain, or `start > end`
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().add(3, 5).add(5, 9).toArray(), [{ start: 3, end: 9 }]);
   * ```
   */
  add(start: number, end: number): this {
    this.#map.set(start, end, true);
    return this;
  }

  /**
   * Adds `start … end` if none of its keys is in the set; whether it was free. O(log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * assertEquals([set.addIfFree(4, 6), set.addIfFree(5, 6)], [false, true]);
   * ```
   */
  addIfFree(start: number, end: number): boolean {
    return this.#map.insertIfFree(start, end, true);
  }

  /**
   * Removes every key of `start … end`. O(log n + k).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(0, 9);
   * set.delete(3, 5);
   * assertEquals(set.toArray(), [{ start: 0, end: 3 }, { start: 5, end: 9 }]);
   * ```
   */
  delete(start: number, end: number): void {
    this.#map.delete(start, end);
  }

  /**
   * Whether some key of `start … end` is in the set. O(log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * assertEquals([set.overlaps(4, 9), set.overlaps(5, 9)], [true, false]);
   * ```
   */
  overlaps(start: number, end: number): boolean {
    return this.#map.overlaps(start, end);
  }

  /**
   * Whether every key of `start … end` is in the set. O(log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 9);
   * assertEquals([set.covers(3, 9), set.covers(3, 10)], [true, false]);
   * ```
   */
  covers(start: number, end: number): boolean {
    return this.#map.covers(start, end);
  }

  /**
   * The ranges that meet `start … end`, whole or clipped to it. O(log n + k).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(0, 4).add(6, 9);
   * assertEquals([...set.overlapping(5, 7, { clip: true })], [{ start: 6, end: 7 }]);
   * ```
   */
  overlapping(
    start: number = this.domain.start,
    end: number = this.domain.end,
    options: OverlapOptions = {},
  ): IterableIterator<KeyRange> {
    return rangesOf(this.#map.overlapping(start, end, options));
  }

  /**
   * The gaps in `start … end`; none is empty. O(log n + k).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals([...new RangeSet().add(3, 5).gaps(0, 5)], [{ start: 0, end: 3 }]);
   * ```
   */
  gaps(start: number, end: number, options: IterationOptions = {}): IterableIterator<KeyRange> {
    return this.#map.gaps(start, end, options);
  }

  /**
   * The start of the lowest `size` keys in a row that are not in the set; as {@linkcode RangeMap.firstGap}.
   * O(log n) mostly, O(n) at worst.
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().add(0, 5).firstGap(4, { align: 8 }), 8);
   * ```
   */
  firstGap(size: number, options: GapOptions = {}): number | undefined {
    return this.#map.firstGap(size, options);
  }

  /**
   * The start of the highest such keys. O(log n) mostly, O(n) at worst.
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeSet().add(5, 9).lastGap(4, { within: { start: 0, end: 10 } }), 1);
   * ```
   */
  lastGap(size: number, options: GapOptions = {}): number | undefined {
    return this.#map.lastGap(size, options);
  }

  /**
   * A set of the keys that are in this set, the other, or both. O((n + m) log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const a = new RangeSet().add(0, 10);
   * const b = new RangeSet().add(5, 15);
   * assertEquals(a.union(b).toArray(), [{ start: 0, end: 15 }]);
   * assertEquals(a.intersection(b).toArray(), [{ start: 5, end: 10 }]);
   * assertEquals(a.difference(b).toArray(), [{ start: 0, end: 5 }]);
   * ```
   */
  union(other: RangeSet): RangeSet {
    return union(this.clone(), other);
  }

  /**
   * A set of the keys that are in both. O((n + m) log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(0, 5).intersection(new RangeSet().add(3, 9));
   * assertEquals(set.toArray(), [{ start: 3, end: 5 }]);
   * ```
   */
  intersection(other: RangeSet): RangeSet {
    return intersection(this, other, new RangeSet({ lowest: this.domain.start }));
  }

  /**
   * A set of the keys that are in this set but not in the other. O((n + m) log n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(0, 5).difference(new RangeSet().add(3, 9));
   * assertEquals(set.toArray(), [{ start: 0, end: 3 }]);
   * ```
   */
  difference(other: RangeSet): RangeSet {
    return difference(this.clone(), other);
  }

  /**
   * Removes every key. O(1).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * set.clear();
   * assertEquals(set.isEmpty, true);
   * ```
   */
  clear(): void {
    this.#map.clear();
  }

  /**
   * An independent set with the same keys. O(n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * const copy = set.clone().add(8, 9);
   * assertEquals([set.size, copy.size], [1, 2]);
   * ```
   */
  clone(): RangeSet {
    const set = new RangeSet();
    set.#map = this.#map.clone();
    return set;
  }

  /**
   * The ranges, ascending or in reverse. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5).add(8, 9);
   * assertEquals([...set.keys({ reverse: true })], [{ start: 8, end: 9 }, { start: 3, end: 5 }]);
   * ```
   */
  keys(options: IterationOptions = {}): IterableIterator<KeyRange> {
    return this.#map.keys(options);
  }

  /**
   * All ranges, ascending. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals([...new RangeSet().add(3, 5)], [{ start: 3, end: 5 }]);
   * ```
   */
  override [Symbol.iterator](): IterableIterator<KeyRange> {
    return this.#map.keys();
  }

  /**
   * Calls `visit` for each range, ascending or in reverse. O(n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * let keys = 0;
   * new RangeSet().add(3, 5).add(8, 9).forEach(({ start, end }) => keys += end - start);
   * assertEquals(keys, 3);
   * ```
   */
  forEach(visit: (range: KeyRange, set: RangeSet) => void, options: IterationOptions = {}): void {
    this.#map.forEach((_, range) => visit(range, this), options);
  }

  /**
   * All ranges in an array, which `structuredClone` copies and {@linkcode from} reads. O(n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * assertEquals(RangeSet.from(structuredClone(set.toArray())).equals(set), true);
   * ```
   */
  toArray(): KeyRange[] {
    return [...this];
  }

  /**
   * What `JSON.stringify` writes, and {@linkcode from} reads after `JSON.parse`: the ranges. O(n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * assertEquals(RangeSet.from(JSON.parse(JSON.stringify(set))).equals(set), true);
   * ```
   */
  toJSON(): KeyRange[] {
    return this.toArray();
  }

  /**
   * Whether the other set has the same keys. O(n).
   *
   * @example
   * ```ts
   * import { RangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new RangeSet().add(3, 5);
   * assertEquals(set.equals(new RangeSet().add(3, 4).add(4, 5)), true);
   * ```
   */
  equals(other: RangeSet): boolean {
    return this.#map.equals(other.#map);
  }
}
