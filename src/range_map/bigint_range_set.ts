/**
 * A range set whose keys are bigints.
 *
 * @module
 */

import { BigIntRangeMap } from "./bigint_range_map.ts";
import type { GapOptions, IterationOptions, KeyRange, OverlapOptions } from "./types.ts";
import { difference, intersection, rangesOf, union } from "./set_operations.ts";
import { RangeCollection } from "./range_collection.ts";

/**
 * `RangeSet` with keys of up to 128 bits: `bigint` from `-(2n ** 128n)` to below `2n ** 128n`. Every method does what
 * the one of `RangeSet` does, in the time that {@linkcode BigIntRangeMap} takes.
 *
 * @example IPv6 prefixes
 * ```ts
 * import { BigIntRangeSet } from "@maple/mm/range-map";
 * import { assertEquals } from "@std/assert";
 *
 * const allowed = new BigIntRangeSet().add(0x2001_0db8n << 96n, 0x2001_0db9n << 96n);
 * assertEquals(allowed.has((0x2001_0db8n << 96n) + 5n), true);
 * assertEquals(allowed.has(1n), false);
 * ```
 */
export class BigIntRangeSet extends RangeCollection implements Iterable<KeyRange<bigint>> {
  #map: BigIntRangeMap<true> = new BigIntRangeMap<true>({ coalesce: true });

  /**
   * A set of all keys of these ranges. O(n log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = BigIntRangeSet.from([{ start: 0n, end: 5n }, { start: 5n, end: 9n }]);
   * assertEquals(set.toArray(), [{ start: 0n, end: 9n }]);
   * ```
   */
  static from(ranges: Iterable<KeyRange<bigint | number | string>>): BigIntRangeSet {
    const set = new BigIntRangeSet();
    for (const { start, end } of ranges) set.add(BigInt(start), BigInt(end));
    return set;
  }

  /**
   * The name of this class, as `Object.prototype.toString` has it. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(String(new BigIntRangeSet()), "[object BigIntRangeSet]");
   * ```
   */
  override get [Symbol.toStringTag](): string {
    return "BigIntRangeSet";
  }

  /**
   * The keys that the set can hold. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().domain, { start: -(2n ** 128n), end: 2n ** 128n });
   * ```
   */
  get domain(): KeyRange<bigint> {
    return this.#map.domain;
  }

  /**
   * Ranges in the set. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().add(0n, 5n).add(8n, 9n).add(5n, 6n).size, 2);
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
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().isEmpty, true);
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
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().add(3n, 5n).add(8n, 9n).span, { start: 3n, end: 9n });
   * ```
   */
  get span(): KeyRange<bigint> | undefined {
    return this.#map.span;
  }

  /**
   * Whether `key` is in the set. O(log n).
   *
   * @throws {RangeError} if `key` is outside of the domain
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * assertEquals([set.has(4n), set.has(5n)], [true, false]);
   * ```
   */
  has(key: bigint): boolean {
    return this.#map.get(key) !== undefined;
  }

  /**
   * The range that holds `key`. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().add(3n, 5n).getRange(4n), { start: 3n, end: 5n });
   * ```
   */
  getRange(key: bigint): KeyRange<bigint> | undefined {
    const entry = this.#map.getEntry(key);
    return entry === undefined ? undefined : { start: entry.start, end: entry.end };
  }

  /**
   * Adds every key of `start … end`. O(n / 128 + k).
   *
   * @throws {RangeError} if a bound is outside of the domain, or `start > end`
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().add(3n, 5n).add(5n, 9n).toArray(), [{ start: 3n, end: 9n }]);
   * ```
   */
  add(start: bigint, end: bigint): this {
    this.#map.set(start, end, true);
    return this;
  }

  /**
   * Adds `start … end` if none of its keys is in the set; whether it was free. O(n / 128).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * assertEquals([set.addIfFree(4n, 6n), set.addIfFree(5n, 6n)], [false, true]);
   * ```
   */
  addIfFree(start: bigint, end: bigint): boolean {
    return this.#map.insertIfFree(start, end, true);
  }

  /**
   * Removes every key of `start … end`. O(n / 128 + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(0n, 9n);
   * set.delete(3n, 5n);
   * assertEquals(set.toArray(), [{ start: 0n, end: 3n }, { start: 5n, end: 9n }]);
   * ```
   */
  delete(start: bigint, end: bigint): void {
    this.#map.delete(start, end);
  }

  /**
   * Whether some key of `start … end` is in the set. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * assertEquals([set.overlaps(4n, 9n), set.overlaps(5n, 9n)], [true, false]);
   * ```
   */
  overlaps(start: bigint, end: bigint): boolean {
    return this.#map.overlaps(start, end);
  }

  /**
   * Whether every key of `start … end` is in the set. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 9n);
   * assertEquals([set.covers(3n, 9n), set.covers(3n, 10n)], [true, false]);
   * ```
   */
  covers(start: bigint, end: bigint): boolean {
    return this.#map.covers(start, end);
  }

