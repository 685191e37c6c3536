/**
 * The reference of every tree test: ranges in one sorted array, written so that a reader believes it at sight.
 *
 * Invariants: `first ≤ last` in every entry; entries rise and never overlap; no value is `undefined`.
 * Neighbours with the same value stay apart, as in the maple tree. A change costs as much as the entries behind it.
 *
 * @module
 */

/** The index maximum, as in the tree. */
export const MAX_INDEX = Number.MAX_SAFE_INTEGER;

/** One range and what it holds; both ends belong to it. */
export interface NaiveEntry<V> {
  readonly first: number;
  readonly last: number;
  readonly value: V;
}

/** What the tree refuses with a `MapleError`; `code` is the kernel's name of the error. */
export class NaiveError extends Error {
  override readonly name = "NaiveError";
  readonly code: "EBUSY" | "EEXIST" | "EINVAL";

  constructor(code: "EBUSY" | "EEXIST" | "EINVAL") {
    super(code);
    this.code = code;
  }
}

/** Range map with the answers of `MapleTree`. Arguments are indices; nobody checks that they are safe integers. */
export class NaiveRangeMap<V> {
  #entries: NaiveEntry<V>[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** Position of the first entry that ends at or after `index`, `size` if none does. */
  #position(index: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.last < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The entry that holds `index`. */
  entryAt(index: number): NaiveEntry<V> | undefined {
    const entry = this.#entries[this.#position(index)];
    return entry !== undefined && entry.first <= index ? entry : undefined;
  }

  /** The range around `index` between its neighbours, empty or not: what a walk of the tree reports. */
  rangeAt(index: number): { first: number; last: number; value: V | undefined } {
    const position = this.#position(index);
    const entry = this.#entries[position];
    if (entry !== undefined && entry.first <= index) return { ...entry };
    const before = this.#entries[position - 1];
    return {
      first: before === undefined ? 0 : before.last + 1,
      last: entry === undefined ? MAX_INDEX : entry.first - 1,
      value: undefined,
    };
  }

  load(index: number): V | undefined {
    return this.entryAt(index)?.value;
  }

  store(first: number, last: number, value: V | undefined): void {
    if (first > last) throw new NaiveError("EINVAL");
    const start = this.#position(first);
    let end = start;
    const replacement: NaiveEntry<V>[] = [];
    while (end < this.size && this.#entries[end]!.first <= last) end++;
    const covered = this.#entries.slice(start, end);
    const left = covered.at(0);
    const right = covered.at(-1);
    if (left !== undefined && left.first < first) replacement.push({ ...left, last: first - 1 });
    if (value !== undefined) replacement.push({ first, last, value });
    if (right !== undefined && right.last > last) replacement.push({ ...right, first: last + 1 });
    this.#entries.splice(start, end - start, ...replacement);
  }

  insert(first: number, last: number, value: V): void {
    if (first > last) throw new NaiveError("EINVAL");
    if (this.find(first, last) !== undefined) throw new NaiveError("EEXIST");
    this.store(first, last, value);
  }

  erase(index: number): V | undefined {
    const entry = this.entryAt(index);
    if (entry !== undefined) this.store(entry.first, entry.last, undefined);
    return entry?.value;
  }

  find(index: number, max: number = MAX_INDEX): NaiveEntry<V> | undefined {
    if (index > max) return undefined;
    const entry = this.#entries[this.#position(index)];
    return entry !== undefined && entry.first <= max ? entry : undefined;
  }

  findReverse(index: number, min = 0): NaiveEntry<V> | undefined {
    if (index < min) return undefined;
    return this.entryAt(index) ?? this.previous(index, min);
  }

  next(index: number, max: number = MAX_INDEX): NaiveEntry<V> | undefined {
    const position = this.#position(index);
    const entry = this.#entries[this.load(index) === undefined ? position : position + 1];
    return entry !== undefined && entry.first <= max ? entry : undefined;
  }

  previous(index: number, min = 0): NaiveEntry<V> | undefined {
    const entry = this.#entries[this.#position(index) - 1];
    return entry !== undefined && entry.last >= min ? entry : undefined;
  }

  /** Free ranges, cut to `[min, max]`, ascending. */
  *#gaps(min: number, max: number): Generator<{ first: number; last: number }> {
    let first = min;
    for (let i = this.#position(min); i < this.size && this.#entries[i]!.first <= max; i++) {
      const entry = this.#entries[i]!;
      if (first < entry.first) yield { first, last: entry.first - 1 };
      first = Math.max(first, entry.last + 1);
    }
    if (first <= max) yield { first, last: max };
  }

  #emptyAreas(size: number, min: number, max: number): { first: number; last: number }[] {
    if (min > max || size < 1 || size - 1 > max - min) throw new NaiveError("EINVAL");
    const fitting = [...this.#gaps(min, max)].filter(({ first, last }) => last - first >= size - 1);
    return fitting;
  }

  emptyArea(size: number, min: number, max: number): number | undefined {
    return this.#emptyAreas(size, min, max).at(0)?.first;
  }

  emptyAreaReverse(size: number, min: number, max: number): number | undefined {
    const area = this.#emptyAreas(size, min, max).at(-1);
    return area && area.last - size + 1;
  }

  allocate(value: V, size: number, min: number, max: number): number {
    const first = this.emptyArea(size, min, max);
    if (first === undefined) throw new NaiveError("EBUSY");
    this.store(first, first + size - 1, value);
    return first;
  }

  allocateReverse(value: V, size: number, min: number, max: number): number {
    const first = this.emptyAreaReverse(size, min, max);
    if (first === undefined) throw new NaiveError("EBUSY");
    this.store(first, first + size - 1, value);
    return first;
  }

  *entries(first = 0, last: number = MAX_INDEX): Generator<NaiveEntry<V>> {
    for (let i = this.#position(first); i < this.size && this.#entries[i]!.first <= last; i++) {
      yield this.#entries[i]!;
    }
  }

  [Symbol.iterator](): Generator<NaiveEntry<V>> {
    return this.entries();
  }

  /** True if the condition holds for all entries; they are passed in ascending order, up to the first that fails. */
  every(condition: (entry: NaiveEntry<V>) => boolean): boolean {
    return this.#entries.every(condition);
  }

  clear(): void {
    this.#entries = [];
  }

  /** A map that holds the same. */
  duplicate(): NaiveRangeMap<V> {
    const copy = new NaiveRangeMap<V>();
    copy.become(this);
    return copy;
  }

  /** Holds what another map holds. */
  protected become(other: NaiveRangeMap<V>): void {
    this.#entries = [...other.#entries];
  }
}
