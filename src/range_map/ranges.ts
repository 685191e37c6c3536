/**
 * What the verbs of this folder need of a store of ranges, whatever its keys are: numbers in a maple tree, or bigints
 * in blocks. Ranges are half-open and have passed the checks; the store cuts what a write overlaps.
 *
 * @module
 */

/** Ranges in order, each with a value that is not `undefined`. */
export interface Ranges<K, V> {
  /** The lowest key. */
  readonly minimum: K;
  /** The key after the highest. */
  readonly highest: K;
  /** Ranges that hold a value. */
  readonly size: number;
  /** The value at `key`. */
  load(key: K): V | undefined;
  /** Puts `value` over `start … end`, where `start < end`; `undefined` clears it. */
  write(start: K, end: K, value: V | undefined): void;
  /** The start of the lowest gap of `size` keys at a multiple of `align` within `start … end`. */
  lowestGap(size: K, start: K, end: K, align: K): K | undefined;
  /** The start of the highest such gap. */
  highestGap(size: K, start: K, end: K, align: K): K | undefined;
  /** A position in these ranges. */
  cursor(): RangeCursor<K, V>;
}

/**
 * A position in a store of ranges. It survives changes: a step after one continues from the keys of the range that the
 * cursor stood on. Its members bear no name of the public interface's, so that the package's bundle can shorten them.
 */
export interface RangeCursor<K, V> {
  /** First key of the range it stands on. */
  readonly first: K;
  /** The key after its last. */
  readonly after: K;
  /** The value there. */
  readonly held: V;
  /** Moves to the first range that ends after `key`; false if there is none. */
  seek(key: K): boolean;
  /** Moves to the last range that starts before `key`; false if there is none. */
  seekBack(key: K): boolean;
  /** Moves to the next range; false if there is none. */
  forward(): boolean;
  /** Moves to the previous range; false if there is none. */
  back(): boolean;
}
