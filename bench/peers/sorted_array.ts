/** Range objects in one sorted array: what most programs begin with. */

import { execute } from "../operations.ts?sorted-array";
import { mix, type Peer, type Range, type RangeMap } from "./range_map.ts";

class SortedArray implements RangeMap {
  readonly #ranges: Range[];

  constructor(ranges: Range[] = []) {
    this.#ranges = ranges;
  }

  /** Position of the first range that ends at or after `index`. */
  #position(index: number): number {
    const ranges = this.#ranges;
    let low = 0;
    let high = ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[middle]!.last < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  store(first: number, last: number, value: number): void {
    const at = this.#position(first);
    const range = this.#ranges[at];
    if (range === undefined || range.first > last) {
      this.#ranges.splice(at, 0, { first, last, value });
    } else if (range.first === first && range.last === last) {
      range.value = value;
    } else {
      this.#ranges.splice(this.#empty(at, first, last), 0, { first, last, value });
    }
  }

  clear(first: number, last: number): void {
    const at = this.#position(first);
    const range = this.#ranges[at];
    if (range !== undefined && range.first <= last) this.#empty(at, first, last);
  }

  /** Empties `[first, last]`, where `at` is the first range in the way; returns where a range there belongs. */
  #empty(at: number, first: number, last: number): number {
    const ranges = this.#ranges;
    const range = ranges[at]!;
    if (range.first < first) {
      const rest = range.last;
      range.last = first - 1;
      at++;
      if (rest > last) {
        ranges.splice(at, 0, { first: last + 1, last: rest, value: range.value });
        return at;
      }
    }
    let end = at;
    while (end < ranges.length && ranges[end]!.last <= last) end++;
    if (end < ranges.length && ranges[end]!.first <= last) ranges[end]!.first = last + 1;
    if (end > at) ranges.splice(at, end - at);
    return at;
  }

  load(index: number): number {
    const range = this.#ranges[this.#position(index)];
    return range !== undefined && range.first <= index ? range.value : 0;
  }

  /** The start of the range at a position, -1 if there is none or it starts after `max`. */
  #startUpTo(at: number, max: number): number {
    const range = this.#ranges[at];
    return range === undefined || range.first > max ? -1 : range.first;
  }

  find(index: number, max: number): number {
    return this.#startUpTo(this.#position(index), max);
  }

  next(index: number, max: number): number {
    const at = this.#position(index);
    const range = this.#ranges[at];
    return this.#startUpTo(range !== undefined && range.first <= index ? at + 1 : at, max);
  }

  previous(index: number, min: number): number {
    const range = this.#ranges[this.#position(index) - 1];
    return range === undefined || range.last < min ? -1 : range.first;
  }

  lowestGap(size: number, min: number, max: number): number {
    const ranges = this.#ranges;
    let start = min;
    for (let at = this.#position(min); at < ranges.length; at++) {
      const range = ranges[at]!;
      if (range.first - start >= size || start + size - 1 > max) break;
      start = range.last + 1;
    }
    return start + size - 1 <= max ? start : -1;
  }

  highestGap(size: number, min: number, max: number): number {
    const ranges = this.#ranges;
    let end = max;
    let at = this.#position(max);
    if (at < ranges.length && ranges[at]!.first <= max) end = ranges[at]!.first - 1;
    while (end - min + 1 >= size) {
      at--;
      const low = at < 0 ? min : Math.max(min, ranges[at]!.last + 1);
      if (end - low + 1 >= size) return end - size + 1;
      if (at < 0) break;
      end = ranges[at]!.first - 1;
    }
    return -1;
  }

  checksum(): number {
    let checksum = 0;
    for (const { first, last, value } of this.#ranges) checksum = mix(checksum, first, last, value);
    return checksum;
  }

  duplicate(): RangeMap {
    return new SortedArray(this.#ranges.map((range) => ({ ...range })));
  }
}

/** A binary search, and a splice for every change. */
export const sortedArray: Peer = {
  name: "sorted array",
  alsoIn: ["recorded", "touching", "million"],
  scansForGaps: true,
  execute,
  create: () => new SortedArray(),
};
