/**
 * Range maps of JavaScript, operation by operation, in one process and in turns.
 *
 * @module
 */

import { PreparedCase } from "../harness.ts";
import { PEERS } from "../peers/all.ts";
import { maple } from "../peers/maple.ts";
import { mapleRangeMap } from "../peers/maple_range_map.ts";
import type { Peer } from "../peers/range_map.ts";
import { rows } from "../tree_benches.ts";
import { columns } from "./columns.ts";

/** Ranges in each map. */
export const RANGES = 1_000;
/** Turns of each; the least counts, and the first fifth is left out, as V8 compiles meanwhile. */
const TURNS = 50;
/** How long a turn is repeated at least, in milliseconds. */
const TURN_MS = 2;
/** What people take; the others of the benches are of one of these kinds. */
const NAMES = ["sorted-btree", "@flatten-js/interval-tree", "std red-black tree", "sorted array"];

/** What the libraries take on one workload, the least time of a turn over that of `RangeMap`. */
export interface Compared {
  readonly workload: string;
  readonly ratios: Readonly<Record<string, number>>;
}

/** Everybody who is compared: our tree by the kernel's names first. */
export function libraries(): Peer[] {
  return [maple, ...PEERS.filter(({ name }) => NAMES.includes(name))];
}

/** Compares all of them with `RangeMap` on the benches' workloads, in turns. */
export function compareLibraries(turns: number = TURNS, ranges: number = RANGES): Compared[] {
  return rows(ranges).map(({ name, workload, slice, operations, verified }) => {
    const it = { workload, ranges, touching: false, slice, operations, verified };
    const peers = [mapleRangeMap, ...libraries()];
    const cases = peers.map((peer) => new PreparedCase(peer, it));
    const least = cases.map(() => Infinity);
    for (let turn = 0; turn < turns; turn++) {
      for (const [i, prepared] of cases.entries()) {
        const time = timeOf(prepared);
        if (turn * 5 >= turns) least[i] = Math.min(least[i]!, time);
      }
    }
    const [own, ...others] = least;
    return {
      workload: name,
      ratios: Object.fromEntries(libraries().map((peer, i) => [peer.name, others[i]! / own!])),
    };
  });
}

/** The time of one run, of as many as a turn takes. */
function timeOf(prepared: PreparedCase): number {
  const start = performance.now();
  let runs = 0;
  do {
    prepared.run();
    runs++;
  } while (performance.now() - start < TURN_MS);
  return (performance.now() - start) / runs;
}

/** The comparison as a table of Markdown. */
export function librariesTable(compared: readonly Compared[]): string {
  return columns([
    ["", ...compared.map(({ workload }) => workload)],
    ...Object.keys(compared[0]?.ratios ?? {}).map((name) => [
      name === maple.name ? "`MapleTree`" : name,
      ...compared.map(({ ratios }) => ratioText(ratios[name]!)),
    ]),
  ]);
}

function ratioText(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(2) : Math.round(ratio).toLocaleString("en");
}
