/**
 * What there is to compare, as data. The lists of operations are those of the benches, defined there once.
 *
 * @module
 */

/** A workload before it is prepared. */
export interface WorkloadSpecification {
  /** What it does, and how many ranges it does it on: `find/1000`. */
  readonly name: string;
  /** The list in `bench/workloads.ts`; `replay`, `replayed tree` and `pressure` are the recorded compiler run. */
  readonly list:
    | "load"
    | "find"
    | "store"
    | "hole"
    | "mixed"
    | "gap"
    | "iterate"
    | "build"
    | "replay"
    | "replayed tree"
    | "pressure";
  /** Ranges in the tree; processes of a load. */
  readonly ranges: number;
  /** Steps in the list. */
  readonly steps: number;
}

/** Every workload, the recorded compiler run first. */
export const WORKLOADS: readonly WorkloadSpecification[] = [
  { name: "cc1-replay", list: "replay", ranges: 0, steps: 0 },
  { name: "cc1-tree", list: "replayed tree", ranges: 0, steps: 0 },
  ...[60, 1_000].flatMap((ranges): WorkloadSpecification[] => [
    { name: `load/${ranges}`, list: "load", ranges, steps: 20_000 },
    { name: `find/${ranges}`, list: "find", ranges, steps: 20_000 },
    { name: `store/${ranges}`, list: "store", ranges, steps: 20_000 },
    { name: `hole/${ranges}`, list: "hole", ranges, steps: 20_000 },
    { name: `mixed/${ranges}`, list: "mixed", ranges, steps: 20_000 },
  ]),
  { name: "gap/1000", list: "gap", ranges: 1_000, steps: 5_000 },
  { name: "iterate/1000", list: "iterate", ranges: 1_000, steps: 200 },
  { name: "build/10000", list: "build", ranges: 10_000, steps: 10_000 },
  { name: "load/65000", list: "load", ranges: 65_000, steps: 100_000 },
  { name: "pressure/16", list: "pressure", ranges: 16, steps: 20_000 },
  { name: "store/65000", list: "store", ranges: 65_000, steps: 50_000 },
];
