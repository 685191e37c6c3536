/**
 * Values by page number, in order: a table of tables, as page tables are.
 *
 * ```
 *   page number ──▶ its upper bits ──▶ leaf of 16 slots ──▶ its lower 4 bits ──▶ value
 * ```
 * Memory is mapped in long runs, so neighbours share a leaf: a look-up beside the last one finds it at once, a range is
 * passed by whole leaves, and an empty leaf goes. Programs touch a page here and there, so most leaves hold one value
 * or two, which is why they are no longer.
 *
 * Invariants: `size` is the number of values; a leaf's `used` that of its values, never 0 in the table; `#last` is the
 * leaf `#lastNumber`, undefined if there is none.
 *
 * @module
 */

/** Slots of a leaf. */
const SLOTS = 16;

/** Values of 16 neighbours. */
interface Leaf<T> {
  readonly values: (T | undefined)[];
  used: number;
}

/**
 * Values by whole number from 0 on.
 *
 * | method | complexity |
 * |---|---|
 * | `get`, `has`, `set`, `delete` | O(1) |
 * | `keysIn` | O(the lesser of leaves in the range and leaves, and the values in it) |
 * | `keys`, `values`, iteration | O(n + leaves log leaves) |
 *
 * @example Keys come in order, however they were set
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const table = new RadixTable<string>();
 * table.set(0x7_ffff_fffe, "stack");
 * table.set(0x400, "text");
 * assertEquals([...table.keys()], [0x400, 0x7_ffff_fffe]);
 * assertEquals(table.keysIn(0, 0x400), [0x400]);
 * ```
 */
export class RadixTable<T extends NonNullable<unknown>> {
  readonly #leaves = new Map<number, Leaf<T>>();
  /** Values that were set or taken away so far: as long as it stays, so does the table. */
  changes = 0;
  #size = 0;
  #last: Leaf<T> | undefined;
  #lastNumber = -1;

  /** Values in the table. */
  get size(): number {
    return this.#size;
  }

  /** The value of a key, undefined if it has none. */
  get(key: number): T | undefined {
    const number = Math.floor(key / SLOTS);
    return this.#leaf(number)?.values[key - number * SLOTS];
  }

  /** True if the key has a value. */
  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  /** Gives a key its value. */
  set(key: number, value: T): void {
    const number = Math.floor(key / SLOTS);
    const leaf = this.#leaf(number) ?? this.#newLeaf(number);
    const slot = key - number * SLOTS;
    if (leaf.values[slot] === undefined) {
      leaf.used++;
      this.#size++;
    }
    leaf.values[slot] = value;
    this.changes++;
  }

  /** Takes the value of a key away; false if it has none. */
  delete(key: number): boolean {
    const number = Math.floor(key / SLOTS);
    const leaf = this.#leaf(number);
    const slot = key - number * SLOTS;
    if (leaf?.values[slot] === undefined) return false;
    leaf.values[slot] = undefined;
    leaf.used--;
    this.#size--;
    this.changes++;
    if (leaf.used > 0) return true;
    this.#leaves.delete(number);
    this.#last = undefined;
    return true;
  }

  /** The keys in `[first, last]` that have a value, ascending. */
  keysIn(first: number, last: number): number[] {
    const keys: number[] = [];
    const from = Math.floor(first / SLOTS);
    const to = Math.floor(last / SLOTS);
    if (to - from < this.#leaves.size) {
      for (let number = from; number <= to; number++) {
        addKeys(this.#leaves.get(number), number, first, last, keys);
      }
      return keys;
    }
    for (const number of this.#numbers()) {
      if (from <= number && number <= to) {
        addKeys(this.#leaves.get(number), number, first, last, keys);
      }
    }
    return keys;
  }

  /** All keys, ascending. */
  keys(): number[] {
    return this.keysIn(0, Number.MAX_SAFE_INTEGER);
  }

  /** All values, by their keys. The table must not change meanwhile. */
  *values(): IterableIterator<T> {
    for (const number of this.#numbers()) {
      for (const value of this.#leaves.get(number)!.values) if (value !== undefined) yield value;
    }
  }

  /** All keys with their values, by their keys. The table must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<[key: number, value: T]> {
    for (const key of this.keys()) yield [key, this.get(key)!];
  }

  #leaf(number: number): Leaf<T> | undefined {
    if (number === this.#lastNumber) return this.#last;
    this.#lastNumber = number;
    return this.#last = this.#leaves.get(number);
  }

  /** A leaf in the place of none, which was just looked for. */
  #newLeaf(number: number): Leaf<T> {
    const leaf = { values: noValues<T>(), used: 0 };
    this.#leaves.set(number, leaf);
    return this.#last = leaf;
  }

  #numbers(): number[] {
    return [...this.#leaves.keys()].sort((a, b) => a - b);
  }
}

/** {@linkcode SLOTS} times undefined; a literal, which V8 makes in a fourth of the time. */
function noValues<T>(): (T | undefined)[] {
  const none = undefined;
  // deno-fmt-ignore
  return [
    none, none, none, none, none, none, none, none,
    none, none, none, none, none, none, none, none,
  ];
}

/** Puts the keys of a leaf that lie in `[first, last]` at the end of a list. */
function addKeys<T>(
  leaf: Leaf<T> | undefined,
  number: number,
  first: number,
  last: number,
  keys: number[],
): void {
  if (leaf === undefined) return;
  const base = number * SLOTS;
  const end = Math.min(SLOTS - 1, last - base);
  for (let slot = Math.max(0, first - base); slot <= end; slot++) {
    if (leaf.values[slot] !== undefined) keys.push(base + slot);
  }
}
