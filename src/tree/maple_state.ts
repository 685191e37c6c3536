/**
 * The cursor as a caller holds it: the kernel's advanced interface, `struct ma_state` and the `mas_…()` functions.
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import * as check from "./check_index.ts";
import { Cursor, type CursorStatus, Status, statusName } from "./cursor.ts";
import * as area from "./empty_area.ts";
import { DENO_INSPECT, NODE_INSPECT, stateText } from "./inspect.ts";
import * as navigate from "./navigate.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import type { ReadSection } from "./rcu.ts";
import { nodesFor, nodesForEntries } from "./reserve.ts";
import * as storing from "./store.ts";
import type { NodeSupply, WriteState } from "./write_state.ts";

const { following, preceding } = arithmetic;

const { MAX_INDEX } = layout;
const { START, ACTIVE, PAUSE, ERROR } = Status;

// Functions too, as V8 looks up an imported one at each call, and seldom compiles it into the caller.
const { checkCount, checkIndex, checkRange } = check;
const { highestArea, lowestArea, setWindow } = area;
const { find, next, previous, walk } = navigate;
const { classify, store } = storing;

let makeState: <V>(
  pool: NodePool<V>,
  write: WriteState,
  first: number,
  last: number,
  section: ReadSection | undefined,
) => MapleState<V>;

/** A state of a tree, for `MapleTree` and its readers. Not part of the public module. */
export function stateAt<V>(
  pool: NodePool<V>,
  write: WriteState,
  first: number,
  last: number,
  section: ReadSection | undefined,
): MapleState<V> {
  return makeState(pool, write, first, last, section);
}

let cursorOfState: <V>(state: MapleState<V>) => Cursor<V>;

/** Where a state stands in the nodes, for tests. Not part of the public module. */
export function cursorOf<V>(state: MapleState<V>): Cursor<V> {
  return cursorOfState(state);
}

/**
 * A place in a tree, from which to move on: to the next entry, to the one before, to a store right there.
 *
 * A state survives any change of the tree, its own or others': if its leaf may have changed, it walks again from the
 * root to the index it holds.
 *
 * | method | what it does | complexity |
 * |---|---|---|
 * | `walk`, `load` | move to the range around `index` | O(height) |
 * | `find`, `next`, `previous` … | one step | O(1) amortised, O(height) after a change |
 * | `store`, `erase` | write the range `index … last` | O(height), and what is overwritten |
 * | `emptyArea…` | move to free space | O(height) mostly |
 * | `preallocate` | reserve nodes for one store | O(height) |
 *
 * Every limit and index is an integer in `0 … MAX_INDEX`; anything else is a `RangeError`, and nothing has changed.
 *
 * @example Removing every other range on the way
 * ```ts
 * import { MapleTree } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new MapleTree<string>();
 * for (const [i, name] of ["a", "b", "c", "d"].entries()) tree.store(i * 16, i * 16 + 7, name);
 * const state = tree.state(0);
 * for (let name = state.find(); name !== undefined; name = state.next()) {
 *   if (name === "b" || name === "d") state.erase();
 * }
 * assertEquals([...tree].map((entry) => entry.value), ["a", "c"]);
 * ```
 */
export class MapleState<V> implements Disposable {
  static {
    cursorOfState = (state) => state.#cursor;
    makeState = (pool, write, first, last, section) =>
      new MapleState(pool, write, first, last, section);
  }

  readonly #cursor: Cursor<V>;
  readonly #write: WriteState;
  #reserved = 0;
  #bulk = false;

  /** Made by `MapleTree.state()` and `TreeReader.state()`. */
  private constructor(
    pool: NodePool<V>,
    write: WriteState,
    first: number,
    last: number,
    section: ReadSection | undefined,
  ) {
    this.#cursor = new Cursor<V>(pool, first, last, section);
    this.#write = write;
  }

