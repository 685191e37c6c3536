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

  /** A set of all keys of these ranges. O(n log n). */
  static from(ranges: Iterable<KeyRange<bigint | number | string>>): BigIntRangeSet {
    const set = new BigIntRangeSet();
    for (const { start, end } of ranges) set.add(BigInt(start), BigInt(end));
    return set;
  }

  /** The name of this class, as `Object.prototype.toString` has it. */
  override get [Symbol.toStringTag](): string {
    return "BigIntRangeSet";
  }

  /** The keys that the set can hold. */
  get domain(): KeyRange<bigint> {
    return this.#map.domain;
  }

  /** Ranges in the set. O(1). */
  override get size(): number {
    return this.#map.size;
  }

  /** Whether no key is in the set. O(1). */
  get isEmpty(): boolean {
    return this.#map.isEmpty;
  }

  /** From the lowest key to after the highest; `undefined` if the set is empty. O(log n). */
  get span(): KeyRange<bigint> | undefined {
    return this.#map.span;
  }

  /**
   * Whether `key` is in the set. O(log n).
   *
   * @throws {RangeError} if `key` is outside of the domain
   */
  has(key: bigint): boolean {
    return this.#map.get(key) !== undefined;
  }

  /** The range that holds `key`. O(log n). */
  getRange(key: bigint): KeyRange<bigint> | undefined {
    const entry = this.#map.getEntry(key);
    return entry === undefined ? undefined : { start: entry.start, end: entry.end };
  }

  /**
   * Adds every key of `start … end`. O(n / 128 + k).
   *
   * @throws {RangeError} if a bound is outside of the domain, or `start > end`
   */
  add(start: bigint, end: bigint): this {
    this.#map.set(start, end, true);
    return this;
  }

  /** Adds `start … end` if none of its keys is in the set; whether it was free. */
  addIfFree(start: bigint, end: bigint): boolean {
    return this.#map.insertIfFree(start, end, true);
  }

  /** Removes every key of `start … end`. O(n / 128 + k). */
  delete(start: bigint, end: bigint): void {
    this.#map.delete(start, end);
  }

  /** Whether some key of `start … end` is in the set. O(log n). */
  overlaps(start: bigint, end: bigint): boolean {
    return this.#map.overlaps(start, end);
  }

  /** Whether every key of `start … end` is in the set. O(log n). */
  covers(start: bigint, end: bigint): boolean {
    return this.#map.covers(start, end);
  }

  /** The ranges that meet `start … end`, whole or clipped to it. O(log n + k). */
  overlapping(
    start: bigint = this.domain.start,
    end: bigint = this.domain.end,
    options: OverlapOptions = {},
  ): IterableIterator<KeyRange<bigint>> {
    return rangesOf(this.#map.overlapping(start, end, options));
  }

  /** The gaps in `start … end`; none is empty. O(log n + k). */
  gaps(
    start: bigint,
    end: bigint,
    options: IterationOptions = {},
  ): IterableIterator<KeyRange<bigint>> {
    return this.#map.gaps(start, end, options);
  }

  /** The start of the lowest `size` keys in a row that are not in the set; as `BigIntRangeMap.firstGap`. */
  firstGap(size: bigint, options: GapOptions<bigint> = {}): bigint | undefined {
    return this.#map.firstGap(size, options);
  }

  /** The start of the highest such keys. */
  lastGap(size: bigint, options: GapOptions<bigint> = {}): bigint | undefined {
    return this.#map.lastGap(size, options);
  }

  /**
   * A set of the keys that are in this set, the other, or both.
   */
  union(other: BigIntRangeSet): BigIntRangeSet {
    return union(this.clone(), other);
  }

  /** A set of the keys that are in both. */
  intersection(other: BigIntRangeSet): BigIntRangeSet {
    return intersection(this, other, new BigIntRangeSet());
  }

  /** A set of the keys that are in this set but not in the other. */
  difference(other: BigIntRangeSet): BigIntRangeSet {
    return difference(this.clone(), other);
  }

  /** Removes every key. O(1). */
  clear(): void {
    this.#map.clear();
  }

  /** An independent set with the same keys. O(n). */
  clone(): BigIntRangeSet {
    const set = new BigIntRangeSet();
    set.#map = this.#map.clone();
    return set;
  }

  /** The ranges, ascending or in reverse. */
  keys(options: IterationOptions = {}): IterableIterator<KeyRange<bigint>> {
    return this.#map.keys(options);
  }

  /** All ranges, ascending. */
  override [Symbol.iterator](): IterableIterator<KeyRange<bigint>> {
    return this.#map.keys();
  }

  /** Calls `visit` for each range, ascending or in reverse. */
  forEach(
    visit: (range: KeyRange<bigint>, set: BigIntRangeSet) => void,
    options: IterationOptions = {},
  ): void {
    this.#map.forEach((_, range) => visit(range, this), options);
  }

  /** All ranges in an array, which `structuredClone` copies and {@linkcode from} reads. */
  toArray(): KeyRange<bigint>[] {
    return [...this];
  }

  /** What `JSON.stringify` writes, and {@linkcode from} reads after `JSON.parse`: the ranges, their bounds as text. */
  toJSON(): KeyRange<string>[] {
    return this.toArray().map(({ start, end }) => ({ start: String(start), end: String(end) }));
  }

  /** Whether the other set has the same keys. O(n). */
  equals(other: BigIntRangeSet): boolean {
    return this.#map.equals(other.#map);
  }
}
