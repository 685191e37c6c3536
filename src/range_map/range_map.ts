/**
 * An ordered map from ranges of integers to values.
 *
 * @module
 */

import { checkGap, checkKey, checkRange, checkValue } from "./check.ts";
import { equalityOf, write } from "./coalesce.ts";
import { fromColumns, toColumns } from "./columns.ts";
import { sameEntries } from "./equals.ts";
import { ClippedIterator, EntryIterator, forEachReverse, gaps, KeyIterator } from "./iterate.ts";
import { toEntry, ValueIterator } from "./iterate.ts";
import { KEYS, MapleRanges } from "./maple_ranges.ts";
import type { Equality, GapOptions, IterationOptions, KeyRange } from "./types.ts";
import type { NumberRangeMapOptions, OverlapOptions, RangeColumns, RangeEntry } from "./types.ts";
import type { Update } from "./types.ts";
import { update } from "./update.ts";
import { RangeCollection } from "./range_collection.ts";

/** The lowest key unless a map says otherwise: as many keys below 0 as above. */
const LOWEST = -KEYS / 2;

/**
 * A map from ranges of integers to values, in order, with search for gaps: a calendar, an allocator, a table of address
 * blocks.
 *
 * Ranges are half-open, `[start, end)`, and never overlap: what is set later replaces what it covers, trimming or
 * splitting the ranges at its ends. A range with `start === end` holds no key, so setting or deleting it does
 * nothing. Keys are integers from `-(2 ** 52)` to below `2 ** 52` unless `lowest` says otherwise; values are anything
 * but `undefined`. A call that throws changes nothing.
 *
 * With n ranges in the map, of which a call meets k:
 *
 * | method | complexity |
 * |---|---|
 * | `get`, `getEntry`, `ceilingEntry`, `floorEntry`, `has`, `overlaps`, `insertIfFree` | O(log n) |
 * | `set`, `delete` | O(log n + k) |
 * | `update` | O(k log n) |
 * | `overlapping`, `gaps`, `keys`, `values`, `entries`, `forEach` | O(log n + k), lazily |
 * | `firstGap`, `lastGap` | O(log n) mostly, O(n) at worst |
 * | `size`, `isEmpty`, `clear` | O(1) |
 * | `span` | O(log n) |
 * | `clone` | O(n), one copy of memory |
 * | `from`, `toArray`, `toJSON`, `toColumns`, `equals` | O(n), `from` O(n log n) |
 *
 * It is built on the maple tree of {@linkcode https://docs.kernel.org/core-api/maple_tree.html | the Linux kernel},
 * as is `MapleTree`, which has the kernel's names and inclusive ranges.
 *
 * @example A price list by quantity
 * ```ts
 * import { RangeMap } from "@maple/mm/range-map";
 * import { assertEquals } from "@std/assert";
 *
 * const price = new RangeMap<number>();
 * price.set(1, 10, 5.0).set(10, 100, 4.5).set(100, 1000, 4.0);
 * assertEquals(price.get(12), 4.5);
 * assertEquals(price.get(1000), undefined);
 * price.set(50, 60, 4.2); // splits the middle range
 * assertEquals(price.getEntry(75), { start: 60, end: 100, value: 4.5 });
 * assertEquals(price.size, 5);
 * ```
 */
export class RangeMap<V> extends RangeCollection implements Iterable<RangeEntry<V>> {
  #ranges: MapleRanges<V>;
  readonly #equal: Equality<V> | undefined;

  /**
   * An empty map. O(1).
   *
   * @throws {RangeError} if `lowest` is no safe integer, or above 0
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const joined = new RangeMap<string>({ coalesce: true });
   * joined.set(0, 5, "a").set(5, 9, "a");
   * assertEquals(joined.toArray(), [{ start: 0, end: 9, value: "a" }]);
   * ```
   */
  constructor(options: NumberRangeMapOptions<V> = {}) {
    super();
    const { lowest = LOWEST } = options;
    if (!Number.isSafeInteger(lowest) || lowest > 0) {
      throw new RangeError(`Cannot begin at ${lowest}: it is not a safe integer up to 0`);
    }
    this.#ranges = new MapleRanges<V>(lowest);
    this.#equal = equalityOf(options);
  }

