/**
 * What ranges, entries and options look like to a caller.
 *
 * @module
 */

/** A range of keys, `[start, end)`: `start` belongs to it, `end` does not. */
export interface KeyRange<K = number> {
  /** First key. */
  readonly start: K;
  /** The key after the last. */
  readonly end: K;
}

/** A range and its value. */
export interface RangeEntry<V, K = number> extends KeyRange<K> {
  /** What every key of the range maps to. */
  readonly value: V;
}

/** Whether two values are the same for joining ranges, or for comparing maps. */
export type Equality<V> = (a: V, b: V) => boolean;

/** What a piece of a range maps to, given what it maps to now; `undefined` is nothing. */
export type Update<V, K = number> = (value: V | undefined, range: KeyRange<K>) => V | undefined;

/** How a range map is made. */
export interface RangeMapOptions<V> {
  /**
   * Join ranges that touch and have equal values. `true` compares with `Object.is`; a function compares otherwise.
   * Default `false`: each stored range stays an entry of its own.
   */
  readonly coalesce?: boolean | Equality<V>;
}

/** How a `RangeMap` is made. */
export interface NumberRangeMapOptions<V> extends RangeMapOptions<V> {
  /**
   * The lowest key; the highest is `2 ** 53 - 1` above it. Default `-(2 ** 52)`; 0 for keys up to
   * `Number.MAX_SAFE_INTEGER`.
   */
  readonly lowest?: number;
}

/** In which direction to go. */
export interface IterationOptions {
  /** From the highest range down. Default `false`. */
  readonly reverse?: boolean;
}

/** How ranges that meet a window are given. */
export interface OverlapOptions extends IterationOptions {
  /** Cut the first and the last range to the window. Default `false`: they are given whole. */
  readonly clip?: boolean;
}

/** Where a gap may lie. */
export interface GapOptions<K = number> {
  /** The window that must hold it. Default: from 0 to the end of the map's domain. */
  readonly within?: Partial<KeyRange<K>>;
  /** The gap starts at a multiple of this. Default 1. */
  readonly align?: K;
}

/**
 * A map in three columns, for `postMessage`, `structuredClone` and files: row `i` says that the keys from `starts[i]`
 * to before `ends[i]` map to `values[i]`. Rows ascend.
 */
export interface RangeColumns<V, N = Float64Array> {
  /** First keys. */
  readonly starts: N;
  /** The keys after the last. */
  readonly ends: N;
  /** Values. */
  readonly values: V[];
}
