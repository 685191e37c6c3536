/**
 * Two sides of one workload, batch by batch in turn, and what was measured of them: what every measuring process does.
 *
 * @module
 */

import type { ProcessResult } from "./protocol.ts";
import { median } from "../statistics.ts";

/** A side that a pair makes run. */
export interface PairSide {
  /** How long the last batch took, milliseconds. */
  readonly milliseconds: number;
  /** What the last batch answered. */
  readonly hash: number;
  /** Makes everything anew, so that the list begins from its start. */
  fresh(): void;
  /** Performs steps `from` up to but not including `to` between two looks at the clock. */
  run(from: number, to: number): void;
}

/** A workload on both sides, and what was measured of it so far. */
export class Pair {
  /** Name of the workload. */
  readonly name: string;
  /** Steps of a batch. */
  readonly batch: number;
  readonly #base: PairSide;
  readonly #head: PairSide;
  readonly #length: number;
  readonly #ratios: number[] = [];
  readonly #baseNs: number[] = [];
  readonly #headNs: number[] = [];
  #totals = { base: 0, head: 0 };
  /** The first round begins afresh. */
  #at = Infinity;
  #answersPart: number | undefined;

  /**
   * A workload of which nothing was measured yet.
   *
   * @param length steps of the whole list
   * @param batch steps of a batch, at most `length`
   */
  constructor(name: string, base: PairSide, head: PairSide, length: number, batch: number) {
    this.name = name;
    this.#base = base;
    this.#head = head;
    this.#length = length;
    this.batch = batch;
  }

  /** Both sides do the next batch. */
  round(baseFirst: boolean, counts: boolean): void {
    const [first, second] = baseFirst ? [this.#base, this.#head] : [this.#head, this.#base];
    if (this.#at + this.batch > this.#length) {
      first.fresh();
      second.fresh();
      this.#at = 0;
    }
    const to = this.#at + this.batch;
    first.run(this.#at, to);
    second.run(this.#at, to);
    if (first.hash !== second.hash) this.#answersPart ??= this.#at;
    if (counts) this.#record();
    this.#at = to;
  }

  /** What was measured. */
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
    this.#baseNs.push(1e6 * base / this.batch);
    this.#headNs.push(1e6 * head / this.batch);
  }
}