  /** First index of the range it stands on, or is set to. */
  get index(): number {
    return following(this.#cursor.before);
  }

  /** Last index of that range, inclusive. */
  get last(): number {
    return this.#cursor.last;
  }

  /** What the range means. */
  get status(): CursorStatus {
    return statusName(this.#cursor.status);
  }

  /** Nodes reserved for the next {@linkcode storePreallocated}, or left of {@linkcode expectEntries}. */
  get reserved(): number {
    return this.#reserved;
  }

  /**
   * Moves to another range, without walking there yet. Mirrors `mas_set_range()`.
   *
   * @param last default: `first`
   * @throws {RangeError} if an end is no index
   */
  set(first: number, last: number = first): void {
    checkIndex(first, "move to");
    if (last !== first) checkIndex(last, "move up to");
    const cursor = this.#cursor;
    cursor.before = preceding(first);
    cursor.last = last;
    cursor.status = START;
    cursor.version = -1;
  }

  /** Forgets where it stands, and keeps its range. Mirrors `mas_reset()`. */
  reset(): void {
    this.#cursor.status = START;
    this.#cursor.version = -1;
  }

  /** Pauses: the next step walks again from the root and resumes after `last` (backwards: before `index`). Mirrors
   * `mas_pause()`. */
  pause(): void {
    this.#cursor.status = PAUSE;
    this.#cursor.version = -1;
  }

  /** Moves to the range around `index`, empty or not, and gives its value. Mirrors `mas_walk()`. */
  walk(): V | undefined {
    const cursor = this.#cursor;
    return cursor.pool.decode(walk(cursor));
  }

  /** The value at `index`: {@linkcode walk} by its other name. */
  load(): V | undefined {
    return this.walk();
  }

  /**
   * The entry at or after `index` that starts at or before `max`; later calls continue after the entry found. Mirrors
   * `mas_find()`.
   *
   * @param max default: `MAX_INDEX`
   */
  find(max: number = MAX_INDEX): V | undefined {
    checkIndex(max, "find up to");
    const cursor = this.#cursor;
    return cursor.pool.decode(find(cursor, max));
  }

  /**
   * The entry at or before `index` that ends at or after `min`; later calls continue before the entry found. Mirrors
   * `mas_find_rev()`.
   *
   * @param min default: 0
   */
  findReverse(min: number = 0): V | undefined {
    checkIndex(min, "find down to");
    const cursor = this.#cursor;
    return cursor.pool.decode(navigate.findReverse(cursor, min));
  }

  /**
   * The next entry that starts at or before `max`. Mirrors `mas_next()`.
   *
   * @param max default: `MAX_INDEX`
   */
  next(max: number = MAX_INDEX): V | undefined {
    checkIndex(max, "go up to");
    const cursor = this.#cursor;
    return cursor.pool.decode(next(cursor, max));
  }

  /**
   * The previous entry that ends at or after `min`. Mirrors `mas_prev()`, also in that a tree whose only entry is at
   * index 0 gives it whatever `min` is.
   *
   * @param min default: 0
   */
  previous(min: number = 0): V | undefined {
    checkIndex(min, "go down to");
    const cursor = this.#cursor;
    return cursor.pool.decode(previous(cursor, min));
  }

  /** Like {@linkcode find}, stopping at empty ranges too. Mirrors `mas_find_range()`. */
  findRange(max: number = MAX_INDEX): V | undefined {
    checkIndex(max, "find up to");
    const cursor = this.#cursor;
    return cursor.pool.decode(navigate.findRange(cursor, max));
  }

  /** Like {@linkcode findReverse}, stopping at empty ranges too. Mirrors `mas_find_range_rev()`. */
  findRangeReverse(min: number = 0): V | undefined {
    checkIndex(min, "find down to");
    const cursor = this.#cursor;
    return cursor.pool.decode(navigate.findRangeReverse(cursor, min));
  }

  /** The next range, empty or not. Mirrors `mas_next_range()`. */
  nextRange(max: number = MAX_INDEX): V | undefined {
    checkIndex(max, "go up to");
    const cursor = this.#cursor;
    return cursor.pool.decode(navigate.nextRange(cursor, max));
  }

  /** The previous range, empty or not. Mirrors `mas_prev_range()`. */
  previousRange(min: number = 0): V | undefined {
    checkIndex(min, "go down to");
    const cursor = this.#cursor;
    return cursor.pool.decode(navigate.previousRange(cursor, min));
  }

  /**
   * Stores `value` over `index … last` and stands on it. Storing `undefined` clears the range; `index` and `last` are
   * then the whole empty range around it. Mirrors `mas_store_gfp()`.
   *
   * @throws {MapleError} EINVAL if `index > last` · ENOMEM; nothing has changed then, and the status is `error`
   */
  store(value: V | undefined): void {
    this.#store(value, this.#bulk ? "bulk" : "pool");
  }

  /**
   * Removes the whole range that holds `index`, gives its value and stands on the empty range that is left.
   * Mirrors `mas_erase()`.
   *
   * @throws {MapleError} ENOMEM; nothing has changed then
   */
  erase(): V | undefined {
    const value = this.walk();
    if (value !== undefined) this.#store(undefined, "pool");
    return value;
  }

  /**
   * Moves to the lowest free area of `size` indices within `min … max`, exactly that long. Mirrors
   * `mas_empty_area()`.
   *
   * @param size indices
   * @param min default: 0
   * @param max default: `MAX_INDEX`
   * @returns its first index; `undefined` if nothing that long is free
   * @throws {MapleError} EINVAL if `size` is 0 or larger than the window, or the tree tracks no gaps
   */
  emptyArea(size: number, min: number = 0, max: number = MAX_INDEX): number | undefined {
    const cursor = this.#cursor;
    setWindow(cursor, size, min, max);
    return lowestArea(cursor, size) ? following(cursor.before) : undefined;
  }

  /**
   * Moves to the highest free area of `size` indices within `min … max`. Mirrors `mas_empty_area_rev()`; arguments,
   * answer and errors as {@linkcode emptyArea}.
   */
  emptyAreaReverse(size: number, min: number = 0, max: number = MAX_INDEX): number | undefined {
    const cursor = this.#cursor;
    setWindow(cursor, size, min, max);
    return highestArea(cursor, size) ? following(cursor.before) : undefined;
  }

  /**
   * Reserves the nodes that storing `value` over `index … last` may take, so that one
   * {@linkcode storePreallocated} cannot fail. What was reserved before is given back. Mirrors
   * `mas_preallocate()`.
   *
   * @throws {MapleError} EINVAL if `index > last` · ENOMEM; nothing is reserved then
   */
  preallocate(value: V | undefined): void {
    checkRange(this.index, this.last);
    this.destroy();
    const write = this.#aim();
    const nothing = value === undefined;
    this.#reserve(nodesFor(write, classify(write, nothing), nothing));
  }

  /**
   * Stores `value` over `index … last` with the nodes reserved for it, and gives back the rest: a second
   * store needs its own {@linkcode preallocate}. Mirrors `mas_store_prealloc()`.
   *
   * @throws {MapleError} ENOMEM if this store may take more than was reserved, because it is another than the
   * one prepared; nothing has changed then
   */
  storePreallocated(value: V | undefined): void {
    this.#store(value, "prepared");
  }

  /** Gives back what is reserved and ends a bulk load; a second time it does nothing. Mirrors `mas_destroy()`. */
  destroy(): void {
    this.#cursor.pool.reserved -= this.#reserved;
    this.#reserved = 0;
    this.#bulk = false;
  }

  /** {@linkcode destroy}, for `using`. */
  [Symbol.dispose](): void {
    this.destroy();
  }

  /**
   * Readies a load of `count` entries in ascending order: nodes are reserved for them, each with an empty
   * range after it, and splits leave the left node fuller, until {@linkcode destroy}. Mirrors
   * `mas_expected_entries()`.
   *
   * @throws {RangeError} if `count` is no integer of 0 or more
   * @throws {MapleError} ENOMEM; nothing is reserved then
   */
  expectEntries(count: number): void {
    checkCount(count, MAX_INDEX, "expect", "entries");
    this.destroy();
    this.#reserve(nodesForEntries(this.#cursor.pool, count));
    this.#bulk = true;
  }

  /** What Deno's `console.log` prints. */
  [DENO_INSPECT](): string {
    return stateText(this);
  }

  /** What Node's `console.log` prints. */
  [NODE_INSPECT](): string {
    return stateText(this);
  }

  /** Writes, and stands on what was written. What a prepared store leaves of its reserve goes back; a bulk
   * load keeps it for the entries to come. */
  #store(value: V | undefined, supply: NodeSupply): void {
    const cursor = this.#cursor;
    checkRange(following(cursor.before), cursor.last);
    const { pool } = cursor;
    const promised = supply === "pool" ? 0 : this.#reserved;
    const used = pool.used;
    const write = this.#aim();
    try {
      store(write, value, supply, promised);
    } catch (error) {
      cursor.status = ERROR;
      cursor.version = -1;
      throw error;
    }
    if (supply !== "pool") {
      this.#reserved = supply === "bulk"
        ? Math.max(0, promised - Math.max(0, pool.used - used))
        : 0;
      pool.reserved += this.#reserved;
    }
    cursor.before = write.before;
    cursor.last = write.last;
    cursor.status = ACTIVE;
    cursor.version = -1;
  }

  #aim(): WriteState {
    this.#write.index = following(this.#cursor.before);
    this.#write.last = this.#cursor.last;
    return this.#write;
  }

  #reserve(count: number): void {
    const { pool } = this.#cursor;
    pool.ensure(count);
    pool.reserved += count;
    this.#reserved = count;
  }
}
