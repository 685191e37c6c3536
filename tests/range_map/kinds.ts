/**
 * The two kinds of range maps behind one interface, so that a test is written once.
 *
 * @module
 */

import { BigIntRangeMap, RangeMap } from "../../src/range_map/mod.ts";
import type {
  GapOptions,
  IterationOptions,
  KeyRange,
  OverlapOptions,
  RangeEntry,
  RangeMapOptions,
  Update,
} from "../../src/range_map/mod.ts";

/** What both kinds of maps do. */
export interface AnyMap<K, V> extends Iterable<RangeEntry<V, K>> {
  readonly size: number;
  readonly isEmpty: boolean;
  readonly span: KeyRange<K> | undefined;
  readonly domain: KeyRange<K>;
  get(key: K): V | undefined;
  has(key: K): boolean;
  getEntry(key: K): RangeEntry<V, K> | undefined;
  ceilingEntry(key: K): RangeEntry<V, K> | undefined;
  floorEntry(key: K): RangeEntry<V, K> | undefined;
  set(start: K, end: K, value: V): this;
  delete(start: K, end: K): void;
  insertIfFree(start: K, end: K, value: V): boolean;
  update(start: K, end: K, change: Update<V, K>): this;
  overlaps(start: K, end: K): boolean;
  covers(start: K, end: K): boolean;
  overlapping(start?: K, end?: K, options?: OverlapOptions): Iterable<RangeEntry<V, K>>;
  gaps(start: K, end: K, options?: IterationOptions): Iterable<KeyRange<K>>;
  firstGap(size: K, options?: GapOptions<K>): K | undefined;
  lastGap(size: K, options?: GapOptions<K>): K | undefined;
  entries(options?: IterationOptions): IterableIterator<RangeEntry<V, K>>;
  keys(options?: IterationOptions): IterableIterator<KeyRange<K>>;
  values(options?: IterationOptions): IterableIterator<V>;
  forEach(visit: (value: V, range: KeyRange<K>) => void, options?: IterationOptions): void;
  toArray(): RangeEntry<V, K>[];
  toJSON(): unknown;
  clear(): void;
  clone(): AnyMap<K, V>;
  equals(other: AnyMap<K, V>): boolean;
}

/** A kind of keys. */
export interface Kind<K> {
  /** The class. */
  readonly name: string;
  /** A small number as a key. */
  of(number: number): K;
  create(options?: RangeMapOptions<string>): AnyMap<K, string>;
}

/** Keys that are numbers. */
export const NUMBERS: Kind<number> = {
  name: "RangeMap",
  of: (number) => number,
  create: (options) => new RangeMap<string>(options),
};

/** Keys that are bigints. */
export const BIGINTS: Kind<bigint> = {
  name: "BigIntRangeMap",
  of: BigInt,
  create: (options) => new BigIntRangeMap<string>(options),
};

/** The same structure with every bigint as the number it is. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, plain(held)]));
}
