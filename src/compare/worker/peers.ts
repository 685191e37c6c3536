/**
 * A measuring process of the history: every other structure at several sizes, and what the tree weighs.
 *
 * Runs in the working tree, with its configuration, since the other structures are npm packages. The structures take
 * turns batch by batch, as the two sides of a comparison do.
 *
 * @module
 */

import { layout } from "../../../bench/layout.ts";
import { PEERS } from "../../../bench/peers/all.ts";
import type { Operations, Peer, RangeMap } from "../../../bench/peers/range_map.ts";
import * as lists from "../../../bench/workloads.ts";
import { MapleTree } from "../../../mod.ts";
import { reply } from "./protocol.ts";
import { median } from "../statistics.ts";

/** How long another implementation takes for the same. */
export interface PeerRecord {
  /** What was done: `find`. */
  readonly workload: string;
  /** Ranges in the structure. */
  readonly ranges: number;
  /** Name of the structure. */
  readonly peer: string;
  /** Median time of a step, nanoseconds. */
  readonly nanoseconds: number;
}

/** What a tree of some size weighs, and what it costs to check it. */
export interface ShapeRecord {
  /** Ranges in the tree. */
  readonly ranges: number;
  /** Nodes of the tree. */
  readonly nodes: number;
  /** Bytes of the tree's nodes, a range. */
  readonly bytesPerRange: number;
  /** Bytes of the pool, room to grow included, a range. */
  readonly poolBytesPerRange: number;
  /** Median time of one `validate()`, nanoseconds. */
  readonly validateNanoseconds: number;
  /** Median time of a store into a gap and its clearing, for comparison, nanoseconds. */
  readonly storeNanoseconds: number;
}

/** What to measure. */
export interface PeersOrder {
  /** Sizes in ranges. */
  readonly sizes: readonly number[];
  /** Rounds thrown away at first. */
  readonly warmUp: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** How long a batch takes, milliseconds. */
  readonly batchMs: number;
}

/** What was measured. */
export interface PeersResult {
  /** Every structure in every workload at every size. */
  readonly peers: readonly PeerRecord[];
  /** Trees by size. */
  readonly shapes: readonly ShapeRecord[];
}

/** Lists that every structure can do. */
const LISTS: Readonly<Record<string, lists.Workload>> = {
  load: lists.load,
  find: lists.find,
  store: lists.store,
  mixed: lists.mixed,
};

/** Operations in a list; small, so that the slowest structure gets to its end. */
const STEPS = 2_000;

/** A multiple of what every list takes back, so that a batch leaves the map as it found it. */
const SLICE = 8;

function measure({ sizes, warmUp, rounds, batchMs }: PeersOrder): PeersResult {
  const peers: PeerRecord[] = [];
  const shapes: ShapeRecord[] = [];
  const total = sizes.length * Object.keys(LISTS).length;
  for (const ranges of sizes) {
    const contestants = PEERS.map((peer) => new Contestant(peer, filled(peer, ranges)));
    for (const [workload, list] of Object.entries(LISTS)) {
      const operations = list(layout(ranges, false), STEPS);
      for (const contestant of contestants) contestant.begin(operations, batchMs);
      for (let round = 0; round < warmUp + rounds; round++) {
        for (const contestant of contestants) contestant.round(round >= warmUp);
      }
      for (const it of contestants) {
        peers.push({ workload, ranges, peer: it.name, nanoseconds: it.nanoseconds });
      }
      reply({ done: peers.length / PEERS.length, of: total });
    }
    shapes.push(shapeOf(ranges, rounds));
  }
  return { peers, shapes };
}

/** A structure in the race. */
class Contestant {
  readonly #peer: Peer;
  readonly #map: RangeMap;
  #operations: Operations | undefined;
  #batch = SLICE;
  #at = 0;
  #times: number[] = [];

  constructor(peer: Peer, map: RangeMap) {
    this.#peer = peer;
    this.#map = map;
  }

  get name(): string {
    return this.#peer.name;
  }

  /** Median time of a step. */
  get nanoseconds(): number {
    return median(this.#times);
  }

  /** Takes a list up, and finds out how much of it makes a batch. */
  begin(operations: Operations, batchMs: number): void {
    this.#operations = operations;
    this.#times = [];
    this.#at = 0;
    this.#batch = SLICE;
    for (let trial = 0; trial < 10; trial++) {
      const steps = SLICE * Math.round(batchMs / (this.#time() / 1e6) / SLICE);
      this.#batch = Math.max(SLICE, Math.min(operations.length, steps));
    }
  }

  /** Does the next batch. */
  round(counts: boolean): void {
    const nanoseconds = this.#time();
    if (counts) this.#times.push(nanoseconds);
  }

  /** Nanoseconds a step of the next batch. */
  #time(): number {
    const operations = this.#operations!;
    if (this.#at + this.#batch > operations.length) this.#at = 0;
    const start = performance.now();
    this.#peer.execute(this.#map, operations, this.#at, this.#at + this.#batch);
    const nanoseconds = 1e6 * Math.max(performance.now() - start, 1e-4) / this.#batch;
    this.#at += this.#batch;
    return nanoseconds;
  }
}

function filled(peer: Peer, ranges: number): RangeMap {
  const { firsts, lasts } = layout(ranges, false);
  const map = peer.create();
  for (let i = 0; i < ranges; i++) map.store(firsts[i]!, lasts[i]!, i + 1);
  return map;
}

function shapeOf(ranges: number, rounds: number): ShapeRecord {
  const { firsts, lasts } = layout(ranges, false);
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < ranges; i++) tree.store(firsts[i]!, lasts[i]!, i + 1);
  const { nodes, bytes, poolBytes } = tree.statistics();
  const gap = lasts[0]! + 1;
  return {
    ranges,
    nodes,
    bytesPerRange: bytes / ranges,
    poolBytesPerRange: poolBytes / ranges,
    validateNanoseconds: timed(rounds, () => tree.validate()),
    storeNanoseconds: timed(100 * rounds, () => {
      tree.store(gap, gap, 1);
      tree.store(gap, gap, undefined);
    }) / 2,
  };
}

/** Median nanoseconds of a call, the first fifth thrown away. */
function timed(calls: number, call: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < calls; i++) {
    const start = performance.now();
    call();
    times.push(1e6 * (performance.now() - start));
  }
  return median(times.slice(calls / 5));
}

if (import.meta.main) reply({ results: [measure(JSON.parse(Deno.args[0]!))] });
