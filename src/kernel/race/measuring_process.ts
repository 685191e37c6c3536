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
class Side {
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

class Pair {
  readonly #workload: RaceWorkload;
  readonly #base: Side;
  readonly #head: Side;
  readonly #batch: number;
  readonly #ratios: number[] = [];
  readonly #baseNs: number[] = [];
  readonly #headNs: number[] = [];
  readonly #mapleNs: number[] = [];
  #maple: RangeMap | undefined;
  #mapleAt = Infinity;
  #totals = { base: 0, head: 0 };
  #at = Infinity;
  #answersPart: number | undefined;

  constructor(workload: RaceWorkload, base: Side, head: Side, batchMs: number) {
    this.#workload = workload;
    this.#base = base;
    this.#head = head;
    this.#batch = batchOf(workload, base, batchMs);
  }

  round(number: number, baseFirst: boolean, counts: boolean): void {
    const [first, second] = baseFirst ? [this.#base, this.#head] : [this.#head, this.#base];
    if (this.#at + this.#batch > this.#workload.operations.length) {
      first.fresh();
      second.fresh();
      this.#at = 0;
    }
    const to = this.#at + this.#batch;
    first.run(this.#at, to);
    second.run(this.#at, to);
    if (first.hash !== second.hash) this.#answersPart ??= this.#at;
    if (counts) this.#record();
    if (number % MAPLE_EVERY === 0) this.#runMaple(counts);
    this.#at = to;
  }

  result(): RaceResult {
    return {
      name: this.#workload.name,
      logRatio: median(this.#ratios),
      totals: this.#totals,
      nanoseconds: { base: median(this.#baseNs), head: median(this.#headNs) },
      ...(this.#answersPart !== undefined && { answersPart: this.#answersPart }),
      steps: this.#workload.operations.length,
      maple: median(this.#mapleNs),
    };
  }

  #record(): void {
    const base = this.#base.milliseconds;
    const head = this.#head.milliseconds;
    this.#ratios.push(Math.log(head / base));
    this.#totals.base += base;
    this.#totals.head += head;
    this.#baseNs.push(1e6 * base / this.#batch);
    this.#headNs.push(1e6 * head / this.#batch);
  }

  /** Its own way through the list, so that its tree is always as the list left it. */
  #runMaple(counts: boolean): void {
    const { operations, filling } = this.#workload;
    if (this.#mapleAt + this.#batch > operations.length) {
      this.#maple = maple.create();
      maple.execute(this.#maple, filling, 0, filling.length);
      this.#mapleAt = 0;
    }
    const start = performance.now();
    maple.execute(this.#maple!, operations, this.#mapleAt, this.#mapleAt + this.#batch);
    if (counts) this.#mapleNs.push(1e6 * (performance.now() - start) / this.#batch);
    this.#mapleAt += this.#batch;
  }
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
  const pairs: Pair[] = [];
  for (const name of names) {
    reply({ doing: `prepare ${name}` });
    const workload = await raceWorkload(name);
    pairs.push(new Pair(workload, new Side(base, workload), new Side(head, workload), batchMs));
  }
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const pair of pairs) {
      pair.round(round, (round % 2 === 0) === baseFirst, round >= warmUp);
    }
    if (round % 20 === 19) reply({ done: round + 1, of: warmUp + rounds });
  }
  return pairs.map((pair) => pair.result());
}

if (import.meta.main) reply({ results: await measure(JSON.parse(Deno.args[0]!)) });
