/** Starts, ends and values in three sorted `Float64Array`s: the fastest lookup that a flat layout allows. */

import { execute } from "../operations.ts?sorted-float64-array";
import { mix, type Peer, type RangeMap } from "./range_map.ts";

class SortedFloat64Array implements RangeMap {
  #firsts: Float64Array<ArrayBuffer>;
  #lasts: Float64Array<ArrayBuffer>;
  #values: Float64Array<ArrayBuffer>;
  #length: number;

  constructor(
    firsts: Float64Array<ArrayBuffer> = new Float64Array(64),
    lasts: Float64Array<ArrayBuffer> = new Float64Array(64),
    values: Float64Array<ArrayBuffer> = new Float64Array(64),
    length = 0,
  ) {
    this.#firsts = firsts;
    this.#lasts = lasts;
    this.#values = values;
    this.#length = length;
  }

  /** Position of the first range that ends at or after `index`. */
  #position(index: number): number {
    const lasts = this.#lasts;
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lasts[middle]! < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves everything from `from` on to begin at `to`. */
  #move(from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#firsts.length) this.#grow();
    this.#firsts.copyWithin(to, from, this.#length);
    this.#lasts.copyWithin(to, from, this.#length);
    this.#values.copyWithin(to, from, this.#length);
    this.#length = length;
  }

  #grow(): void {
    const larger = (old: Float64Array<ArrayBuffer>) => {
      const array = new Float64Array(old.length * 2);
      array.set(old);
      return array;
    };
    this.#firsts = larger(this.#firsts);
    this.#lasts = larger(this.#lasts);
    this.#values = larger(this.#values);
  }

  #put(at: number, first: number, last: number, value: number): void {
    this.#firsts[at] = first;
    this.#lasts[at] = last;
    this.#values[at] = value;
  }

  store(first: number, last: number, value: number): void {
    const at = this.#position(first);
    if (at === this.#length || this.#firsts[at]! > last) {
      this.#move(at, at + 1);
      this.#put(at, first, last, value);
    } else if (this.#firsts[at] === first && this.#lasts[at] === last) {
      this.#values[at] = value;
    } else {
      this.#replace(at, first, last, value);
    }
  }

  clear(first: number, last: number): void {
    const at = this.#position(first);
    if (at < this.#length && this.#firsts[at]! <= last) this.#replace(at, first, last, 0);
  }

  /** Puts `value` (0 for nothing) over `[first, last]`, where `at` is the first range in the way. */
  #replace(at: number, first: number, last: number, value: number): void {
    let end = at;
    while (end < this.#length && this.#firsts[end]! <= last) end++;
    const leftFirst = this.#firsts[at]!;
    const leftValue = this.#values[at]!;
    const rightLast = this.#lasts[end - 1]!;
    const rightValue = this.#values[end - 1]!;
    const keepsLeft = leftFirst < first;
    const keepsRight = rightLast > last;
    const pieces = (keepsLeft ? 1 : 0) + (value === 0 ? 0 : 1) + (keepsRight ? 1 : 0);
    if (end !== at + pieces) this.#move(end, at + pieces);
    if (keepsLeft) this.#put(at++, leftFirst, first - 1, leftValue);
    if (value !== 0) this.#put(at++, first, last, value);
    if (keepsRight) this.#put(at, last + 1, rightLast, rightValue);
  }

  load(index: number): number {
    const at = this.#position(index);
    return at < this.#length && this.#firsts[at]! <= index ? this.#values[at]! : 0;
  }

  /** The start of the range at a position, -1 if there is none or it starts after `max`. */
  #startUpTo(at: number, max: number): number {
    return at < this.#length && this.#firsts[at]! <= max ? this.#firsts[at]! : -1;
  }

  find(index: number, max: number): number {
    return this.#startUpTo(this.#position(index), max);
  }

  next(index: number, max: number): number {
    const at = this.#position(index);
    const holds = at < this.#length && this.#firsts[at]! <= index;
    return this.#startUpTo(holds ? at + 1 : at, max);
  }

  previous(index: number, min: number): number {
    const at = this.#position(index) - 1;
    return at >= 0 && this.#lasts[at]! >= min ? this.#firsts[at]! : -1;
  }

  lowestGap(size: number, min: number, max: number): number {
    let start = min;
    for (let at = this.#position(min); at < this.#length; at++) {
      if (this.#firsts[at]! - start >= size || start + size - 1 > max) break;
      start = this.#lasts[at]! + 1;
    }
    return start + size - 1 <= max ? start : -1;
  }

  highestGap(size: number, min: number, max: number): number {
    const firsts = this.#firsts;
    const lasts = this.#lasts;
    let end = max;
    let at = this.#position(max);
    if (at < this.#length && firsts[at]! <= max) end = firsts[at]! - 1;
    while (end - min + 1 >= size) {
      at--;
      const low = at < 0 ? min : Math.max(min, lasts[at]! + 1);
      if (end - low + 1 >= size) return end - size + 1;
      if (at < 0) break;
      end = firsts[at]! - 1;
    }
    return -1;
  }

  checksum(): number {
    let checksum = 0;
    for (let i = 0; i < this.#length; i++) {
      checksum = mix(checksum, this.#firsts[i]!, this.#lasts[i]!, this.#values[i]!);
    }
    return checksum;
  }

  duplicate(): RangeMap {
    return new SortedFloat64Array(
      this.#firsts.slice(),
      this.#lasts.slice(),
      this.#values.slice(),
      this.#length,
    );
  }
}

/** A binary search over packed numbers, and three `copyWithin` for every change. */
export const sortedFloat64Array: Peer = {
  name: "sorted Float64Array",
  alsoIn: ["recorded", "touching", "million"],
  scansForGaps: true,
  execute,
  create: () => new SortedFloat64Array(),
};
