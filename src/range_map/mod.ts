/**
 * Range maps and range sets: ordered maps from half-open ranges of integers to values, with search for gaps.
 *
 * @module
 */

export { type BigIntEntry, BigIntRangeMap } from "./bigint_range_map.ts";
export { BigIntRangeSet } from "./bigint_range_set.ts";
export { RangeCollection } from "./range_collection.ts";
export { RangeMap } from "./range_map.ts";
export { RangeSet, type RangeSetOptions } from "./range_set.ts";
export type {
  Equality,
  GapOptions,
  IterationOptions,
  KeyRange,
  NumberRangeMapOptions,
  OverlapOptions,
  RangeColumns,
  RangeEntry,
  RangeMapOptions,
  Update,
} from "./types.ts";
