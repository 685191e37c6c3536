/**
 * What every implementation in the benches does: a map from ranges of indices to numbers, where a store overwrites,
 * trims and splits what was there. Ranges are inclusive, values are small positive integers.
 *
 * @module
 */

/** A list of operations, a column for each part of them; see `bench/operations.ts`. */
export interface Operations {
  readonly length: number;
  readonly verbs: Uint8Array;
  /** First operand: an index, or the size of a gap. */
  readonly as: Float64Array;
  /** Second operand. */
  readonly bs: Float64Array;
  /** Third operand: a value, or the upper end of a search. */
  readonly cs: Float64Array;
}

/** One range and its value. Peers that keep ranges as objects keep these. */
export interface Range {
  first: number;
  last: number;
  value: number;
}

/** An ordered map of ranges that never overlap. */
export interface RangeMap {
  /** Puts `value` over `[first, last]`, whatever was there. */
  store(first: number, last: number, value: number): void;
  /** Empties `[first, last]`. */
  clear(first: number, last: number): void;
  /** The value at `index`, 0 if there is none. */
  load(index: number): number;
  /** The start of the first range that ends at or after `index` and starts at or before `max`, or -1. */
  find(index: number, max: number): number;
  /** The start of the first range after the one at `index` that starts at or before `max`, or -1. */
  next(index: number, max: number): number;
  /** The start of the last range before the one at `index` that ends at or after `min`, or -1. */
  previous(index: number, min: number): number;
  /** The start of the lowest `size` free indices in `[min, max]`, or -1. */
  lowestGap(size: number, min: number, max: number): number;
  /** The start of the highest `size` free indices in `[min, max]`, or -1. */
  highestGap(size: number, min: number, max: number): number;
  /** Visits every range, ascending, and mixes what it saw with {@linkcode mix}. */
  checksum(): number;
  /** An independent copy; only where the implementation has its own way to make one. */
  duplicate?(): RangeMap;
}

/**
 * Groups of benches that are not for every implementation, as some pay for each range of the map: recorded compiler
 * runs, ranges without gaps between them, a million ranges, and a million ranges stored in random order.
 */
export type PeerGroup = "recorded" | "touching" | "million" | "million built";

/** An implementation as the benches name it. */
export interface Peer {
  readonly name: string;
  /** The groups it takes part in besides those for every implementation. */
  readonly alsoIn: readonly PeerGroup[];
  /** Looks at the ranges one after another to find a gap. */
  readonly scansForGaps: boolean;
  create(): RangeMap;
  /** This peer's own copy of `execute()` in `bench/operations.ts`, so that its calls are compiled for it alone. */
  execute(map: RangeMap, operations: Operations, from: number, to: number): number;
}

/** Mixes one range into a checksum, by the low 32 bits of its numbers: cheaply, so that visiting is what is timed. */
export function mix(checksum: number, first: number, last: number, value: number): number {
  return (Math.imul(checksum, 31) + (first | 0) + Math.imul(last | 0, 3) + value) | 0;
}
