/**
 * The reference of the range map tests: a table with a cell for every key of a small window, written so that a reader
 * believes it at sight. A cell says what its key maps to, and which stored range it came from.
 *
 * @module
 */

import type { Equality, KeyRange, RangeEntry } from "../../src/range_map/types.ts";

/** What a key maps to. Cells of one stored range are one object. */
interface Cell {
  readonly value: string;
}

/** A range map of the keys `lowest … highest`. */
export class NaiveMap {
  readonly #cells: Map<number, Cell>;
  readonly lowest: number;
  readonly highest: number;
  readonly #equal: Equality<string> | undefined;

  constructor(
    window: KeyRange,
    equal: Equality<string> | undefined,
    cells: Map<number, Cell> = new Map(),
  ) {
    this.lowest = window.start;
    this.highest = window.end;
    this.#equal = equal;
    this.#cells = cells;
  }

  /** Whether two neighbouring keys belong to one entry. */
  #joined(a: Cell, b: Cell): boolean {
    return a === b || (this.#equal !== undefined && this.#equal(a.value, b.value));
  }

  /** The longest runs of keys of one entry. With an equality all of an entry have the value that was stored last. */
  get entries(): RangeEntry<string>[] {
    const entries: { start: number; end: number; value: string }[] = [];
    let before: Cell | undefined;
    for (let key = this.lowest; key < this.highest; key++) {
      const cell = this.#cells.get(key);
      if (cell !== undefined) {
        if (before !== undefined && this.#joined(before, cell)) entries.at(-1)!.end = key + 1;
        else entries.push({ start: key, end: key + 1, value: cell.value });
      }
      before = cell;
    }
    return entries;
  }

  get(key: number): string | undefined {
    return this.#cells.get(key)?.value;
  }

  getEntry(key: number): RangeEntry<string> | undefined {
    return this.entries.find(({ start, end }) => start <= key && key < end);
  }

  set(start: number, end: number, value: string): void {
    const equal = this.#equal;
    if (start === end) return;
    const touching = equal === undefined
      ? []
      : this.entries.filter((entry) =>
        entry.start <= end && entry.end >= start && equal(entry.value, value)
      );
    const cell = { value };
    for (const range of [{ start, end }, ...touching]) {
      for (let key = range.start; key < range.end; key++) this.#cells.set(key, cell);
    }
  }

  delete(start: number, end: number): void {
    for (let key = start; key < end; key++) this.#cells.delete(key);
  }

  overlapping(start: number, end: number): RangeEntry<string>[] {
    return this.entries.filter((entry) => entry.start < end && entry.end > start && start < end);
  }

  /** The longest runs of free keys in `start … end`. */
  gaps(start: number, end: number): KeyRange[] {
    const gaps: { start: number; end: number }[] = [];
    for (let key = start; key < end; key++) {
      if (this.#cells.has(key)) continue;
      if (gaps.at(-1)?.end === key) gaps.at(-1)!.end = key + 1;
      else gaps.push({ start: key, end: key + 1 });
    }
    return gaps;
  }

  /** Every place where `size` keys are free, ascending. */
  places(size: number, start: number, end: number, align: number): number[] {
    const places: number[] = [];
    for (let at = start; at + size <= end; at++) {
      let free = at % align === 0;
      for (let key = at; key < at + size; key++) free &&= !this.#cells.has(key);
      if (free) places.push(at);
    }
    return places;
  }

  update(
    start: number,
    end: number,
    change: (value: string | undefined) => string | undefined,
  ): void {
    const pieces = [
      ...this.overlapping(start, end).map((entry) => ({
        start: Math.max(start, entry.start),
        end: Math.min(end, entry.end),
        value: entry.value,
      })),
      ...this.gaps(start, end).map((gap) => ({ ...gap, value: undefined })),
    ].sort((a, b) => a.start - b.start);
    for (const piece of pieces) {
      const value = change(piece.value);
      if (value === undefined) this.delete(piece.start, piece.end);
      else if (value !== piece.value) this.set(piece.start, piece.end, value);
    }
  }

  clone(): NaiveMap {
    const window = { start: this.lowest, end: this.highest };
    return new NaiveMap(window, this.#equal, new Map(this.#cells));
  }
}
