/**
 * The maple tree: ranges of indices, each with a value, in order.
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import * as area from "./empty_area.ts";
import { Cursor, Status } from "./cursor.ts";
import * as check from "./check_index.ts";
import { compact } from "./compact.ts";
import { dump } from "./dump.ts";
import { hexRange } from "../abi/hex.ts";
import { MapleError } from "./errors.ts";
import { DENO_INSPECT, NODE_INSPECT, treeText } from "./inspect.ts";
import { checkOpen, type ReadSection } from "./rcu.ts";
import { type MapleState, stateAt } from "./maple_state.ts";
import * as navigate from "./navigate.ts";
import * as layout from "./node_layout.ts";
import { MAX_NODES, NodeBudget, NodePool } from "./node_pool.ts";
import * as search from "./search.ts";
import type { SharedTree } from "./shared_reader.ts";
import { statistics, type TreeStatistics } from "./statistics.ts";
import * as storing from "./store.ts";
import { validate } from "./checks/validate.ts";
import { WriteState } from "./write_state.ts";

const { following } = arithmetic;

const { HEIGHT_MASK, MAX_INDEX, ROOT } = layout;
const { START } = Status;
const { checkCount, checkIndex, checkRange } = check;
const { highestArea, lowestArea, setWindow } = area;
const { find, next, previous, walk } = navigate;
const { entryAt } = search;
const { store } = storing;

/** How a tree is made. */
export interface MapleTreeOptions {
  /** Track free space, so that `emptyArea` and `allocate` work: `MT_FLAGS_ALLOC_RANGE`. Default `false`. */
  readonly gaps?: boolean;
  /** Allow readers beside a writer: `MT_FLAGS_USE_RCU`. Default `false`. */
  readonly rcu?: boolean;
  /** Keep the tree in shared memory, where readers in workers can reach it by {@linkcode MapleTree.share}. It then
   * holds numbers, has `rcu`, and room for `maxNodes` nodes, which must be given. Default `false`. */
  readonly shared?: boolean;
  /** The most nodes the tree may use at once; a store that might need more fails with ENOMEM. Default: no limit. */
  readonly maxNodes?: number;
  /** What requests for nodes are charged to; a store that asks for more than is left fails with ENOMEM. */
  readonly budget?: NodeBudget;
}

/** A range and its value. */
export interface Entry<V> {
  /** First index. */
  readonly first: number;
  /** Last index, inclusive. */
  readonly last: number;
  /** What is stored there. */
  readonly value: V;
}

/** A reader beside a writer: what it has met is not reused until it is closed. */
export interface TreeReader<V> extends Disposable {
  /** A state at `first … last` that reads under this reader's protection.
   *
   * @param first default: 0
   * @param last default: `first`
   * @throws {RangeError} if an end is no index
   * @throws {MapleError} EINVAL if the reader is closed
   */
  state(first?: number, last?: number): MapleState<V>;
}

let nodesOf: <V>(tree: MapleTree<V>) => NodePool<V>;

/** The nodes of a tree, for what looks into them: checks, the explorer, tests. Not part of the public module. */
export function poolOf<V>(tree: MapleTree<V>): NodePool<V> {
  return nodesOf(tree);
}

let writeOf: (tree: MapleTree<unknown>) => WriteState;

/** The write state of a tree, for a room that stores by itself. Not part of the public module. */
export function writeStateOf<V>(tree: MapleTree<V>): WriteState {
  return writeOf(tree);
}

/**
 * An ordered map from ranges of indices to values: the Linux maple tree.
 *
 * Ranges are inclusive, `[first, last]`, of integers in `0 … MAX_INDEX`. A value is anything but `undefined`, which
 * means nothing. Storing overwrites; ranges with the same value are not joined. Every call that fails leaves the
 * tree as it was.
 *
 * | method | what it does | complexity |
 * |---|---|---|
 * | `load` | the value at an index | O(log n) |
 * | `store`, `insert`, `erase` | write | O(log n), and what is overwritten |
 * | `find`, `next`, `previous` | the entry at, after, before an index | O(log n) |
 * | `emptyArea`, `emptyAreaReverse`, `allocate…` | free space, lowest or highest fit | O(log n) mostly |
 * | `entries` | all entries in order | O(n) |
 * | `duplicate` | an independent copy | O(nodes), one copy of memory |
 * | `size`, `height` | ranges, levels of nodes | O(1) |
 * | `statistics`, `validate`, `dump`, `compact` | the whole tree | O(nodes) |
 *
 * @example Storing, overwriting, loading
 * ```ts
 * import { MapleTree } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new MapleTree<string>();
 * tree.store(0x1000, 0x4fff, "heap");
 * tree.store(0x2000, 0x2fff, "guard");
 * assertEquals(tree.load(0x1fff), "heap");
 * assertEquals(tree.load(0x2000), "guard");
 * assertEquals(tree.find(0x2800), { first: 0x2000, last: 0x2fff, value: "guard" });
 * assertEquals(tree.size, 3);
 * ```
 *
 * @example Finding free space
 * ```ts
 * import { MapleTree } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new MapleTree<string>({ gaps: true });
 * tree.store(0x3000, 0x3fff, "library");
 * assertEquals(tree.emptyAreaReverse(0x1000, 0, 0x4fff), 0x4000);
 * assertEquals(tree.allocateReverse("stack", 0x2000, 0, 0x4fff), 0x1000);
 * ```
 */
