/** The workloads of the tree benches, at any size. */

import {
  benchName,
  type Case,
  LONG_CALL,
  timed,
  timedDuplicate,
  timedFromEmpty,
} from "./harness.ts";
import { peersOf } from "./peers/all.ts";
import { maple } from "./peers/maple.ts";
import type { Peer } from "./peers/range_map.ts";
import * as workloads from "./workloads.ts";

/** What to bench. */
export interface Selection {
  readonly ranges: number;
  /** The baseline first. */
  readonly peers: readonly Peer[];
}

/** A workload and how much of it one bench performs. */
export interface Row {
  readonly name: string;
  readonly workload: workloads.Workload;
  /** Operations a call. */
  readonly slice: number;
  /** Operations in the whole list. */
  readonly operations: number;
  /** Operations checked against the reference. */
  readonly verified: number;
  readonly searchesGaps?: boolean;
  /** Makes sense where ranges touch. */
  readonly touching?: boolean;
}

/**
 * The workloads at a size: the larger the map, the fewer changes and searches a call, as some peers pay for each range.
 */
export function rows(ranges: number): Row[] {
  const changes = ranges <= 1_000 ? 1_000 : ranges <= 65_000 ? 104 : 16;
  const lookups = { slice: 1_000, operations: 50_000, verified: 10_000 };
  const writes = {
    slice: changes,
    operations: 200 * changes,
    verified: ranges <= 1_000 ? 16 * changes : 4 * changes,
  };
  const search = ranges <= 60 ? 1_000 : ranges <= 1_000 ? 100 : ranges <= 65_000 ? 10 : 2;
  const near = ranges <= 1_000 ? 1_000 : ranges <= 65_000 ? 20 : 4;
  const searches = { slice: search, operations: 20 * search, verified: 2 * search };
  return [
    { name: "load", workload: workloads.load, ...lookups, touching: true },
    { name: "find", workload: workloads.find, ...lookups },
    { name: "mixed", workload: workloads.mixed, ...writes },
    { name: "store", workload: workloads.store, ...writes },
    { name: "hole", workload: workloads.hole, ...writes, touching: true },
    {
      name: "iterate",
      workload: workloads.iterate,
      slice: 1,
      operations: 1,
      verified: 1,
      touching: true,
    },
    { name: "gap", workload: workloads.gap, ...searches, searchesGaps: true },
    {
      name: "gap near",
      workload: workloads.gapNear,
      slice: near,
      operations: 50 * near,
      verified: near,
      searchesGaps: true,
    },
  ];
}

/** Registers every workload at one size, a group each. */
export function registerTreeBenches({ ranges, peers }: Selection): void {
  // Beyond the kernel's default limit only what is fast enough, and no group twice.
  const isLarge = ranges > 65_000;
  for (const row of rows(ranges)) {
    register(row, ranges, false, peers);
    if (row.touching && !isLarge) register(row, ranges, true, peersOf("touching"));
  }
  for (const peer of peers) {
    if (isLarge && !peer.alsoIn.includes("million built")) continue;
    Deno.bench({
      name: peer.name,
      group: `build ${ranges}`,
      baseline: peer === maple,
      fn: timedFromEmpty(peer, workloads.build, ranges),
      ...(ranges > 1_000 ? { n: 2, warmup: 1 } : {}),
    });
  }
  for (const peer of peers) {
    if (peer.create().duplicate === undefined) continue;
    Deno.bench({
      name: peer.name,
      group: `duplicate ${ranges}`,
      baseline: peer === maple,
      fn: timedDuplicate(peer, ranges),
      ...(isLarge ? LONG_CALL : {}),
    });
  }
}

function register(row: Row, ranges: number, touching: boolean, peers: readonly Peer[]): void {
  const { name, workload, slice, operations, verified, searchesGaps = false } = row;
  const it: Case = { workload, ranges, touching, slice, operations, verified };
  for (const peer of peers) {
    const isLong = ranges > 1_000 &&
      (searchesGaps ? peer.scansForGaps : name === "iterate" && ranges > 65_000);
    Deno.bench({
      name: benchName(peer, searchesGaps),
      group: `${name} ${ranges}${touching ? " touching" : ""}`,
      baseline: peer === maple,
      fn: timed(peer, it),
      ...(isLong ? LONG_CALL : {}),
    });
  }
}
