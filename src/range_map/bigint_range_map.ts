/**
 * A range map whose keys are bigints.
 *
 * @module
 */

import { BlockRanges } from "./block_ranges.ts";
import { checkGap, checkKey, checkRange, checkValue } from "./check.ts";
import { equalityOf, write } from "./coalesce.ts";
import { fromColumns } from "./columns.ts";
import { sameEntries } from "./equals.ts";
import {
  ClippedIterator,
  EntryIterator,
  forEach,
  forEachReverse,
  gaps,
  KeyIterator,
} from "./iterate.ts";
import { toEntry, ValueIterator } from "./iterate.ts";
import type { Equality, GapOptions, IterationOptions, KeyRange } from "./types.ts";
import type { OverlapOptions, RangeColumns, RangeEntry, RangeMapOptions, Update } from "./types.ts";
import { update } from "./update.ts";
import { RangeCollection } from "./range_collection.ts";

/** An entry as it is read: JSON has no bigints, so bounds may be text. */
export type BigIntEntry<V> = RangeEntry<V, bigint | number | string>;

/**
 * `RangeMap` with keys of up to 128 bits: `bigint` from `-(2n ** 128n)` to below `2n ** 128n`, as IPv6 addresses
 * and 64-bit identifiers need.
 *
 * Every method does what the one of `RangeMap` does. A lookup costs several times as much, as bigints are objects;
 * use it only for keys that a number cannot hold. With n ranges, of which a call meets k:
 *
 * | method | complexity |
 * |---|---|
 * | `get`, `getEntry`, `ceilingEntry`, `floorEntry`, `has`, `overlaps` | O(log n) |
 * | `set`, `insertIfFree`, `delete` | O(n / 128 + k), of which a step is one of a memory move |
 * | `firstGap`, `lastGap` | O(n / 128) mostly |
 * | `clear`, `size`, `isEmpty` | O(1) |
 * | the others | as in `RangeMap` |
 *
 * @example The block of an IPv6 address
 * ```ts
 * import { BigIntRangeMap } from "@maple/mm/range-map";
 * import { assertEquals } from "@std/assert";
 *
 * const blocks = new BigIntRangeMap<string>();
 * blocks.set(0x2001_0db8n << 96n, 0x2001_0db9n << 96n, "documentation");
 * assertEquals(blocks.get((0x2001_0db8n << 96n) + 1n), "documentation");
 * ```
 */
export class BigIntRangeMap<V> extends RangeCollection implements Iterable<RangeEntry<V, bigint>> {
  /** The domain is whatever 128 bits hold, with a sign or without. */
  #ranges: BlockRanges<V> = new BlockRanges<V>(-(2n ** 128n), 2n ** 128n);
  readonly #equal: Equality<V> | undefined;

  /**
   * An empty map. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>({ coalesce: true }).set(0n, 5n, "a").set(5n, 9n, "a");
   * assertEquals(map.size, 1);
   * ```
   */
  constructor(options: RangeMapOptions<V> = {}) {
    super();
    this.#equal = equalityOf(options);
  }

  /**
   * A map of these entries; where they overlap, the later one counts. O(n log n).
   *
   * @throws {SyntaxError} if a bound is text that is no integer
   *
   * @example From JSON and back
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(0n, 1n << 64n, "low");
   * const copy = BigIntRangeMap.from<string>(JSON.parse(JSON.stringify(map)));
   * assertEquals(copy.equals(map), true);
   * ```
   */
  static from<V>(
    entries: Iterable<BigIntEntry<V>>,
    options: RangeMapOptions<V> = {},
  ): BigIntRangeMap<V> {
    const map = new BigIntRangeMap<V>(options);
    for (const { start, end, value } of entries) map.set(BigInt(start), BigInt(end), value);
    return map;
  }

  /**
   * The map that {@linkcode toColumns} has written. O(n log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = BigIntRangeMap.fromColumns({ starts: [3n, 5n], ends: [5n, 9n], values: ["a", "b"] });
   * assertEquals(map.toArray()[1], { start: 5n, end: 9n, value: "b" });
   * ```
   */
  static fromColumns<V>(
    columns: RangeColumns<V, bigint[]>,
    options: RangeMapOptions<V> = {},
  ): BigIntRangeMap<V> {
    return fromColumns(new BigIntRangeMap<V>(options), columns);
  }

