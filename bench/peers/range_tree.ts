/**
 * A range map on any ordered collection of {@linkcode Range}s sorted by their start: the peers that are libraries of
 * trees differ only in how they find, insert and remove one.
 *
 * Each peer imports this module under a query of its own (`./range_tree.ts?bintrees`) and so gets a copy of its own:
 * shared code would be compiled for all of them at once, and every call in it would be slower than it need be.
 *
 * @module
 */

import { mix, type Range, type RangeMap } from "./range_map.ts";

/** See the module. */
export abstract class RangeTree implements RangeMap {
  /** The last range that starts at or before `index`. */
  protected abstract floor(index: number): Range | undefined;
  /** The first range that starts after `index`. */
  protected abstract higher(index: number): Range | undefined;
  protected abstract insert(range: Range): void;
  protected abstract remove(range: Range): void;
  protected abstract forEach(visit: (range: Range) => void): void;

  /** Ranges upwards from the first one that starts after `index`. */
  protected *ascending(index: number): Iterable<Range> {
    for (let at = this.higher(index); at !== undefined; at = this.higher(at.first)) yield at;
  }

  /** Ranges downwards from the last one that starts at or before `index`. */
  protected *descending(index: number): Iterable<Range> {
    for (let at = this.floor(index); at !== undefined; at = this.floor(at.first - 1)) yield at;
  }

  /** Cuts the end of a range off. */
  protected shorten(range: Range, last: number): void {
    range.last = last;
  }

  load(index: number): number {
    const range = this.floor(index);
    return range !== undefined && range.last >= index ? range.value : 0;
  }

  find(index: number, max: number): number {
    let range = this.floor(index);
    if (range === undefined || range.last < index) range = this.higher(index);
    return range === undefined || range.first > max ? -1 : range.first;
  }

  next(index: number, max: number): number {
    const range = this.higher(index);
    return range === undefined || range.first > max ? -1 : range.first;
  }

  previous(index: number, min: number): number {
    let range = this.floor(index);
    if (range !== undefined && range.last >= index) range = this.floor(range.first - 1);
    return range === undefined || range.last < min ? -1 : range.first;
  }

  store(first: number, last: number, value: number): void {
    const range = this.floor(first);
    if (range !== undefined && range.last >= first) {
      if (range.first === first && range.last === last) {
        range.value = value;
        return;
      }
      this.#cut(range, first, last);
    }
    this.#clearFrom(first, last);
    this.insert({ first, last, value });
  }

  clear(first: number, last: number): void {
    const range = this.floor(first);
    if (range !== undefined && range.last >= first) this.#cut(range, first, last);
    this.#clearFrom(first, last);
  }

  /** Takes `[first, last]` out of a range that starts before it; one that starts at it is left for the rest. */
  #cut(range: Range, first: number, last: number): void {
    if (range.first === first) return;
    const rest = range.last;
    this.shorten(range, first - 1);
    if (rest > last) this.insert({ first: last + 1, last: rest, value: range.value });
  }

  /** Removes or trims every range that starts in `[first, last]`. */
  #clearFrom(first: number, last: number): void {
    for (;;) {
      const range = this.higher(first - 1);
      if (range === undefined || range.first > last) return;
      this.remove(range);
      if (range.last > last) {
        this.insert({ first: last + 1, last: range.last, value: range.value });
        return;
      }
    }
  }

  lowestGap(size: number, min: number, max: number): number {
    let start = min;
    const range = this.floor(min);
    if (range !== undefined && range.last >= min) start = range.last + 1;
    for (const range of this.ascending(start - 1)) {
      if (range.first - start >= size || start + size - 1 > max) break;
      start = range.last + 1;
    }
    return start + size - 1 <= max ? start : -1;
  }

  highestGap(size: number, min: number, max: number): number {
    let end = max;
    for (const range of this.descending(max)) {
      const low = Math.max(range.last + 1, min);
      if (end - low + 1 >= size) return end - size + 1;
      end = range.first - 1;
      if (end - min + 1 < size) return -1;
    }
    return end - min + 1 >= size ? end - size + 1 : -1;
  }

  checksum(): number {
    let checksum = 0;
    this.forEach(({ first, last, value }) => {
      checksum = mix(checksum, first, last, value);
    });
    return checksum;
  }
}