  /**
   * A map of these entries; where they overlap, the later one counts. O(n log n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = RangeMap.from([{ start: 0, end: 9, value: "a" }, { start: 3, end: 6, value: "b" }]);
   * assertEquals([...map.values()], ["a", "b", "a"]);
   * assertEquals(RangeMap.from(map).equals(map), true);
   * ```
   */
  static from<V>(
    entries: Iterable<RangeEntry<V>>,
    options: NumberRangeMapOptions<V> = {},
  ): RangeMap<V> {
    const map = new RangeMap<V>(options);
    for (const { start, end, value } of entries) map.set(start, end, value);
    return map;
  }

  /**
   * The map that {@linkcode toColumns} has written, in this thread or another. O(n log n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const columns = new RangeMap<string>().set(3, 5, "a").toColumns();
   * assertEquals(RangeMap.fromColumns(columns).get(4), "a");
   * ```
   */
  static fromColumns<V>(
    columns: RangeColumns<V>,
    options: NumberRangeMapOptions<V> = {},
  ): RangeMap<V> {
    return fromColumns(new RangeMap<V>(options), columns);
  }

  /**
   * The name of this class, as `Object.prototype.toString` has it. O(1).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(String(new RangeMap()), "[object RangeMap]");
   * ```
   */
  override get [Symbol.toStringTag](): string {
    return "RangeMap";
  }