  /**
   * The ranges that meet `start … end`, whole or clipped to it. O(log n + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(0n, 4n).add(6n, 9n);
   * assertEquals([...set.overlapping(5n, 7n, { clip: true })], [{ start: 6n, end: 7n }]);
   * ```
   */
  overlapping(
    start: bigint = this.domain.start,
    end: bigint = this.domain.end,
    options: OverlapOptions = {},
  ): IterableIterator<KeyRange<bigint>> {
    return rangesOf(this.#map.overlapping(start, end, options));
  }

  /**
   * The gaps in `start … end`; none is empty. O(log n + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals([...new BigIntRangeSet().add(3n, 5n).gaps(0n, 5n)], [{ start: 0n, end: 3n }]);
   * ```
   */
  gaps(
    start: bigint,
    end: bigint,
    options: IterationOptions = {},
  ): IterableIterator<KeyRange<bigint>> {
    return this.#map.gaps(start, end, options);
  }

  /**
   * The start of the lowest `size` keys in a row that are not in the set; as `BigIntRangeMap.firstGap`.
   * O(n / 128) mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().add(0n, 5n).firstGap(4n, { align: 8n }), 8n);
   * ```
   */
  firstGap(size: bigint, options: GapOptions<bigint> = {}): bigint | undefined {
    return this.#map.firstGap(size, options);
  }

  /**
   * The start of the highest such keys. O(n / 128) mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeSet().add(5n, 9n).lastGap(4n, { within: { start: 0n, end: 10n } }), 1n);
   * ```
   */
  lastGap(size: bigint, options: GapOptions<bigint> = {}): bigint | undefined {
    return this.#map.lastGap(size, options);
  }

  /**
   * A set of the keys that are in this set, the other, or both. O((n + m) log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(0n, 5n).union(new BigIntRangeSet().add(3n, 9n));
   * assertEquals(set.toArray(), [{ start: 0n, end: 9n }]);
   * ```
   */
  union(other: BigIntRangeSet): BigIntRangeSet {
    return union(this.clone(), other);
  }

  /**
   * A set of the keys that are in both. O((n + m) log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(0n, 5n).intersection(new BigIntRangeSet().add(3n, 9n));
   * assertEquals(set.toArray(), [{ start: 3n, end: 5n }]);
   * ```
   */
  intersection(other: BigIntRangeSet): BigIntRangeSet {
    return intersection(this, other, new BigIntRangeSet());
  }

  /**
   * A set of the keys that are in this set but not in the other. O((n + m) log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(0n, 5n).difference(new BigIntRangeSet().add(3n, 9n));
   * assertEquals(set.toArray(), [{ start: 0n, end: 3n }]);
   * ```
   */
  difference(other: BigIntRangeSet): BigIntRangeSet {
    return difference(this.clone(), other);
  }

  /**
   * Removes every key. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
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
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * const copy = set.clone().add(8n, 9n);
   * assertEquals([set.size, copy.size], [1, 2]);
   * ```
   */
  clone(): BigIntRangeSet {
    const set = new BigIntRangeSet();
    set.#map = this.#map.clone();
    return set;
  }

  /**
   * The ranges, ascending or in reverse. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n).add(8n, 9n);
   * assertEquals([...set.keys({ reverse: true })], [{ start: 8n, end: 9n }, { start: 3n, end: 5n }]);
   * ```
   */
  keys(options: IterationOptions = {}): IterableIterator<KeyRange<bigint>> {
    return this.#map.keys(options);
  }

  /**
   * All ranges, ascending. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals([...new BigIntRangeSet().add(3n, 5n)], [{ start: 3n, end: 5n }]);
   * ```
   */
  override [Symbol.iterator](): IterableIterator<KeyRange<bigint>> {
    return this.#map.keys();
  }

  /**
   * Calls `visit` for each range, ascending or in reverse. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * let keys = 0n;
   * new BigIntRangeSet().add(3n, 5n).add(8n, 9n).forEach(({ start, end }) => keys += end - start);
   * assertEquals(keys, 3n);
   * ```
   */
  forEach(
    visit: (range: KeyRange<bigint>, set: BigIntRangeSet) => void,
    options: IterationOptions = {},
  ): void {
    this.#map.forEach((_, range) => visit(range, this), options);
  }

  /**
   * All ranges in an array, which `structuredClone` copies and {@linkcode from} reads. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * assertEquals(BigIntRangeSet.from(structuredClone(set.toArray())).equals(set), true);
   * ```
   */
  toArray(): KeyRange<bigint>[] {
    return [...this];
  }

  /**
   * What `JSON.stringify` writes, and {@linkcode from} reads after `JSON.parse`: the ranges, their bounds as text.
   * O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * assertEquals(BigIntRangeSet.from(JSON.parse(JSON.stringify(set))).equals(set), true);
   * ```
   */
  toJSON(): KeyRange<string>[] {
    return this.toArray().map(({ start, end }) => ({ start: String(start), end: String(end) }));
  }

  /**
   * Whether the other set has the same keys. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeSet } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const set = new BigIntRangeSet().add(3n, 5n);
   * assertEquals(set.equals(new BigIntRangeSet().add(3n, 4n).add(4n, 5n)), true);
   * ```
   */
  equals(other: BigIntRangeSet): boolean {
    return this.#map.equals(other.#map);
  }
}
