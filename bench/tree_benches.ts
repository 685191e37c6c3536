/** The workloads of the tree benches, at any size. */

import { benchName, type Case, timed, timedDuplicate, timedFromEmpty } from "./harness.ts";
import { maple } from "./peers/maple.ts";
import type { Peer } from "./peers/range_map.ts";
import * as workloads from "./workloads.ts";

/** What to bench. */
export interface Selection {
  readonly ranges: number;
  /** The baseline first. */
  readonly peers: readonly Peer[];
  /** Peers for ranges without gaps between them. */
  readonly touchingPeers: readonly Peer[];
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

/** The workloads at a size: the larger the map, the fewer changes and searches a call, as some peers pay for each range. */
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
    { name: "lookup", workload: workloads.lookup, ...lookups, touching: true },
    { name: "find first", workload: workloads.findFirst, ...lookups },
    { name: "mixed", workload: workloads.mixed, ...writes },
    { name: "churn", workload: workloads.churn, ...writes },
    { name: "hole", workload: workloads.hole, ...writes, touching: true },
    {
      name: "iterate",
      workload: workloads.iterate,
      slice: 1,
      operations: 1,
      verified: 1,
      touching: true,
    },
    { name: "gap search", workload: workloads.gapFar, ...searches, searchesGaps: true },
    {
      name: "gap search near",
      workload: workloads.gapNear,
      slice: near,
      operations: 50 * near,
      verified: near,
      searchesGaps: true,
    },
  ];
}

/** Peers that cannot build a large map in random order within the bench's time: each store moves half the map. */
const NO_LARGE_BUILD = new Set(["sorted array", "sorted Float64Array"]);

/** Registers every workload at one size, a group each. */
export function registerTreeBenches({ ranges, peers, touchingPeers }: Selection): void {
  for (const row of rows(ranges)) {
    register(row, ranges, false, peers);
    if (row.touching) register(row, ranges, true, touchingPeers);
  }
  for (const peer of peers) {
    if (ranges > 65_000 && NO_LARGE_BUILD.has(peer.name)) continue;
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
    });
  }
}

function register(row: Row, ranges: number, touching: boolean, peers: readonly Peer[]): void {
  const { name, workload, slice, operations, verified, searchesGaps = false } = row;
  const it: Case = { workload, ranges, touching, slice, operations, verified };
  for (const peer of peers) {
    Deno.bench({
      name: benchName(peer, searchesGaps),
      group: `${name} ${ranges}${touching ? " touching" : ""}`,
      baseline: peer === maple,
      fn: timed(peer, it),
    });
  }
}
