/**
 * The node pool: all nodes of one tree in one buffer, and the values they stand for.
 *
 * A slot of a leaf holds an *entry word*. Nothing is 0. An integer of 31 bits is kept in the word itself, as
 * `value << 1 | 1`, like the value entries of the kernel's XArray; every other value has a *handle* into the
 * value table, and the word is `handle << 1`.
 *
 * Invariants:
 * - Every id in `1 … top-1` is in exactly one place: reachable from the root, on the free list, or retired
 *   and waiting for readers to leave.
 * - `reserved` nodes are promised to cursors; at least that many can be taken without asking for more.
 * - Every handle is in one slot, or retired, or on the list of free handles: two slots never share one.
 * - `finger` is 0 or the position of a slot in use: what replaces nodes sets it to 0, what moves slots to the one
 * stored or the one right after it.
 * - `entries` is the number of slots of leaves, or 1 for the root entry, that hold something.
 * - A node that is not in the tree has {@linkcode DEAD} for a parent.
 *
 * @module
 */

import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";
import { Counters } from "./counters.ts";
import { RcuDomain } from "./rcu.ts";
import type { WriteLog } from "./write_log.ts";

const {
  DEAD,
  END,
  GAP_CAPACITY,
  GAP_MIN_END,
  GAP_SLOTS,
  NODE_BYTES,
  PARENT,
  PERIOD,
  SLOTS,
  WIDE_CAPACITY,
  WIDE_MIN_END,
  WORD_SHIFT,
} = layout;

/** How many nodes may still be asked for: one budget may serve several trees, and a test that sets it sees
 * the n-th request from then on fail. */
export class NodeBudget {
  /** Nodes that may still be asked for. */
  left: number = Infinity;
}

/** How a pool is made. */
export interface PoolOptions {
  /** Inner nodes record the largest free range below each child. */
  readonly gaps: boolean;
  /** Readers may stand in the tree while it is written. */
  readonly rcu: boolean;
  /** Nodes and numbers lie in shared memory, for `limit` nodes and no more; readers may be other threads. */
  readonly shared: boolean;
  /** The most nodes that may be in use and reserved at once. */
  readonly limit: number;
  /** What requests are charged to. */
  readonly budget: NodeBudget;
}

/** Nodes in a new pool: the header alone, as an empty tree needs no more. */
const EMPTY_CAPACITY = 1;
/** Nodes once it needs some. */
const FIRST_CAPACITY = 16;
/** Nodes that an emptied tree keeps, 1 MiB: what is filled and emptied in turns does not ask for memory each time. */
const KEPT_CAPACITY = 4096;
/** The most nodes of a pool: the number of a node's first word is a 32-bit integer. 8 GiB. */
const MAX_CAPACITY = 2 ** 25;
/** The most nodes of a tree: 33 million, for 400 million ranges. Node 0 is the header. */
export const MAX_NODES: number = MAX_CAPACITY - 1;
const NO_HANDLES = new Int32Array(0);
const POISON = -0x01010102;
const SMALLEST_IMMEDIATE = -(2 ** 30);
const LARGEST_IMMEDIATE = 2 ** 30 - 1;

