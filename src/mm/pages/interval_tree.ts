/**
 * Intervals that may overlap, and which of them hold a point: what the reverse map looks VMAs up
 * in. Plays the part of `struct interval_tree` (Linux include/linux/interval_tree_generic.h), where
 * the kernel uses a red-black tree.
 *
 * This one has two levels: a list of blocks, each with up to 64 intervals side by side. Most have one block: a few
 * VMAs hang on an anon_vma, some hundred on a library. A search then passes over numbers that lie next to each other
 * in memory, where each node of a binary tree would have to be waited for.
 *
 * Invariants: over all blocks, intervals ascend by first point, and those with the same one are in the order in which
 * they came; no block is empty; a block's `reach` is the greatest last point in it, and a search leaves out a block
 * whose reach ends before what it looks for; `#blockOf` has each item's block, or is null where there is one block.
 *
 * @module
 */

/** Intervals of a block at most. */
const CAPACITY = 64;

/** Neighbours in the order of their first points: an item and its interval have the same position. */
interface Block<T> {
  readonly items: T[];
  readonly firsts: number[];
  readonly lasts: number[];
  reach: number;
}

/**
 * Items by interval.
 *
 * | method | complexity |
 * |---|---|
 * | `add`, `delete`, `move` | O(log n + 64) |
 * | `overlapping`, `some` | O(n / 64 + 64 + items found) |
 * | `finds`, `has` | O(64) |
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new IntervalTree<string>();
 * tree.add("text", 0, 9);
 * tree.add("data", 5, 20);
 * assertEquals([...tree.overlapping(7, 7)], ["text", "data"]);
 * ```
 */
export class IntervalTree<T> {
  readonly #blocks: Block<T>[] = [];
  #blockOf: Map<T, Block<T>> | null = null;
  #size = 0;

  /** Items in the tree. */
  get size(): number {
    return this.#size;
  }

  /** True if the item is in the tree. */
  has(item: T): boolean {
    return this.#find(item) !== undefined;
  }

  /**
   * Adds an item under `[first, last]`.
   *
   * @throws {RangeError} the interval ends before it begins, or the item is in the tree already
   */
  add(item: T, first: number, last: number): void {
    if (!(first <= last)) throw new RangeError(`Cannot add ${first}-${last}: it ends too early`);
    if (this.has(item)) throw new RangeError(`Cannot add ${first}-${last}: the item is there`);
    if (this.#size++ === 0) this.#blocks.push({ items: [], firsts: [], lasts: [], reach: last });
    const number = blockFor(this.#blocks, first);
    const block = this.#blocks[number]!;
    const { items, firsts, lasts } = block;
    let at = items.length;
    while (at > 0 && firsts[at - 1]! > first) at--;
    insert(items, at, item);
    insert(firsts, at, first);
    insert(lasts, at, last);
    if (last > block.reach) block.reach = last;
    this.#blockOf?.set(item, block);
    if (items.length > CAPACITY) this.#split(number);
  }

  /** Takes an item out; false if it was not in. */
  delete(item: T): boolean {
    const block = this.#find(item);
    if (block === undefined) return false;
    const at = block.items.indexOf(item);
    remove(block.items, at);
    remove(block.firsts, at);
    remove(block.lasts, at);
    this.#blockOf?.delete(item);
    this.#size--;
    if (block.items.length === 0) this.#blocks.splice(this.#blocks.indexOf(block), 1);
    else block.reach = greatest(block.lasts);
    if (this.#blocks.length < 2) this.#blockOf = null;
    return true;
  }

  /** Gives an item of the tree another interval. It keeps its place among those with the same first point. */
  move(item: T, first: number, last: number): void {
    const block = this.#find(item);
    if (block === undefined) return;
    const at = block.items.indexOf(item);
    if (block.firsts[at] !== first) {
      this.delete(item);
      this.add(item, first, last);
    } else if (block.lasts[at] !== last) {
      block.lasts[at] = last;
      block.reach = greatest(block.lasts);
    }
  }

  /**
   * Visits the items whose interval holds a point, by their first points, until `visit` answers true.
   *
   * @returns true if it did
   */
  some(point: number, visit: (item: T) => boolean): boolean {
    for (const { items, firsts, lasts, reach } of this.#blocks) {
      if (firsts[0]! > point) return false;
      if (reach < point) continue;
      for (let at = 0; at < items.length && firsts[at]! <= point; at++) {
        if (lasts[at]! >= point && visit(items[at]!)) return true;
      }
    }
    return false;
  }

  /** True if a search for `point` comes upon the item in its block; it need not be in the tree. */
  finds(item: T, point: number): boolean {
    const block = this.#blockOf === null ? this.#blocks[0] : this.#blockOf.get(item);
    if (block === undefined || block.reach < point) return false;
    const at = block.items.indexOf(item); // V8 compares several at once, faster than a search that stops early
    return at >= 0 && block.firsts[at]! <= point && block.lasts[at]! >= point;
  }

  /** The items whose interval shares a point with `[first, last]`, by their first points. */
  overlapping(first: number, last: number): T[] {
    const found: T[] = [];
    for (const { items, firsts, lasts, reach } of this.#blocks) {
      if (firsts[0]! > last) break;
      if (reach < first) continue;
      for (let at = 0; at < items.length && firsts[at]! <= last; at++) {
        if (lasts[at]! >= first) found.push(items[at]!);
      }
    }
    return found;
  }

  /** The block that holds an item. */
  #find(item: T): Block<T> | undefined {
    if (this.#blockOf !== null) return this.#blockOf.get(item);
    const block = this.#blocks[0];
    return block?.items.includes(item) ? block : undefined;
  }

  /** Moves the upper half of a block into one of its own. */
  #split(number: number): void {
    const { items, firsts, lasts } = this.#blocks[number]!;
    const half = items.length >> 1;
    const upper = {
      items: items.splice(half),
      firsts: firsts.splice(half),
      lasts: lasts.splice(half),
    };
    const lower = this.#blocks[number]!;
    lower.reach = greatest(lasts);
    const block = { ...upper, reach: greatest(upper.lasts) };
    this.#blocks.splice(number + 1, 0, block);
    this.#blockOf ??= new Map(items.map((item) => [item, lower]));
    for (const item of block.items) this.#blockOf.set(item, block);
  }
}

/** The position of the last block that begins at `first` or before; 0 if none does. O(log n). */
function blockFor<T>(blocks: readonly Block<T>[], first: number): number {
  let low = 0;
  let high = blocks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle]!.firsts[0]! <= first) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Makes room at a position of a list, without a list of what was removed. */
function insert<T>(list: T[], at: number, value: T): void {
  list.push(value);
  for (let to = list.length - 1; to > at; to--) list[to] = list[to - 1]!;
  list[at] = value;
}

function remove<T>(list: T[], at: number): void {
  for (let to = at; to < list.length - 1; to++) list[to] = list[to + 1]!;
  list.pop();
}

function greatest(numbers: readonly number[]): number {
  let most = numbers[0]!;
  for (const number of numbers) if (number > most) most = number;
  return most;
}
