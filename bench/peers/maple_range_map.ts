/** `RangeMap`: our tree by the names that programmers know, with half-open ranges and negative keys. */

import { RangeMap as MapleRangeMap } from "../../mod.ts";
import { execute } from "../operations.ts?maple-range-map";
import { mix, type Peer, type RangeMap } from "./range_map.ts";

class Adapter implements RangeMap {
  readonly #map: MapleRangeMap<number>;
  readonly #end: number;

  constructor(map: MapleRangeMap<number>) {
    this.#map = map;
    this.#end = map.domain.end;
  }

  store(first: number, last: number, value: number): void {
    this.#map.set(first, last + 1, value);
  }

  clear(first: number, last: number): void {
    this.#map.delete(first, last + 1);
  }

  load(index: number): number {
    return this.#map.get(index) ?? 0;
  }

  find(index: number, max: number): number {
    const entry = this.#map.ceilingEntry(index);
    return entry === undefined || entry.start > max ? -1 : entry.start;
  }

  next(index: number, max: number): number {
    const entry = this.#map.ceilingEntry(index);
    if (entry === undefined || entry.start > index) return this.#upTo(entry?.start, max);
    if (entry.end === this.#end) return -1;
    return this.#upTo(this.#map.ceilingEntry(entry.end)?.start, max);
  }

  previous(index: number, min: number): number {
    let entry = this.#map.floorEntry(index);
    if (entry !== undefined && entry.end > index) {
      entry = entry.start === 0 ? undefined : this.#map.floorEntry(entry.start - 1);
    }
    return entry === undefined || entry.end <= min ? -1 : entry.start;
  }

  lowestGap(size: number, min: number, max: number): number {
    return this.#map.firstGap(size, { within: { start: min, end: max + 1 } }) ?? -1;
  }

  highestGap(size: number, min: number, max: number): number {
    return this.#map.lastGap(size, { within: { start: min, end: max + 1 } }) ?? -1;
  }

  checksum(): number {
    let checksum = 0;
    this.#map.forEach((value, { start, end }) => {
      checksum = mix(checksum, start, end - 1, value);
    });
    return checksum;
  }

  duplicate(): RangeMap {
    return new Adapter(this.#map.clone());
  }

  #upTo(start: number | undefined, max: number): number {
    return start === undefined || start > max ? -1 : start;
  }
}

/** What the friendly face costs: each time against `maple`'s. */
export const mapleRangeMap: Peer = {
  name: "maple RangeMap",
  alsoIn: ["recorded", "touching", "million", "million built"],
  scansForGaps: false,
  execute,
  create: () => new Adapter(new MapleRangeMap<number>({ lowest: 0 })),
};
