/**
 * The cursor as a caller holds it: the kernel's advanced interface, `struct ma_state` and the `mas_…()` functions.
 *
 * @module
 */

import { highestArea, lowestArea, setWindow } from "./empty_area.ts";
import { Cursor, Standing } from "./cursor.ts";
import { checkIndex, checkRange } from "./check_index.ts";
import type { ReadSection } from "./rcu.ts";
import * as navigate from "./navigate.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import { nodesFor, nodesForEntries, worstCase } from "./reserve.ts";
import { classify, store } from "./store.ts";
import type { NodeSupply, WriteState } from "./write_state.ts";

const { MAX_INDEX } = layout;
const { START, ACTIVE, PAUSE, ERROR } = Standing;

/**
 * A place in a tree, from which one goes on: to the next entry, to the one before, to a store right there.
 *
 * A state survives any change of the tree, its own or others': when what it stood on may have moved it
 * walks again from the root to the index it holds.
 *
 * | method | what it does | complexity |
 * |---|---|---|
 * | `walk`, `load` | stand on the range around `index` | O(height) |
 * | `find`, `next`, `previous` … | one step | O(1) amortised, O(height) after a change |
 * | `store`, `erase` | write the range `index … last` | O(height) |
 * | `emptyArea…` | stand on free space | O(height) mostly |
 * | `preallocate` | reserve nodes for one store | O(height) |
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
export class MapleState<V> extends Cursor<V> {
  readonly #write: WriteState;
  #reserved = 0;
  #bulk = false;

  /** Made by `MapleTree.state()`. */
  constructor(
    pool: NodePool<V>,
    write: WriteState,
    first: number,
    last: number,
    section: ReadSection | undefined,
  ) {
    super(pool, first, last, section);
    this.#write = write;
  }

  /** Nodes reserved for the next {@linkcode storePreallocated}, or left of {@linkcode expectEntries}. */
  get reserved(): number {
    return this.#reserved;
  }

  /**
   * Moves to another range, without walking there yet. Mirrors `mas_set_range()`.
   *
   * @throws {RangeError} if an end is no index
   */
  set(first: number, last: number = first): void {
    checkIndex(first);
    if (last !== first) checkIndex(last);
    this.index = first;
    this.last = last;
    this.standing = START;
    this.version = -1;
  }

  /** Forgets where it stands, not which range it holds. Mirrors `mas_reset()`. */
  reset(): void {
    this.standing = START;
    this.version = -1;
  }

  /** Lets go: going on means behind `last`, or in front of `index`. Mirrors `mas_pause()`. */
  pause(): void {
    this.standing = PAUSE;
    this.version = -1;
  }

  /** Stands on the range around `index`, empty or not, and gives its value. Mirrors `mas_walk()`. */
  walk(): V | undefined {
    return this.pool.decode(navigate.walk(this));
  }

  /** The value at `index`: {@linkcode walk} by its other name. */
  load(): V | undefined {
    return this.pool.decode(navigate.walk(this));
  }

  /** The entry at `index` or behind it that starts at or before `max`; later calls go on behind the
   * entry found. Mirrors `mas_find()`. */
  find(max: number = MAX_INDEX): V | undefined {
    checkIndex(max);
    return this.pool.decode(navigate.find(this, max));
  }

  /** The entry at `index` or in front of it that ends at or after `min`; later calls go on in front of the
   * entry found. Mirrors `mas_find_rev()`. */
  findReverse(min: number = 0): V | undefined {
    checkIndex(min);
    return this.pool.decode(navigate.findReverse(this, min));
  }

  /** The next entry that starts at or before `max`. Mirrors `mas_next()`. */
  next(max: number = MAX_INDEX): V | undefined {
    checkIndex(max);
    return this.pool.decode(navigate.next(this, max));
  }

  /** The previous entry that ends at or after `min`. Mirrors `mas_prev()`. */
  previous(min: number = 0): V | undefined {
    checkIndex(min);
    return this.pool.decode(navigate.previous(this, min));
  }

  /** Like {@linkcode find}, stopping at empty ranges too. Mirrors `mas_find_range()`. */
  findRange(max: number = MAX_INDEX): V | undefined {
    checkIndex(max);
    return this.pool.decode(navigate.findRange(this, max));
  }

  /** Like {@linkcode findReverse}, stopping at empty ranges too. Mirrors `mas_find_range_rev()`. */
  findRangeReverse(min: number = 0): V | undefined {
    checkIndex(min);
    return this.pool.decode(navigate.findRangeReverse(this, min));
  }

  /** The next range, empty or not. Mirrors `mas_next_range()`. */
  nextRange(max: number = MAX_INDEX): V | undefined {
    checkIndex(max);
    return this.pool.decode(navigate.nextRange(this, max));
  }

  /** The previous range, empty or not. Mirrors `mas_prev_range()`. */
  previousRange(min: number = 0): V | undefined {
    checkIndex(min);
    return this.pool.decode(navigate.previousRange(this, min));
  }

  /**
   * Stores `value` over `index … last` and stands on it. Storing `undefined` stores nothing; `index` and `last`
   * are then the whole empty range around it. Mirrors `mas_store_gfp()`.
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
   * Stands on the lowest free area of `size` indices within `min … max`, exactly that long. Mirrors
   * `mas_empty_area()`.
   *
   * @throws {MapleError} EINVAL if `size` is 0 or larger than the window, or the tree tracks no gaps · EBUSY
   * if nothing fits
   */
  emptyArea(size: number, min: number = 0, max: number = MAX_INDEX): void {
    setWindow(this, size, min, max);
    lowestArea(this, size);
  }

  /** Stands on the highest such area. Mirrors `mas_empty_area_rev()`; errors as {@linkcode emptyArea}. */
  emptyAreaReverse(size: number, min: number = 0, max: number = MAX_INDEX): void {
    setWindow(this, size, min, max);
    highestArea(this, size);
  }

  /**
   * Reserves the nodes that storing `value` over `index … last` may take, so that one
   * {@linkcode storePreallocated} cannot fail. What was reserved before is given back. Mirrors
   * `mas_preallocate()`.
   *
   * @param worst reserve for any store into a tree of this height, as Linux 6.1 did
   * @throws {MapleError} ENOMEM; nothing is reserved then
   */
  preallocate(value: V | undefined, worst: boolean = false): void {
    checkRange(this.index, this.last);
    this.destroy();
    const write = this.#aim();
    const type = classify(write, value === undefined);
    const count = worst ? worstCase(this.pool) : nodesFor(write, type, value === undefined);
    this.#reserve(count);
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

  /** Gives back what is reserved and ends a bulk load. Mirrors `mas_destroy()`. */
  destroy(): void {
    this.pool.reserved -= this.#reserved;
    this.#reserved = 0;
    this.#bulk = false;
  }

  /**
   * Readies a load of `count` entries in ascending order: nodes are reserved for them, each with an empty
   * range behind it, and splits leave the left node fuller, until {@linkcode destroy}. Mirrors
   * `mas_expected_entries()`.
   *
   * @throws {MapleError} ENOMEM; nothing is reserved then
   */
  expectEntries(count: number): void {
    this.destroy();
    this.#reserve(nodesForEntries(this.pool, count));
    this.#bulk = true;
  }

  /** Writes, and stands on what was written. What a prepared store leaves of its reserve goes back; a bulk
   * load keeps it for the entries to come. */
  #store(value: V | undefined, supply: NodeSupply): void {
    checkRange(this.index, this.last);
    const { pool } = this;
    const promised = supply === "pool" ? 0 : this.#reserved;
    const used = pool.used;
    const write = this.#aim();
    try {
      store(write, value, supply, promised);
    } catch (error) {
      this.standing = ERROR;
      this.version = -1;
      throw error;
    }
    if (supply !== "pool") {
      this.#reserved = supply === "bulk"
        ? Math.max(0, promised - Math.max(0, pool.used - used))
        : 0;
      pool.reserved += this.#reserved;
    }
    this.before = write.before;
    this.last = write.last;
    this.standing = ACTIVE;
    this.version = -1;
  }

  #aim(): WriteState {
    this.#write.index = this.index;
    this.#write.last = this.last;
    return this.#write;
  }

  #reserve(count: number): void {
    this.pool.ensure(count);
    this.pool.reserved += count;
    this.#reserved = count;
  }
}
