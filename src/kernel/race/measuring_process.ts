/**
 * One measuring process: two kernels' trees as libraries, batch by batch in turn, and now and then Maple.
 *
 * Both sides see the same clock, load and temperature, so ratios are compared within a round. Rounds go base, head
 * and then head, base; both warm up together.
 *
 * @module
 */

import { maple } from "../../../bench/peers/maple.ts";
import type { RangeMap } from "../../../bench/peers/range_map.ts";
import { median } from "../../compare/statistics.ts";
import { Pair, type PairSide } from "../../compare/worker/pair.ts";
import { type ProcessResult, reply } from "../../compare/worker/protocol.ts";
import { NativeLibrary, type NativeTree } from "./native.ts";
import { type RaceWorkload, raceWorkload } from "./workloads.ts";

/** What one process is to do. */
export interface RaceOrder {
  /** Libraries. */
  readonly base: string;
  readonly head: string;
  /** Load and begin with the base. */
  readonly baseFirst: boolean;
  readonly names: readonly string[];
  readonly batchMs: number;
  readonly warmUp: number;
  readonly rounds: number;
}

/** What it measured of one workload. */
export interface RaceResult extends ProcessResult {
  /** Steps of the list. */
  readonly steps: number;
  /** Median time of a step of Maple's, nanoseconds. */
  readonly maple: number;
}

/** Maple is timed in one round of so many: it is there for comparison, not for a verdict. */
const MAPLE_EVERY = 2;

/** One side of one workload. */
class Side implements PairSide {
  readonly #library: NativeLibrary;
  readonly #workload: RaceWorkload;
  #tree: NativeTree | undefined;
  /** Time of the latest batch, milliseconds. */
  milliseconds = 0;
  hash = 0;

  constructor(library: NativeLibrary, workload: RaceWorkload) {
    this.#library = library;
    this.#workload = workload;
  }

  fresh(): void {
    const { filling } = this.#workload;
    this.#tree?.free();
    this.#tree = this.#library.create();
    this.#tree.execute(filling, 0, filling.length);
  }

  run(from: number, to: number): void {
    const start = performance.now();
    this.hash = this.#tree!.execute(this.#workload.operations, from, to);
    this.milliseconds = performance.now() - start;
  }
}

/** Maple on the same list. It goes its own way through it, so that its tree is always as the list left it. */
class MapleSide {
  readonly #workload: RaceWorkload;
  readonly #batch: number;
  readonly #nanoseconds: number[] = [];
  #tree: RangeMap | undefined;
  #at = Infinity;

  constructor(workload: RaceWorkload, batch: number) {
    this.#workload = workload;
    this.#batch = batch;
  }

  run(counts: boolean): void {
    const { operations, filling } = this.#workload;
    if (this.#at + this.#batch > operations.length) {
      this.#tree = maple.create();
      maple.execute(this.#tree, filling, 0, filling.length);
      this.#at = 0;
    }
    const start = performance.now();
    maple.execute(this.#tree!, operations, this.#at, this.#at + this.#batch);
    if (counts) this.#nanoseconds.push(1e6 * (performance.now() - start) / this.#batch);
    this.#at += this.#batch;
  }

  /** Median time of a step, nanoseconds. */
  median(): number {
    return median(this.#nanoseconds);
  }
}

/** One workload of the race. */
interface Contest {
  readonly pair: Pair;
  readonly maple: MapleSide;
  readonly steps: number;
}

function contest(workload: RaceWorkload, base: Side, head: Side, batchMs: number): Contest {
  const { name, operations: { length: steps } } = workload;
  const batch = batchOf(workload, base, batchMs);
  return {
    pair: new Pair(name, base, head, steps, batch),
    maple: new MapleSide(workload, batch),
    steps,
  };
}

/** How many steps take about as long as a batch shall. */
function batchOf({ operations }: RaceWorkload, side: Side, batchMs: number): number {
  side.fresh();
  side.run(0, operations.length);
  side.fresh();
  side.run(0, operations.length);
  const steps = Math.round(operations.length * batchMs / side.milliseconds);
  return Math.max(1, Math.min(steps, operations.length));
}

async function measure(order: RaceOrder): Promise<RaceResult[]> {
  const { baseFirst, names, batchMs, warmUp, rounds } = order;
  const load = (side: "base" | "head") => new NativeLibrary(order[side]);
  const first = load(baseFirst ? "base" : "head");
  const second = load(baseFirst ? "head" : "base");
  const [base, head] = baseFirst ? [first, second] : [second, first];
  const contests: Contest[] = [];
  for (const name of names) {
    reply({ doing: `prepare ${name}` });
    const workload = await raceWorkload(name);
    contests.push(
      contest(workload, new Side(base, workload), new Side(head, workload), batchMs),
    );
  }
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const { pair, maple } of contests) {
      pair.round((round % 2 === 0) === baseFirst, round >= warmUp);
      if (round % MAPLE_EVERY === 0) maple.run(round >= warmUp);
    }
    if (round % 20 === 19) reply({ done: round + 1, of: warmUp + rounds });
  }
  return contests.map(({ pair, maple, steps }) => {
    return { ...pair.result(), steps, maple: maple.median() };
  });
}

if (import.meta.main) reply({ results: await measure(JSON.parse(Deno.args[0]!)) });