export class MapleTree<V> {
  static {
    nodesOf = (tree) => tree.#pool;
    writeOf = (tree) => tree.#write;
  }

  #pool: NodePool<V>;
  #write: WriteState;
  #cursor: Cursor;

  /**
   * An empty tree.
   *
   * @throws {RangeError} if `maxNodes` is no whole number of nodes, or is not given for a tree in shared memory
   */
  constructor(options: MapleTreeOptions = {}) {
    const shared = options.shared ?? false;
    const limit = options.maxNodes ?? Infinity;
    if (shared && limit === Infinity) {
      throw new RangeError("Cannot make a tree in shared memory: `maxNodes` must say how large");
    }
    if (limit !== Infinity) checkCount(limit, MAX_NODES, "make a tree of", "nodes");
    this.#pool = new NodePool<V>({
      gaps: options.gaps ?? false,
      rcu: shared || (options.rcu ?? false),
      shared,
      limit,
      budget: options.budget ?? new NodeBudget(),
    });
    this.#write = new WriteState(this.#pool);
    this.#cursor = new Cursor(this.#pool, 0, 0, undefined);
  }

  /**
   * The value at `index`, `undefined` if there is none. Mirrors `mtree_load()`.
   *
   * @throws {RangeError} if `index` is no index
   */
  load(index: number): V | undefined {
    checkIndex(index, "load");
    return this.#pool.decode(entryAt(this.#pool, index));
  }

  /**
   * Stores `value` over `first … last`, whatever was there; `undefined` clears the range. Mirrors
   * `mtree_store_range()`.
   *
   * @throws {RangeError} if an end is no index
   * @throws {MapleError} EINVAL if `first > last` · ENOMEM
   */
  store(first: number, last: number, value: V | undefined): void {
    checkRange(first, last);
    this.#write.index = first;
    this.#write.last = last;
    store(this.#write, value, "pool", 0);
  }

  /**
   * Stores `value` over `first … last` if nothing is there. Mirrors `mtree_insert_range()`.
   *
   * @throws {RangeError} if an end is no index
   * @throws {MapleError} EEXIST if an index is occupied · EINVAL if `first > last` · ENOMEM
   */
  insert(first: number, last: number, value: V): void {
    checkRange(first, last);
    const cursor = this.#aim(first);
    if (walk(cursor) !== 0 || cursor.last < last) {
      throw new MapleError("EEXIST", `Cannot insert at ${hexRange(first, last)}: it is occupied`);
    }
    this.store(first, last, value);
  }

  /**
   * Removes the whole range that holds `index` and gives its value. Mirrors `mtree_erase()`.
   *
   * @throws {RangeError} if `index` is no index
   * @throws {MapleError} ENOMEM
   */
  erase(index: number): V | undefined {
    checkIndex(index, "erase");
    const cursor = this.#aim(index);
    const word = walk(cursor);
    if (word === 0) return undefined;
    const value = this.#pool.decode(word);
    this.store(cursor.index, cursor.last, undefined);
    return value;
  }

  /**
   * Stores `value` over the lowest free area of `size` indices within `min … max`, and gives its first index.
   * Mirrors `mtree_alloc_range()`.
   *
   * @param size indices
   * @param min default: 0
   * @param max default: `MAX_INDEX`
   * @throws {RangeError} if a number is no index
   * @throws {MapleError} EINVAL if `size` is 0 or does not fit the window, or the tree tracks no gaps · EBUSY if
   * nothing that long is free · ENOMEM
   */
  allocate(value: V, size: number, min: number = 0, max: number = MAX_INDEX): number {
    const first = this.emptyArea(size, min, max) ?? this.#refuseArea(size, min, max);
    this.store(first, first + size - 1, value);
    return first;
  }

  /**
   * Stores `value` over the highest free area of `size` indices within `min … max`, and gives its first index. Mirrors
   * `mtree_alloc_rrange()`; arguments and errors as {@linkcode allocate}.
   */
  allocateReverse(value: V, size: number, min: number = 0, max: number = MAX_INDEX): number {
    const first = this.emptyAreaReverse(size, min, max) ?? this.#refuseArea(size, min, max);
    this.store(first, first + size - 1, value);
    return first;
  }

  /**
   * The first entry at or after `index` that starts at or before `max`. Mirrors `mt_find()`.
   *
   * @param max default: `MAX_INDEX`
   * @throws {RangeError} if an argument is no index
   */
  find(index: number, max: number = MAX_INDEX): Entry<V> | undefined {
    checkIndex(index, "find from");
    checkIndex(max, "find up to");
    return this.#entry(find(this.#aim(index), max));
  }

  /**
   * The first entry strictly after the range that holds `index` that starts at or before `max`. Mirrors `mt_next()`.
   *
   * @param max default: `MAX_INDEX`
   * @throws {RangeError} if an argument is no index
   */
  next(index: number, max: number = MAX_INDEX): Entry<V> | undefined {
    checkIndex(index, "go on from");
    checkIndex(max, "go up to");
    return this.#entry(next(this.#aim(index), max));
  }

  /**
   * The last entry strictly before the range that holds `index` that ends at or after `min`. Mirrors `mt_prev()`.
   *
   * @param min default: 0
   * @throws {RangeError} if an argument is no index
   */
  previous(index: number, min: number = 0): Entry<V> | undefined {
    checkIndex(index, "go back from");
    checkIndex(min, "go down to");
    const entry = this.#entry(previous(this.#aim(index), min));
    // mas_prev() gives the single entry of a tree without nodes whatever the limit is.
    return entry !== undefined && entry.last < min ? undefined : entry;
  }

  /**
   * The first index of the lowest free area of `size` indices within `min … max`. Mirrors `mas_empty_area()`.
   *
   * @param size indices
   * @param min default: 0
   * @param max default: `MAX_INDEX`
   * @returns `undefined` if nothing that long is free
   * @throws {RangeError} if a number is no index
   * @throws {MapleError} EINVAL if `size` is 0 or larger than the window, or the tree tracks no gaps
   */
  emptyArea(size: number, min: number = 0, max: number = MAX_INDEX): number | undefined {
    const cursor = this.#cursor;
    setWindow(cursor, size, min, max);
    return lowestArea(cursor, size) ? following(cursor.before) : undefined;
  }

  /**
   * The first index of the highest free area of `size` indices within `min … max`. Mirrors `mas_empty_area_rev()`;
   * arguments, answer and errors as {@linkcode emptyArea}.
   */
  emptyAreaReverse(size: number, min: number = 0, max: number = MAX_INDEX): number | undefined {
    const cursor = this.#cursor;
    setWindow(cursor, size, min, max);
    return highestArea(cursor, size) ? following(cursor.before) : undefined;
  }

  /**
   * The entries that meet `first … last`, ascending. The tree may be changed meanwhile: each step continues after the
   * entry given last.
   *
   * @param first default: 0
   * @param last default: `MAX_INDEX`
   * @throws {RangeError} if an end is no index
   */
  entries(first: number = 0, last: number = MAX_INDEX): IterableIterator<Entry<V>> {
    checkIndex(last, "look through to");
    return this.#iterate(this.state(first), last);
  }

  *#iterate(state: MapleState<V>, last: number): IterableIterator<Entry<V>> {
    for (let value = state.find(last); value !== undefined; value = state.next(last)) {
      yield { first: state.index, last: state.last, value };
    }
  }

  /** All entries, ascending. */
  [Symbol.iterator](): IterableIterator<Entry<V>> {
    return this.entries();
  }

  /**
   * A state at `first … last`, which has not walked yet.
   *
   * @param first default: 0
   * @param last default: `first`
   * @throws {RangeError} if an end is no index
   */
  state(first: number = 0, last: number = first): MapleState<V> {
    checkIndex(first, "move to");
    checkIndex(last, "move up to");
    return stateAt<V>(this.#pool, this.#write, first, last, undefined);
  }

  /**
   * A reader that may stop at any step while the tree is written, and continue. Close it with `using` or
   * `[Symbol.dispose]()`: until then nothing it may hold is reused. Its states refuse to read afterwards, with EINVAL.
   * Mirrors `rcu_read_lock()`.
   *
   * @throws {MapleError} EINVAL if the tree was not made for readers
   */
  read(): TreeReader<V> {
    const pool = this.#pool;
    if (!pool.rcu) {
      throw new MapleError(
        "EINVAL",
        "Cannot read beside a writer: this tree was made without `rcu`",
      );
    }
    const section: ReadSection = pool.rcuDomain.readLock();
    return {
      state: (first = 0, last = first) => {
        checkIndex(first, "move to");
        checkIndex(last, "move up to");
        checkOpen(section);
        return stateAt<V>(pool, this.#write, first, last, section);
      },
      [Symbol.dispose]: () => {
        pool.rcuDomain.readUnlock(section);
        pool.reclaim();
      },
    };
  }

  /**
   * What a worker needs to read this tree: post it there and make a `SharedReader` of it.
   *
   * @throws {MapleError} EINVAL if the tree was not made with `shared`
   */
  share(): SharedTree {
    const { words, numbers, gaps } = this.#pool;
    if (numbers === undefined) {
      throw new MapleError("EINVAL", "Cannot share a tree: it was made without `shared`");
    }
    return { nodes: words.buffer, numbers: numbers.buffer, gaps };
  }

  /** An independent tree with the same nodes and values, by one copy of the buffer. Mirrors `__mt_dup()`. */
  duplicate(): MapleTree<V> {
    const tree = new MapleTree<V>();
    tree.#pool = this.#pool.clone();
    tree.#write = new WriteState(tree.#pool);
    tree.#cursor = new Cursor(tree.#pool, 0, 0, undefined);
    return tree;
  }

  /** Removes everything; memory beyond 1 MiB is given back. Mirrors `mtree_destroy()`. */
  clear(): void {
    this.#pool.version++;
    this.#write.subtree.replaceTree(0);
    if (this.#pool.rcu) this.#pool.reclaim();
  }

  /** Ranges that hold a value. */
  get size(): number {
    return this.#pool.entries;
  }

  /** Levels of nodes: 0 for a tree that is empty or holds one value at index 0 alone. */
  get height(): number {
    return this.#pool.words[ROOT]! & HEIGHT_MASK;
  }

  /** Nodes by kind, slots, bytes, and exact counts of the work done. */
  statistics(): TreeStatistics {
    return statistics(this.#pool);
  }

  /**
   * Checks every rule of the tree from scratch.
   *
   * @throws {InvariantError} naming the node, the slot and the rule that is broken
   */
  validate(): void {
    validate(this.#pool);
  }

  /**
   * Moves the nodes together and gives back the memory that the tree no longer uses. Costs a copy of the tree, so call
   * it after erasing much of a large tree. (A tree that has become empty gives memory beyond 1 MiB back by itself.)
   *
   * @throws {MapleError} EBUSY while a reader is open · EINVAL if the tree is in shared memory, which keeps its size
   */
  compact(): void {
    compact(this.#pool);
  }

  /** What Deno's `console.log` prints: size, height and the first entries. */
  [DENO_INSPECT](
    inspect: (value: unknown, options: object) => string,
    options: object,
  ): string {
    return treeText(this, (value) => inspect(value, options));
  }

  /** What Node's `console.log` prints. */
  [NODE_INSPECT](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return treeText(this, (value) => inspect(value, options));
  }

  /** The tree as text, in the layout of the kernel's `mt_dump()` with hexadecimal numbers. */
  dump(): string {
    return dump(this.#pool);
  }

  #aim(index: number): Cursor {
    const cursor = this.#cursor;
    cursor.index = index;
    cursor.last = index;
    cursor.status = START;
    cursor.version = -1;
    return cursor;
  }

  #refuseArea(size: number, min: number, max: number): never {
    throw new MapleError(
      "EBUSY",
      `Cannot allocate ${size} indices in ${hexRange(min, max)}: no free range is that long`,
    );
  }

  #entry(word: number): Entry<V> | undefined {
    if (word === 0) return undefined;
    const value = this.#pool.decode(word);
    if (value === undefined) return undefined;
    return { first: this.#cursor.index, last: this.#cursor.last, value };
  }
}
