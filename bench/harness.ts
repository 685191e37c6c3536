/**
 * Registers a workload as a bench for each peer, and sees to it that the answers are right.
 *
 * Nothing is made before a bench first runs, so `--filter` leaves out what it does not pick. The first call fills the
 * map, performs the operations on it and on the reference in step, and throws if they disagree. A call then performs
 * the next slice of the operations; each slice whose hash the reference knows is checked again every time.
 *
 * @module
 */

import { type Layout, layout } from "./layout.ts";
import { Verb } from "./operations.ts";
import type { Operations, Peer, RangeMap } from "./peers/range_map.ts";
import { reference } from "./reference.ts";
import type { Workload } from "./workloads.ts";

/**
 * How often a call of tens of milliseconds is made: ten times are measured, as `deno bench` does by itself, after
 * three and not twenty to warm up. Such a call is a loop of thousands of steps, which V8 has compiled before its first
 * one ends.
 */
export const LONG_CALL = { n: 10, warmup: 3 } as const;

/** A workload at one size. */
export interface Case {
  readonly workload: Workload;
  readonly ranges: number;
  /** Ranges without gaps between them. */
  readonly touching: boolean;
  /** Operations in the list. */
  readonly operations: number;
  /** Operations a call: a multiple of 8, so that what a slice changes it takes back, or of 1 if it changes nothing. */
  readonly slice: number;
  /** Operations compared with the reference; whole slices. */
  readonly verified: number;
}

/** One peer ready to perform one workload. */
export class PreparedCase {
  readonly #peer: Peer;
  readonly #map: RangeMap;
  readonly #operations: Operations;
  readonly #slice: number;
  readonly #expected: readonly number[];
  #at = 0;

  constructor(peer: Peer, { workload, ranges, touching, operations, slice, verified }: Case) {
    this.#peer = peer;
    this.#map = filled(peer, ranges, touching);
    this.#operations = workload(layoutOf(ranges, touching), operations);
    this.#slice = Math.min(slice, this.#operations.length);
    this.#expected = verify(peer, this.#map, this.#operations, this.#slice, {
      map: filled(reference, ranges, touching),
      count: verified,
    });
  }

  /** Performs the next slice and returns its hash. */
  run(): number {
    const hash = this.#peer.execute(this.#map, this.#operations, this.#at, this.#at + this.#slice);
    const expected = this.#expected[this.#at / this.#slice];
    if (expected !== undefined && hash !== expected) {
      throw new Error(`${this.#peer.name} answers ${hash}, the reference ${expected}`);
    }
    this.#at += this.#slice;
    if (this.#at + this.#slice > this.#operations.length) this.#at = 0;
    return hash;
  }
}

/** The number of operations up to and with the first change in a slice, which a later one takes back; 0 if none. */
function firstChange({ verbs }: Operations, slice: number): number {
  const isChange = (verb: number) => verb === Verb.STORE || verb === Verb.CLEAR;
  return verbs.subarray(0, slice).findIndex(isChange) + 1;
}

/** Performs the first operations on both maps; returns the hash of each slice. */
function verify(
  peer: Peer,
  map: RangeMap,
  operations: Operations,
  slice: number,
  known: { map: RangeMap; count: number },
): number[] {
  const expected: number[] = [];
  const perform = (from: number, to: number) => {
    const ours = peer.execute(map, operations, from, to);
    const theirs = reference.execute(known.map, operations, from, to);
    if (ours !== theirs) throw new Error(`${peer.name} answers ${ours}, the reference ${theirs}`);
    return theirs;
  };
  const compare = () => {
    if (map.checksum() !== known.map.checksum()) {
      throw new Error(`${peer.name} does not hold what the reference holds`);
    }
  };
  compare();
  const middle = firstChange(operations, slice);
  if (middle > 0) {
    perform(0, middle);
    compare();
    perform(middle, slice);
  }
  for (let at = 0; at + slice <= Math.min(known.count, operations.length); at += slice) {
    expected.push(perform(at, at + slice));
  }
  compare();
  return expected;
}

const layouts = new Map<string, Layout>();
const maps = new Map<string, RangeMap>();

function layoutOf(ranges: number, touching: boolean): Layout {
  const key = `${ranges} ${touching}`;
  let known = layouts.get(key);
  if (known === undefined) layouts.set(key, known = layout(ranges, touching));
  return known;
}

/** A map with the layout in it; every workload leaves it so, and all share it. */
function filled(peer: Peer, ranges: number, touching: boolean): RangeMap {
  const key = `${peer.name} ${ranges} ${touching}`;
  const known = maps.get(key);
  if (known !== undefined) return known;
  const map = peer.create();
  const { firsts, lasts } = layoutOf(ranges, touching);
  for (let i = 0; i < ranges; i++) map.store(firsts[i]!, lasts[i]!, i + 1);
  maps.set(key, map);
  return map;
}

/** What one peer does with a case: the function to time. */
export function timed(peer: Peer, it: Case): () => void {
  let prepared: PreparedCase | undefined;
  return () => {
    prepared ??= new PreparedCase(peer, it);
    prepared.run();
  };
}

/** What one peer does with a case that begins with an empty map: the function to time. */
export function timedFromEmpty(peer: Peer, workload: Workload, ranges: number): () => void {
  let operations: Operations | undefined;
  let expected = 0;
  return () => {
    if (operations === undefined) {
      operations = workload(layoutOf(ranges, false), ranges);
      expected = filled(reference, ranges, false).checksum();
      const map = peer.create();
      peer.execute(map, operations, 0, operations.length);
      if (map.checksum() !== expected) throw new Error(`${peer.name} built something else`);
    }
    const map = peer.create();
    peer.execute(map, operations, 0, operations.length);
    if (map.load(0) !== 0) throw new Error(`${peer.name} built something at 0`);
  };
}

/** What one peer does to copy a filled map: the function to time. */
export function timedDuplicate(peer: Peer, ranges: number): () => void {
  let map: RangeMap | undefined;
  return () => {
    if (map === undefined) {
      map = filled(peer, ranges, false);
      const copy = map.duplicate?.();
      if (copy?.checksum() !== filled(reference, ranges, false).checksum()) {
        throw new Error(`${peer.name} made another copy`);
      }
    }
    if (map.duplicate?.().load(0) !== 0) throw new Error(`${peer.name} copied something at 0`);
  };
}

/** The bench's name: the peer, and that it looks for gaps one range after another where that matters. */
export function benchName(peer: Peer, searchesGaps: boolean): string {
  return searchesGaps && peer.scansForGaps ? `${peer.name} (linear scan)` : peer.name;
}