  /**
   * The name of this class, as `Object.prototype.toString` has it. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(String(new BigIntRangeMap()), "[object BigIntRangeMap]");
   * ```
   */
  override get [Symbol.toStringTag](): string {
    return "BigIntRangeMap";
  }

  /**
   * The keys that the map can hold. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeMap().domain, { start: -(2n ** 128n), end: 2n ** 128n });
   * ```
   */
  get domain(): KeyRange<bigint> {
    return { start: this.#ranges.minimum, end: this.#ranges.highest };
  }

  /**
   * Ranges in the map. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeMap<string>().set(0n, 9n, "a").set(3n, 5n, "b").size, 3);
   * ```
   */
  override get size(): number {
    return this.#ranges.size;
  }

  /**
   * Whether the map has no range. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new BigIntRangeMap().isEmpty, true);
   * ```
   */
  get isEmpty(): boolean {
    return this.#ranges.size === 0;
  }

  /**
   * From the first key of the lowest range to the end of the highest; `undefined` if the map is empty. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a").set(8n, 9n, "b");
   * assertEquals(map.span, { start: 3n, end: 9n });
   * ```
   */
  get span(): KeyRange<bigint> | undefined {
    const cursor = this.#ranges.cursor();
    if (!cursor.seek(this.#ranges.minimum)) return undefined;
    const start = cursor.first;
    cursor.seekBack(this.#ranges.highest);
    return { start, end: cursor.after };
  }

  /**
   * The value at `key`, `undefined` if there is none. O(log n).
   *
   * @throws {RangeError} if `key` is outside of the domain
   * @throws {TypeError} if it is no bigint
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([map.get(4n), map.get(5n)], ["a", undefined]);
   * ```
   */
  get(key: bigint): V | undefined {
    checkKey(this.#ranges, key);
    return this.#ranges.load(key);
  }

  /**
   * Whether some range holds `key`. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([map.has(4n), map.has(5n)], [true, false]);
   * ```
   */
  has(key: bigint): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * The range that holds `key`, and its value. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals(map.getEntry(4n), { start: 3n, end: 5n, value: "a" });
   * ```
   */
  getEntry(key: bigint): RangeEntry<V, bigint> | undefined {
    checkKey(this.#ranges, key);
    const cursor = this.#ranges.cursor();
    if (!cursor.seek(key) || cursor.first > key) return undefined;
    return toEntry(cursor);
  }

  /**
   * The range that holds `key`, or else the next one, and its value. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals(map.ceilingEntry(1n), { start: 3n, end: 5n, value: "a" });
   * ```
   */
  ceilingEntry(key: bigint): RangeEntry<V, bigint> | undefined {
    checkKey(this.#ranges, key);
    const cursor = this.#ranges.cursor();
    return cursor.seek(key) ? toEntry(cursor) : undefined;
  }

  /**
   * The range that holds `key`, or else the one before, and its value. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals(map.floorEntry(8n), { start: 3n, end: 5n, value: "a" });
   * ```
   */
  floorEntry(key: bigint): RangeEntry<V, bigint> | undefined {
    checkKey(this.#ranges, key);
    const cursor = this.#ranges.cursor();
    return cursor.seekBack(key + 1n) ? toEntry(cursor) : undefined;
  }

  /**
   * Maps every key of `start … end` to `value`, whatever was there. O(n / 128 + k).
   *
   * @throws {RangeError} if a bound is outside of the domain, or `start > end`
   * @throws {TypeError} if a bound is no bigint, or `value` is `undefined`
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(0n, 9n, "a").set(3n, 5n, "b");
   * assertEquals([...map.values()], ["a", "b", "a"]);
   * ```
   */
  set(start: bigint, end: bigint, value: V): this {
    checkValue(value);
    if (!checkRange(this.#ranges, start, end)) return this;
    write(this.#ranges, start, end, value, this.#equal);
    return this;
  }

  /**
   * Maps `start … end` to `value` if no key of it is taken; whether it was free. O(n / 128).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([map.insertIfFree(4n, 6n, "b"), map.insertIfFree(5n, 6n, "b")], [false, true]);
   * ```
   */
  insertIfFree(start: bigint, end: bigint, value: V): boolean {
    if (this.overlaps(start, end)) return false;
    this.set(start, end, value);
    return true;
  }

  /**
   * Removes every key of `start … end`; ranges that reach beyond are trimmed or split. O(n / 128 + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(0n, 9n, "a");
   * map.delete(3n, 5n);
   * assertEquals([...map.keys()], [{ start: 0n, end: 3n }, { start: 5n, end: 9n }]);
   * ```
   */
  delete(start: bigint, end: bigint): void {
    if (checkRange(this.#ranges, start, end)) this.#ranges.write(start, end, undefined);
  }

  /**
   * Changes each piece of `start … end` by itself; as `RangeMap.update`. O(k n / 128).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<number>().set(0n, 4n, 1);
   * map.update(2n, 6n, (count = 0) => count + 1);
   * assertEquals([...map.values()], [1, 2, 1]);
   * ```
   */
  update(start: bigint, end: bigint, change: Update<V, bigint>): this {
    checkRange(this.#ranges, start, end);
    update(this.#ranges, start, end, change, this.#equal);
    return this;
  }

  /**
   * Whether some key of `start … end` is taken. O(log n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([map.overlaps(4n, 9n), map.overlaps(5n, 9n)], [true, false]);
   * ```
   */
  overlaps(start: bigint, end: bigint): boolean {
    if (!checkRange(this.#ranges, start, end)) return false;
    const cursor = this.#ranges.cursor();
    return cursor.seek(start) && cursor.first < end;
  }

  /**
   * Whether every key of `start … end` is taken. O(log n + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a").set(5n, 9n, "b");
   * assertEquals([map.covers(3n, 9n), map.covers(3n, 10n)], [true, false]);
   * ```
   */
  covers(start: bigint, end: bigint): boolean {
    return this.gaps(start, end).next().done === true;
  }

  /**
   * The ranges that meet `start … end`, whole or clipped to it. Without bounds all ranges. O(log n + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(0n, 4n, "a").set(6n, 9n, "b");
   * assertEquals([...map.overlapping(5n, 7n, { clip: true })], [{ start: 6n, end: 7n, value: "b" }]);
   * ```
   */
  overlapping(
    start: bigint = this.#ranges.minimum,
    end: bigint = this.#ranges.highest,
    options: OverlapOptions = {},
  ): IterableIterator<RangeEntry<V, bigint>> {
    checkRange(this.#ranges, start, end);
    const { clip = false, reverse } = options;
    const Iterator = clip ? ClippedIterator<bigint, V> : EntryIterator<bigint, V>;
    return new Iterator(this.#ranges, reverse, start, end);
  }

  /**
   * The gaps in `start … end`; none is empty. O(log n + k).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([...map.gaps(0n, 5n)], [{ start: 0n, end: 3n }]);
   * ```
   */
  gaps(
    start: bigint,
    end: bigint,
    options: IterationOptions = {},
  ): IterableIterator<KeyRange<bigint>> {
    checkRange(this.#ranges, start, end);
    return gaps(this.#ranges, start, end, options.reverse ?? false);
  }

  /**
   * The start of the lowest `size` keys in a row that are free, within a window and at a multiple of `align`;
   * `undefined` if there are none. O(n / 128) mostly.
   *
   * @throws {RangeError} if `size` or `align` is not positive, or the window no range
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(0n, 5n, "a");
   * assertEquals([map.firstGap(4n), map.firstGap(4n, { align: 8n })], [5n, 8n]);
   * ```
   */
  firstGap(size: bigint, options: GapOptions<bigint> = {}): bigint | undefined {
    const { within, align = 1n } = options;
    const start = within?.start ?? 0n;
    const end = within?.end ?? this.#ranges.highest;
    checkGap(this.#ranges, size, start, end, align);
    return this.#ranges.lowestGap(size, start, end, align);
  }

  /**
   * The start of the highest such keys; as {@linkcode firstGap}. O(n / 128) mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(5n, 9n, "a");
   * assertEquals(map.lastGap(4n, { within: { start: 0n, end: 10n } }), 1n);
   * ```
   */
  lastGap(size: bigint, options: GapOptions<bigint> = {}): bigint | undefined {
    const { within, align = 1n } = options;
    const start = within?.start ?? 0n;
    const end = within?.end ?? this.#ranges.highest;
    checkGap(this.#ranges, size, start, end, align);
    return this.#ranges.highestGap(size, start, end, align);
  }

  /**
   * Removes every range. O(1).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * map.clear();
   * assertEquals(map.isEmpty, true);
   * ```
   */
  clear(): void {
    this.#ranges.clear();
  }

  /**
   * An independent map with the same ranges, values and options. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * const copy = map.clone().set(4n, 9n, "b");
   * assertEquals([map.size, copy.size], [1, 2]);
   * ```
   */
  clone(): BigIntRangeMap<V> {
    const map = new BigIntRangeMap<V>({ coalesce: this.#equal ?? false });
    map.#ranges = this.#ranges.clone();
    return map;
  }

  /**
   * The ranges, ascending or in reverse. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a").set(5n, 9n, "b");
   * assertEquals([...map.keys()], [{ start: 3n, end: 5n }, { start: 5n, end: 9n }]);
   * ```
   */
  keys(options: IterationOptions = {}): IterableIterator<KeyRange<bigint>> {
    return new KeyIterator(this.#ranges, options.reverse);
  }

  /**
   * The values, in the order of their ranges. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a").set(5n, 9n, "b");
   * assertEquals([...map.values({ reverse: true })], ["b", "a"]);
   * ```
   */
  values(options: IterationOptions = {}): IterableIterator<V> {
    return new ValueIterator(this.#ranges, options.reverse);
  }

  /**
   * The ranges with their values. The map may be changed meanwhile: each step continues after the range given last.
   * O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([...map.entries()], [{ start: 3n, end: 5n, value: "a" }]);
   * ```
   */
  entries(options: IterationOptions = {}): IterableIterator<RangeEntry<V, bigint>> {
    return new EntryIterator(this.#ranges, options.reverse);
  }

  /**
   * All entries, ascending. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * for (const { start, end, value } of new BigIntRangeMap<string>().set(3n, 5n, "a")) {
   *   assertEquals([start, end, value], [3n, 5n, "a"]);
   * }
   * ```
   */
  override [Symbol.iterator](): IterableIterator<RangeEntry<V, bigint>> {
    return this.entries();
  }

  /**
   * Calls `visit` for each range, ascending or in reverse. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const seen: string[] = [];
   * new BigIntRangeMap<string>().set(3n, 5n, "a").forEach((value, { start }) => seen.push(`${start} ${value}`));
   * assertEquals(seen, ["3 a"]);
   * ```
   */
  forEach(
    visit: (value: V, range: KeyRange<bigint>, map: BigIntRangeMap<V>) => void,
    options: IterationOptions = {},
  ): void {
    if (options.reverse === true) forEachReverse(this.#ranges, visit, this);
    else forEach(this.#ranges, this.#ranges.minimum, visit, this);
  }

  /**
   * All entries in an array, which `structuredClone` copies and {@linkcode from} reads. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals(BigIntRangeMap.from(structuredClone(map.toArray())).equals(map), true);
   * ```
   */
  toArray(): RangeEntry<V, bigint>[] {
    return [...this];
  }

  /**
   * What `JSON.stringify` writes, and {@linkcode from} reads after `JSON.parse`: the entries, their bounds as text.
   * O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals(BigIntRangeMap.from<string>(JSON.parse(JSON.stringify(map))).equals(map), true);
   * ```
   */
  toJSON(): RangeEntry<V, string>[] {
    return this.toArray().map(({ start, end, value }) => ({
      start: String(start),
      end: String(end),
      value,
    }));
  }

  /**
   * All entries in three columns, for `postMessage`; {@linkcode fromColumns} reads them. O(n).
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals(map.toColumns().values, ["a"]);
   * ```
   */
  toColumns(): RangeColumns<V, bigint[]> {
    const entries = this.toArray();
    return {
      starts: entries.map(({ start }) => start),
      ends: entries.map(({ end }) => end),
      values: entries.map(({ value }) => value),
    };
  }

  /**
   * Whether the other map has the same ranges with the same values. O(n).
   *
   * @param equal compares values; `Object.is` unless given
   *
   * @example
   * ```ts
   * import { BigIntRangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new BigIntRangeMap<string>().set(3n, 5n, "a");
   * assertEquals([map.equals(map.clone()), map.equals(new BigIntRangeMap())], [true, false]);
   * ```
   */
  equals(other: BigIntRangeMap<V>, equal: Equality<V> = Object.is): boolean {
    return sameEntries(this.#ranges, other.#ranges, equal);
  }
}