  /**
   * The keys that the map can hold. O(1).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeMap().domain, { start: -(2 ** 52), end: 2 ** 52 });
   * ```
   */
  get domain(): KeyRange {
    return { start: this.#ranges.minimum, end: this.#ranges.highest };
  }

  /**
   * Ranges in the map. O(1).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeMap<string>().set(0, 9, "a").set(3, 5, "b").size, 3);
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
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * assertEquals(new RangeMap().isEmpty, true);
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
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a").set(8, 9, "b");
   * assertEquals(map.span, { start: 3, end: 9 });
   * ```
   */
  get span(): KeyRange | undefined {
    const { minimum, highest } = this.#ranges;
    const cursor = this.#ranges.cursor();
    if (!cursor.seek(minimum)) return undefined;
    const start = cursor.first;
    cursor.seekBack(highest);
    return { start, end: cursor.after };
  }

  /**
   * The value at `key`, `undefined` if there is none. O(log n).
   *
   * @throws {RangeError} if `key` is no integer, or outside of the domain
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals([map.get(4), map.get(5)], ["a", undefined]);
   * ```
   */
  get(key: number): V | undefined {
    const ranges = this.#ranges;
    if (!(key >= ranges.minimum && key < ranges.highest && Math.floor(key) === key)) {
      checkKey(ranges, key);
    }
    return ranges.load(key);
  }

  /**
   * Whether some range holds `key`. O(log n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals([map.has(4), map.has(5)], [true, false]);
   * ```
   */
  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  /**
   * The range that holds `key`, and its value. O(log n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals(map.getEntry(4), { start: 3, end: 5, value: "a" });
   * assertEquals(map.getEntry(5), undefined);
   * ```
   */
  getEntry(key: number): RangeEntry<V> | undefined {
    checkKey(this.#ranges, key);
    const cursor = this.#ranges.scratch;
    if (!cursor.seek(key) || cursor.first > key) return undefined;
    return toEntry(cursor);
  }

  /**
   * The range that holds `key`, or else the next one, and its value. O(log n).
   *
   * @example The next booking
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const day = new RangeMap<string>().set(9, 10, "Ada").set(14, 16, "Alan");
   * assertEquals(day.ceilingEntry(12), { start: 14, end: 16, value: "Alan" });
   * assertEquals(day.floorEntry(12), { start: 9, end: 10, value: "Ada" });
   * ```
   */
  ceilingEntry(key: number): RangeEntry<V> | undefined {
    checkKey(this.#ranges, key);
    const cursor = this.#ranges.scratch;
    return cursor.seek(key) ? toEntry(cursor) : undefined;
  }

  /**
   * The range that holds `key`, or else the one before, and its value. O(log n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals(map.floorEntry(8), { start: 3, end: 5, value: "a" });
   * ```
   */
  floorEntry(key: number): RangeEntry<V> | undefined {
    checkKey(this.#ranges, key);
    const cursor = this.#ranges.scratch;
    return cursor.seekBack(key + 1) ? toEntry(cursor) : undefined;
  }

  /**
   * Maps every key of `start … end` to `value`, whatever was there. O(log n + k).
   *
   * @throws {RangeError} if a bound is no integer or outside of the domain, or `start > end`
   * @throws {TypeError} if `value` is `undefined`
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(0, 9, "a").set(3, 5, "b");
   * assertEquals([...map.values()], ["a", "b", "a"]);
   * ```
   */
  set(start: number, end: number, value: V): this {
    const ranges = this.#ranges;
    if (!isRange(ranges, start, end) || value === undefined) {
      checkValue(value);
      checkRange(ranges, start, end);
      return this; // what is a range of the domain, but not to isRange, holds no key
    }
    write(ranges, start, end, value, this.#equal);
    return this;
  }

  /**
   * Maps `start … end` to `value` if no key of it is taken; whether it was free. O(log n).
   *
   * @example Bookings that must not overlap
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const room = new RangeMap<string>();
   * assertEquals(room.insertIfFree(9, 11, "Ada"), true);
   * assertEquals(room.insertIfFree(10, 12, "Alan"), false);
   * assertEquals(room.insertIfFree(11, 12, "Alan"), true);
   * ```
   */
  insertIfFree(start: number, end: number, value: V): boolean {
    if (this.overlaps(start, end)) return false;
    this.set(start, end, value);
    return true;
  }

  /**
   * Removes every key of `start … end`; ranges that reach beyond are trimmed or split. O(log n + k).
   *
   * @throws {RangeError} if a bound is no integer or outside of the domain, or `start > end`
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(0, 9, "a");
   * map.delete(3, 5);
   * assertEquals([...map.keys()], [{ start: 0, end: 3 }, { start: 5, end: 9 }]);
   * ```
   */
  delete(start: number, end: number): void {
    const ranges = this.#ranges;
    if (isRange(ranges, start, end) || checkRange(ranges, start, end)) {
      ranges.write(start, end, undefined);
    }
  }

  /**
   * Changes each piece of `start … end` by itself: the part of each range that lies in it, and each gap, where the
   * value is `undefined`. What `change` returns is what the piece maps to, `undefined` for nothing. O(k log n).
   *
   * `change` is called for all pieces, ascending, before the first of them is written. A piece for which it returns the
   * value that is there stays part of its range.
   * @example Counting how many bookings overlap
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const load = new RangeMap<number>({ coalesce: true });
   * for (const [start, end] of [[9, 12], [11, 14]] as const) {
   *   load.update(start, end, (count = 0) => count + 1);
   * }
   * assertEquals(load.toArray(), [
   *   { start: 9, end: 11, value: 1 },
   *   { start: 11, end: 12, value: 2 },
   *   { start: 12, end: 14, value: 1 },
   * ]);
   * ```
   */
  update(start: number, end: number, change: Update<V>): this {
    checkRange(this.#ranges, start, end);
    update(this.#ranges, start, end, change, this.#equal);
    return this;
  }

  /**
   * Whether some key of `start … end` is taken. O(log n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals([map.overlaps(4, 9), map.overlaps(5, 9)], [true, false]);
   * ```
   */
  overlaps(start: number, end: number): boolean {
    const ranges = this.#ranges;
    if (!isRange(ranges, start, end) && !checkRange(ranges, start, end)) return false;
    return ranges.scratch.seek(start) && ranges.scratch.first < end;
  }

  /**
   * Whether every key of `start … end` is taken. O(log n + k).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a").set(5, 9, "b");
   * assertEquals([map.covers(3, 9), map.covers(3, 10)], [true, false]);
   * ```
   */
  covers(start: number, end: number): boolean {
    return this.gaps(start, end).next().done === true;
  }

  /**
   * The ranges that meet `start … end`, whole or clipped to it. Without bounds all ranges. O(log n + k).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(0, 4, "a").set(6, 9, "b");
   * assertEquals([...map.overlapping(3, 7)], map.toArray());
   * assertEquals([...map.overlapping(3, 7, { clip: true })], [
   *   { start: 3, end: 4, value: "a" },
   *   { start: 6, end: 7, value: "b" },
   * ]);
   * ```
   */
  overlapping(
    start: number = this.#ranges.minimum,
    end: number = this.#ranges.highest,
    options: OverlapOptions = {},
  ): IterableIterator<RangeEntry<V>> {
    checkRange(this.#ranges, start, end);
    const { clip = false, reverse } = options;
    const Iterator = clip ? ClippedIterator<number, V> : EntryIterator<number, V>;
    return new Iterator(this.#ranges, reverse, start, end);
  }

  /**
   * The gaps in `start … end`: the longest ranges within it of which no key is taken. None is empty. O(log n + k).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const day = new RangeMap<string>().set(9, 10, "a").set(10, 11, "b").set(14, 15, "c");
   * assertEquals([...day.gaps(8, 18)], [
   *   { start: 8, end: 9 },
   *   { start: 11, end: 14 },
   *   { start: 15, end: 18 },
   * ]);
   * ```
   */
  gaps(start: number, end: number, options: IterationOptions = {}): IterableIterator<KeyRange> {
    checkRange(this.#ranges, start, end);
    return gaps(this.#ranges, start, end, options.reverse ?? false);
  }

  /**
   * The start of the lowest `size` keys in a row that are free, within a window and at a multiple of `align`;
   * `undefined` if there are none. O(log n) mostly: the tree records the longest gap below each of its nodes.
   *
   * @throws {RangeError} if `size` or `align` is no positive integer, or the window no range
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const memory = new RangeMap<string>().set(0, 100, "code").set(200, 300, "data");
   * assertEquals(memory.firstGap(50), 100);
   * assertEquals(memory.firstGap(50, { align: 64 }), 128);
   * assertEquals(memory.firstGap(150, { within: { end: 400 } }), undefined);
   * ```
   */
  firstGap(size: number, options: GapOptions = {}): number | undefined {
    const { within, align = 1 } = options;
    return this.#firstGap(size, within?.start ?? 0, within?.end ?? this.#ranges.highest, align);
  }

  /**
   * The start of the highest such keys; as {@linkcode firstGap}. O(log n) mostly, O(n) at worst.
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(5, 9, "a");
   * assertEquals(map.lastGap(4, { within: { start: 0, end: 10 } }), 1);
   * ```
   */
  lastGap(size: number, options: GapOptions = {}): number | undefined {
    const { within, align = 1 } = options;
    return this.#lastGap(size, within?.start ?? 0, within?.end ?? this.#ranges.highest, align);
  }

  /**
   * Removes every range. O(1).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * map.clear();
   * assertEquals(map.isEmpty, true);
   * ```
   */
  clear(): void {
    this.#ranges.clear();
  }

  /**
   * An independent map with the same ranges, values and options. O(n), one copy of memory.
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * const copy = map.clone().set(4, 9, "b");
   * assertEquals([map.size, copy.size], [1, 2]);
   * ```
   */
  clone(): RangeMap<V> {
    const { minimum: lowest } = this.#ranges;
    const map = new RangeMap<V>({ lowest, coalesce: this.#equal ?? false });
    map.#ranges = this.#ranges.clone();
    return map;
  }

  /**
   * The ranges, ascending or in reverse. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a").set(5, 9, "b");
   * assertEquals([...map.keys()], [{ start: 3, end: 5 }, { start: 5, end: 9 }]);
   * ```
   */
  keys(options: IterationOptions = {}): IterableIterator<KeyRange> {
    return new KeyIterator(this.#ranges, options.reverse);
  }

  /**
   * The values, in the order of their ranges. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a").set(5, 9, "b");
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
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(0, 4, "a").set(6, 9, "b");
   * assertEquals([...map.entries({ reverse: true })].map(({ value }) => value), ["b", "a"]);
   * ```
   */
  entries(options: IterationOptions = {}): IterableIterator<RangeEntry<V>> {
    return new EntryIterator(this.#ranges, options.reverse);
  }

  /**
   * All entries, ascending. O(log n) to begin, O(1) a range mostly.
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * for (const { start, end, value } of new RangeMap<string>().set(3, 5, "a")) {
   *   assertEquals([start, end, value], [3, 5, "a"]);
   * }
   * ```
   */
  override [Symbol.iterator](): IterableIterator<RangeEntry<V>> {
    return this.entries();
  }

  /**
   * Calls `visit` for each range, ascending or in reverse. O(n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const seen: string[] = [];
   * new RangeMap<string>().set(3, 5, "a").forEach((value, { start }) => seen.push(`${start} ${value}`));
   * assertEquals(seen, ["3 a"]);
   * ```
   */
  forEach(
    visit: (value: V, range: KeyRange, map: RangeMap<V>) => void,
    options: IterationOptions = {},
  ): void {
    if (options.reverse === true) forEachReverse(this.#ranges, visit, this);
    else this.#ranges.forEach(visit, this);
  }

  /**
   * All entries in an array, which `structuredClone` copies and {@linkcode from} reads. O(n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals(RangeMap.from(structuredClone(map.toArray())).equals(map), true);
   * ```
   */
  toArray(): RangeEntry<V>[] {
    return [...this];
  }

  /**
   * What `JSON.stringify` writes, and {@linkcode from} reads after `JSON.parse`: the entries. O(n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals(RangeMap.from<string>(JSON.parse(JSON.stringify(map))).equals(map), true);
   * ```
   */
  toJSON(): RangeEntry<V>[] {
    return this.toArray();
  }

  /**
   * All entries in three columns, for `postMessage` and files; {@linkcode fromColumns} reads them. O(n).
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(0, 4, "a").set(6, 9, "b");
   * const copy = RangeMap.fromColumns(structuredClone(map.toColumns()));
   * assertEquals(copy.equals(map), true);
   * ```
   */
  toColumns(): RangeColumns<V> {
    return toColumns(this);
  }

  /**
   * Whether the other map has the same ranges with the same values. O(n).
   *
   * @param equal compares values; `Object.is` unless given
   *
   * @example
   * ```ts
   * import { RangeMap } from "@maple/mm/range-map";
   * import { assertEquals } from "@std/assert";
   *
   * const map = new RangeMap<string>().set(3, 5, "a");
   * assertEquals([map.equals(map.clone()), map.equals(new RangeMap())], [true, false]);
   * ```
   */
  equals(other: RangeMap<V>, equal: Equality<V> = Object.is): boolean {
    return sameEntries(this.#ranges, other.#ranges, equal);
  }

  // Apart from what reads the options, which is so short that V8 compiles it into its callers: no object is made for
  // them.
  #firstGap(size: number, start: number, end: number, align: number): number | undefined {
    const ranges = this.#ranges;
    if (!isSearch(ranges, size, start, end, align)) checkGap(ranges, size, start, end, align);
    return ranges.lowestGap(size, start, end, align);
  }

  #lastGap(size: number, start: number, end: number, align: number): number | undefined {
    const ranges = this.#ranges;
    if (!isSearch(ranges, size, start, end, align)) checkGap(ranges, size, start, end, align);
    return ranges.highestGap(size, start, end, align);
  }
}

/** Whether a gap can be searched for: the quick check too. */
function isSearch(
  ranges: MapleRanges<unknown>,
  size: number,
  start: number,
  end: number,
  align: number,
): boolean {
  return isRange(ranges, start, end) && size > 0 && Math.floor(size) === size && align > 0 &&
    Math.floor(align) === align;
}

/** Whether this is a range in the domain that holds a key: the quick check of what is nearly always true. */
function isRange({ minimum, highest }: MapleRanges<unknown>, start: number, end: number): boolean {
  return start < end && start >= minimum && end <= highest && Math.floor(start) === start &&
    Math.floor(end) === end;
}
