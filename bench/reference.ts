/** The reference range map of the tests in the form of a peer: what every benched answer is checked against. */

import { type NaiveEntry, NaiveRangeMap } from "../tests/naive_range_map.ts";
import { execute } from "./operations.ts?reference";
import { mix, type Peer, type RangeMap } from "./peers/range_map.ts";

class Reference implements RangeMap {
  readonly #map: NaiveRangeMap<number>;

  constructor(entries: Iterable<NaiveEntry<number>> = []) {
    this.#map = new NaiveRangeMap();
    for (const { first, last, value } of entries) this.#map.store(first, last, value);
  }

  store(first: number, last: number, value: number): void {
    this.#map.store(first, last, value);
  }

  clear(first: number, last: number): void {
    this.#map.store(first, last, undefined);
  }

  load(index: number): number {
    return this.#map.load(index) ?? 0;
  }

  find(index: number, max: number): number {
    return this.#map.find(index, max)?.first ?? -1;
  }

  next(index: number, max: number): number {
    return this.#map.next(index, max)?.first ?? -1;
  }

  previous(index: number, min: number): number {
    return this.#map.previous(index, min)?.first ?? -1;
  }

  lowestGap(size: number, min: number, max: number): number {
    return this.#map.emptyArea(size, min, max) ?? -1;
  }

  highestGap(size: number, min: number, max: number): number {
    return this.#map.emptyAreaReverse(size, min, max) ?? -1;
  }

  checksum(): number {
    let checksum = 0;
    for (const { first, last, value } of this.#map) checksum = mix(checksum, first, last, value);
    return checksum;
  }

  duplicate(): RangeMap {
    return new Reference(this.#map);
  }
}

/** Never timed. */
export const reference: Peer = {
  name: "reference",
  alsoIn: [],
  scansForGaps: true,
  execute,
  create: () => new Reference(),
};
