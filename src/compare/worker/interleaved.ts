/**
 * One measuring process: both versions, batch by batch in turn.
 *
 * Both sides see the same clock, load, heap and temperature, so the ratio within a round says more than a difference of
 * averages. Rounds alternate: base before head, then head before base. Both sides warm up together.
 *
 * @module
 */

import type { Lacking, MeasuredWorkload } from "./side.ts";
import { loadSides, type ProcessResult, reply, type RoundsOrder } from "./protocol.ts";
import { median } from "../statistics.ts";

/** A workload on both sides, and what was measured of it so far. */
class Pair {
  readonly name: string;
  readonly #base: MeasuredWorkload;
  readonly #head: MeasuredWorkload;
  readonly #batch: number;
  readonly #ratios: number[] = [];
  readonly #baseNs: number[] = [];
  readonly #headNs: number[] = [];
  #totals = { base: 0, head: 0 };
  #at = 0;
  #answersPart: number | undefined;

  constructor(name: string, base: MeasuredWorkload, head: MeasuredWorkload, batch: number) {
    this.name = name;
    this.#base = base;
    this.#head = head;
    this.#batch = batch;
    this.#at = base.length; // so that the first round begins afresh
  }

  /** Both sides do the next batch. */
  round(baseFirst: boolean, counts: boolean): void {
    const [first, second] = baseFirst ? [this.#base, this.#head] : [this.#head, this.#base];
    if (this.#at + this.#batch > this.#base.length) {
      first.fresh();
      second.fresh();
      this.#at = 0;
    }
    const to = this.#at + this.#batch;
    first.run(this.#at, to);
    second.run(this.#at, to);
    if (first.hash !== second.hash) this.#answersPart ??= this.#at;
    if (counts) this.#record();
    this.#at = to;
  }

  result(): ProcessResult {
    return {
      name: this.name,
      logRatio: median(this.#ratios),
      totals: this.#totals,
      nanoseconds: { base: median(this.#baseNs), head: median(this.#headNs) },
      ...(this.#answersPart !== undefined && { answersPart: this.#answersPart }),
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
}

async function measure(order: RoundsOrder): Promise<ProcessResult[]> {
  const { baseFirst, workloads, warmUp, rounds } = order;
  const { base, head } = await loadSides(order, baseFirst);
  const pairs: Pair[] = [];
  for (const { name, batch } of workloads) {
    const first = ready(await (baseFirst ? base : head).open(name));
    const second = ready(await (baseFirst ? head : base).open(name));
    const [ofBase, ofHead] = baseFirst ? [first, second] : [second, first];
    pairs.push(new Pair(name, ofBase, ofHead, batch));
  }
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const pair of pairs) pair.round((round % 2 === 0) === baseFirst, round >= warmUp);
    if (round % 20 === 19) reply({ done: round + 1, of: warmUp + rounds });
  }
  return pairs.map((pair) => pair.result());
}

function ready(workload: MeasuredWorkload | Lacking): MeasuredWorkload {
  if ("why" in workload) throw new Error(workload.why); // the precheck has seen to it that it does
  return workload;
}

if (import.meta.main) reply({ results: await measure(JSON.parse(Deno.args[0]!)) });