/** Nodes, values and counters of one tree. */
export class NodePool<V = unknown> {
  /** The buffer as 32-bit words. Another array after {@linkcode ensure} had to grow the pool. */
  words: Int32Array;
  /** The same bytes as 64-bit doubles, replaced together with `words`. */
  doubles: Float64Array;
  /** Whether inner nodes track gaps. */
  readonly gaps: boolean;
  /** Whether readers may stand beside the writer. */
  readonly rcu: boolean;
  /** Whether nodes and numbers lie in shared memory. */
  readonly shared: boolean;
  /** The value table of a tree in shared memory: numbers by handle, one for each slot of each node. */
  readonly numbers: Float64Array | undefined;
  /** Slots of an inner node. */
  readonly innerCapacity: number;
  /** Smallest `end` of an inner node that is not the root. */
  readonly innerMinEnd: number;
  /** First slot word of an inner node. */
  readonly innerSlots: number;
  /** The most nodes that may be in use and reserved at once. */
  readonly limit: number;
  /** What requests are charged to. */
  readonly budget: NodeBudget;
  /** Overwrite nodes whose grace period has ended, so that a test sees who still reads one. */
  poison = false;
  /** The position of the slot that was found last, 0 if it may be gone. Beside readers there is none. */
  finger = 0;
  /** Where the window of the last search for the highest free area ended. */
  windowEnd: number = NaN;
  /**
   * No free area of at least `searchedSize` indices ends after `searchedEnd` in that window, as such a search has
   * found; clearing a range moves `searchedEnd` up to where the free range then ends. Before the kernel tracked gaps it
   * kept the like, `mm->cached_hole_size` (Linux 3.6).
   */
  searchedSize: number = Infinity;
  /** See {@linkcode searchedSize}. */
  searchedEnd: number = NaN;
  /** Nodes promised to cursors. */
  reserved = 0;
  /** Rises with every change that may move a slot or its bounds: what a cursor remembers is stale then. */
  version = 0;
  /** Entries in the tree. */
  entries = 0;
  /** Is told of what stores do, if set. */
  log: WriteLog | undefined = undefined;
  /** The index that a walk looks for. It is handed over here because V8 puts a number that is an argument of a call
   * it does not compile in on the heap: a store would allocate. */
  sought: number = NaN;
  /** Exact counts of work. */
  readonly counters: Counters = new Counters();
  /** Who reads, and what waits for them. */
  readonly rcuDomain: RcuDomain;

  #capacity: number;
  #top = 1;
  #free = 0;
  #freeCount = 0;
  /** Not `#values`: reading that takes so much bytecode that V8's first compiler would call {@linkcode decode}
   * for each entry of an iteration rather than compile it in. */
  private values: (V | undefined)[] = [undefined];
  #freeHandles: Int32Array<ArrayBuffer> = NO_HANDLES;
  #freeHandleCount = 0;

