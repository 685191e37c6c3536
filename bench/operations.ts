/**
 * Workloads as lists of operations, and the loop that performs one on any implementation.
 *
 * Every peer imports this module under a query of its own (`./operations.ts?maple`) and so has its own copy of
 * {@linkcode execute}: one copy for all would call nine classes from the same place, which costs each of them.
 *
 * @module
 */

import type { Operations, RangeMap } from "./peers/range_map.ts";

/** What an operation does; its operands are `a`, `b`, `c`. */
export const Verb = {
  /** The value at `a`. */
  LOAD: 0,
  /** The start of the first range at or after `a`, up to `b`. */
  FIND: 1,
  /** Puts `c` over `[a, b]`. */
  STORE: 2,
  /** Empties `[a, b]`. */
  CLEAR: 3,
  /** The highest `a` free indices in `[b, c]`. */
  GAP: 4,
  /** Every range, mixed. */
  ITERATE: 5,
  /** The start of the first range strictly after `a`, up to `b`. */
  NEXT: 6,
  /** The start of the last range strictly before `a`, down to `b`. */
  PREVIOUS: 7,
  /** The lowest `a` free indices in `[b, c]`. */
  LOW_GAP: 8,
} as const;

/** Collects operations. */
export class OperationList {
  readonly #rows: [verb: number, a: number, b: number, c: number][] = [];

  load(index: number): void {
    this.#rows.push([Verb.LOAD, index, 0, 0]);
  }

  find(index: number, max: number): void {
    this.#rows.push([Verb.FIND, index, max, 0]);
  }

  next(index: number, max: number): void {
    this.#rows.push([Verb.NEXT, index, max, 0]);
  }

  previous(index: number, min: number): void {
    this.#rows.push([Verb.PREVIOUS, index, min, 0]);
  }

  lowestGap(size: number, min: number, max: number): void {
    this.#rows.push([Verb.LOW_GAP, size, min, max]);
  }

  store(first: number, last: number, value: number): void {
    this.#rows.push([Verb.STORE, first, last, value]);
  }

  clear(first: number, last: number): void {
    this.#rows.push([Verb.CLEAR, first, last, 0]);
  }

  highestGap(size: number, min: number, max: number): void {
    this.#rows.push([Verb.GAP, size, min, max]);
  }

  iterate(): void {
    this.#rows.push([Verb.ITERATE, 0, 0, 0]);
  }

  /** The operations in columns. */
  build(): Operations {
    return {
      length: this.#rows.length,
      verbs: Uint8Array.from(this.#rows, ([verb]) => verb),
      as: Float64Array.from(this.#rows, ([, a]) => a),
      bs: Float64Array.from(this.#rows, ([, , b]) => b),
      cs: Float64Array.from(this.#rows, ([, , , c]) => c),
    };
  }
}

/** The verbs as constants of this module, which the compiled loop then holds as numbers. */
const { LOAD, FIND, STORE, CLEAR, GAP, ITERATE, NEXT, PREVIOUS, LOW_GAP } = Verb;

/** Performs operations `from` up to but not including `to`; returns a hash of what they answered. */
export function execute(map: RangeMap, operations: Operations, from: number, to: number): number {
  const { verbs, as, bs, cs } = operations;
  let hash = 0;
  for (let i = from; i < to; i++) {
    let answer = 0;
    switch (verbs[i]) {
      case LOAD:
        answer = map.load(as[i]!);
        break;
      case FIND:
        answer = map.find(as[i]!, bs[i]!);
        break;
      case STORE:
        map.store(as[i]!, bs[i]!, cs[i]!);
        break;
      case CLEAR:
        map.clear(as[i]!, bs[i]!);
        break;
      case GAP:
        answer = map.highestGap(as[i]!, bs[i]!, cs[i]!);
        break;
      case ITERATE:
        answer = map.checksum();
        break;
      case NEXT:
        answer = map.next(as[i]!, bs[i]!);
        break;
      case PREVIOUS:
        answer = map.previous(as[i]!, bs[i]!);
        break;
      case LOW_GAP:
        answer = map.lowestGap(as[i]!, bs[i]!, cs[i]!);
        break;
    }
    // Both are integers then: V8 would check a sum of large numbers for being one, which takes as long as a short
    // search.
    hash = (Math.imul(hash, 31) + (answer | 0)) | 0;
  }
  return hash;
}