  /** An empty pool. */
  constructor(options: PoolOptions) {
    this.gaps = options.gaps;
    this.rcu = options.rcu;
    this.limit = options.limit;
    this.budget = options.budget;
    this.innerCapacity = options.gaps ? GAP_CAPACITY : WIDE_CAPACITY;
    this.innerMinEnd = options.gaps ? GAP_MIN_END : WIDE_MIN_END;
    this.innerSlots = options.gaps ? GAP_SLOTS : SLOTS;
    this.shared = options.shared;
    this.#capacity = options.shared ? options.limit + 1 : EMPTY_CAPACITY;
    const bytes = this.#capacity * NODE_BYTES;
    const buffer = options.shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.numbers = options.shared
      ? new Float64Array(new SharedArrayBuffer(this.#capacity * WIDE_CAPACITY * 8))
      : undefined;
    this.rcuDomain = new RcuDomain(options.shared ? this.words : undefined);
  }

  /** Nodes in use: in the tree, or retired and waiting for readers. */
  get used(): number {
    return this.#top - 1 - this.#freeCount;
  }

  /** One past the highest id ever handed out. */
  get top(): number {
    return this.#top;
  }

  /** Bytes of the buffer. */
  get bytes(): number {
    return this.words.byteLength;
  }

  /** Values that have a handle, retired ones included. */
  get handles(): number {
    return this.values.length - 1 - this.#freeHandleCount;
  }

  /** The highest handle that a value ever had. */
  get highestHandle(): number {
    return this.values.length - 1;
  }

  /**
   * Makes sure that `count` calls of {@linkcode take} succeed, over and above what is reserved. It may
   * replace `words` and `doubles`, so it comes before anything is read from them.
   *
   * @throws {MapleError} ENOMEM if the limit or the budget forbids it; nothing has changed then. Beside readers the
   * limit may be met by nodes that wait for them, and the same store succeed once they have left
   */
  ensure(count: number): void {
    // Readers may have left since the last store.
    if (this.rcu && this.#lacks(count)) this.reclaim();
    if (!(count <= this.budget.left) || this.#lacks(count)) this.#refuse(count);
    const wanted = this.#top + this.reserved + count - this.#freeCount;
    if (wanted > this.#capacity) this.#growOrRefuse(wanted, count);
    this.budget.left -= count;
  }

  /** Writes the one word that makes a change visible; everything written before is visible with it. */
  publish(index: number, word: number): void {
    if (this.shared) Atomics.store(this.words, index, word);
    else this.words[index] = word;
  }

  /** Takes one node; {@linkcode ensure} or a reservation has made sure that there is one. */
  take(): number {
    this.counters.allocated++;
    let node = this.#free;
    if (node === 0) node = this.#top++;
    else {
      this.#free = this.words[(node << WORD_SHIFT) + END]!;
      this.#freeCount--;
    }
    if (this.log !== undefined) this.log.made(node);
    return node;
  }

  /** Gives a node back: at once, or beside readers when the last of them that may hold it has left. */
  retire(node: number): void {
    this.words[(node << WORD_SHIFT) + PARENT] = DEAD;
    if (this.log !== undefined) this.log.died(node);
    if (this.rcu) this.rcuDomain.retireNode(node);
    else this.free(node);
  }

  /** Puts a node on the free list. */
  free(node: number): void {
    this.counters.freed++;
    this.words[(node << WORD_SHIFT) + END] = this.#free;
    this.#free = node;
    this.#freeCount++;
    if (this.log !== undefined) this.log.freed(node);
  }

  /** Ends a store: what it retired is freed as soon as no open read section can still hold it. */
  reclaim(): void {
    this.rcuDomain.seal();
    for (
      let batch = this.rcuDomain.expire();
      batch !== undefined;
      batch = this.rcuDomain.expire()
    ) {
      for (const node of batch.nodes) {
        if (this.poison) this.#poison(node);
        this.free(node);
      }
      for (const handle of batch.handles) this.freeHandle(handle);
    }
    if (this.used === 0) this.giveBack();
  }

  /**
   * Gives back the memory of a tree that has no node and no handle left, if it is more than {@linkcode KEPT_CAPACITY}
   * nodes. It replaces `words` and `doubles`.
   */
  giveBack(): void {
    const isLarge = this.#capacity > KEPT_CAPACITY;
    if (this.shared || !isLarge || this.used !== 0 || this.reserved !== 0 || this.handles !== 0) {
      return;
    }
    this.#resize(EMPTY_CAPACITY);
    this.#top = 1;
    this.#free = this.#freeCount = 0;
    this.values = [undefined];
    this.#freeHandles = NO_HANDLES;
    this.#freeHandleCount = 0;
  }

  /** The nodes on the free list, in time linear in their number: for `validate` alone. */
  freeNodes(): number[] {
    const nodes: number[] = [];
    for (let node = this.#free; node !== 0; node = this.words[(node << WORD_SHIFT) + END]!) {
      nodes.push(node);
      if (nodes.length > this.#freeCount) break;
    }
    return nodes;
  }

  /** The entry word for `value`; `undefined` is nothing. */
  encode(value: V | undefined): number {
    if (typeof value === "number" && (value | 0) === value && !Object.is(value, -0)) {
      if (value >= SMALLEST_IMMEDIATE && value <= LARGEST_IMMEDIATE) return value << 1 | 1;
    }
    if (value === undefined) return 0;
    if (this.shared && typeof value !== "number") refuse(value);
    return this.#handle(value);
  }

  /**
   * The value that an entry word stands for: `undefined` for 0, of which the value table has none.
   *
   * The one cast of the tree: an odd word was made by {@linkcode encode} from a `V` that was this number.
   */
  decode(word: number): V | undefined {
    return (word & 1) !== 0 ? (word >> 1) as V : this.values[word >> 1];
  }

  /** A second entry word for the same value, as a slot that is split in two needs. */
  copy(word: number): number {
    return (word & 1) !== 0 || word === 0 ? word : this.#handle(this.values[word >> 1]);
  }

  /** Frees the handle of an entry word that is in no slot any more: with readers after they have left. */
  release(word: number): void {
    if ((word & 1) !== 0 || word === 0) return;
    if (this.rcu) this.rcuDomain.retireHandle(word >> 1);
    else this.freeHandle(word >> 1);
  }

  /** Puts a handle on the list of free ones, and forgets its value. */
  freeHandle(handle: number): void {
    this.values[handle] = undefined;
    if (this.#freeHandleCount === this.#freeHandles.length) {
      const larger = new Int32Array(Math.max(16, this.#freeHandleCount * 2));
      larger.set(this.#freeHandles);
      this.#freeHandles = larger;
    }
    this.#freeHandles[this.#freeHandleCount++] = handle;
  }

  /** A pool with the same nodes at the same ids and the same values: one copy of the buffer. */
  clone(): NodePool<V> {
    const pool = new NodePool<V>(this);
    if (this.shared) {
      pool.words.set(this.words);
      pool.words.fill(0, PERIOD, 1 << WORD_SHIFT);
      pool.numbers!.set(this.numbers!);
    } else {
      const buffer = this.words.buffer.slice(0);
      pool.words = new Int32Array(buffer);
      pool.doubles = new Float64Array(buffer);
      pool.#capacity = this.#capacity;
    }
    pool.#top = this.#top;
    pool.#free = this.#free;
    pool.#freeCount = this.#freeCount;
    pool.values = this.values.slice();
    pool.#freeHandles = this.#freeHandles.slice();
    pool.#freeHandleCount = this.#freeHandleCount;
    pool.entries = this.entries;
    if (this.rcu) {
      for (const node of this.rcuDomain.nodes()) pool.free(node);
      for (const handle of this.rcuDomain.handles()) pool.freeHandle(handle);
    }
    return pool;
  }

  /** An empty pool of the same kind, with room for the nodes of this one. */
  emptyTwin(): NodePool<V> {
    const { gaps, rcu, shared } = this;
    const pool = new NodePool<V>({ gaps, rcu, shared, limit: Infinity, budget: new NodeBudget() });
    pool.#resize(1 + this.used + this.reserved);
    return pool;
  }

  /** Takes over the nodes and values of a twin, which is of no use afterwards. */
  adopt(twin: NodePool<V>): void {
    this.words = twin.words;
    this.doubles = twin.doubles;
    this.#capacity = twin.#capacity;
    this.#top = twin.#top;
    this.#free = this.#freeCount = 0;
    this.values = twin.values;
    this.#freeHandles = NO_HANDLES;
    this.#freeHandleCount = 0;
    this.finger = 0;
    this.version++;
    if (this.log !== undefined) this.log.renumbered();
  }

  #refuse(count: number): never {
    throw new MapleError("ENOMEM", `Cannot take ${count} nodes: ${this.used} are in use`);
  }

  /** The system may have no memory either. */
  #growOrRefuse(wanted: number, count: number): void {
    if (wanted > MAX_CAPACITY) this.#refuse(count);
    try {
      this.#grow(wanted);
    } catch (error) {
      if (error instanceof RangeError) this.#refuse(count);
      throw error;
    }
  }

  #lacks(count: number): boolean {
    return this.used + this.reserved + count > this.limit;
  }

  /** Fills a node with what no node ever holds: negative slots, pivots that are no numbers. */
  #poison(node: number): void {
    this.words.fill(POISON, node << WORD_SHIFT, (node + 1) << WORD_SHIFT);
    this.words[(node << WORD_SHIFT) + PARENT] = DEAD;
  }

  #handle(value: V | undefined): number {
    const handle = this.#freeHandleCount === 0
      ? this.values.push(value) - 1
      : this.#freeHandles[--this.#freeHandleCount]!;
    this.values[handle] = value;
    if (this.numbers !== undefined) this.numbers[handle] = Number(value);
    return handle << 1;
  }

  /** Grows by copying into a buffer twice as large: in a resizable one every access takes longer. */
  #grow(wanted: number): void {
    let capacity = Math.max(FIRST_CAPACITY, this.#capacity);
    while (capacity < wanted) capacity *= 2;
    this.#resize(Math.min(capacity, MAX_CAPACITY));
  }

  /** Copies as many nodes as fit into a buffer of another size. */
  #resize(capacity: number): void {
    const buffer = new ArrayBuffer(capacity * NODE_BYTES);
    const words = new Int32Array(buffer);
    words.set(this.words.subarray(0, words.length));
    this.words = words;
    this.doubles = new Float64Array(buffer);
    this.#capacity = capacity;
  }
}

function refuse(value: unknown): never {
  throw new TypeError(`Cannot store a ${typeof value}: a tree in shared memory holds numbers`);
}
