/**
 * The VMAs of one address space in their tree, and how many there are.
 *
 * Invariants: the tree maps `[start, end - 1]` of each VMA to it, and nothing else; `mapCount` is
 * their number. Between `prepare` and `commit` a system call may already have moved the bounds of the VMAs
 * it is about to store; the tree then still answers with the old ranges.
 *
 * A writing call asks for all it needs with `prepare`, which may fail, and then says `commit`,
 * which cannot: the one store that it prepared overwrites, trims and splits whatever lay in its
 * range. `replace` exchanges the value of a range that the tree already holds, which takes no node
 * and cannot fail either.
 *
 * Only this file and `checks/incremental.ts` use the tree.
 *
 * @module
 */

import * as arithmetic from "../tree/arithmetic.ts";
import { Cursor, Status } from "../tree/cursor.ts";
import * as area from "../tree/empty_area.ts";
import { MapleError } from "../tree/errors.ts";
import { MapleTree, poolOf, writeStateOf } from "../tree/maple_tree.ts";
import * as lookup from "../tree/lookup.ts";
import * as navigate from "../tree/navigate.ts";
import * as layout from "../tree/node_layout.ts";
import type { NodePool } from "../tree/node_pool.ts";
import { nodesFor } from "../tree/reserve.ts";
import * as storing from "../tree/store.ts";
import { StoreType, type WriteState } from "../tree/write_state.ts";
import type { FaultInjection } from "./fault_injection.ts";
import { cannot } from "./error.ts";
import type { PageTable, Vma } from "./vma.ts";

// What a call uses again and again is the file's own: V8 looks imported names up each time.
const { following, preceding } = arithmetic;
const { highestArea, lowestArea, setWindow } = area;
const { entryBefore, entryFrom } = lookup;
const { find, next, previous } = navigate;
const { MAX_INDEX } = layout;
const { classify, store, storeClassified } = storing;
const { START } = Status;

/** What a {@linkcode TreeObserver} is told of. */
export type TreeOperation =
  | "store"
  | "clear"
  | "find"
  | "previous"
  | "next"
  | "emptyArea"
  | "emptyAreaReverse";

/** Is told of every operation on the tree, with its inclusive range; for recording them. */
export type TreeObserver = (
  operation: TreeOperation,
  first: number,
  last: number,
  /** What was stored; for gap searches the size. */
  value: Vma | number | undefined,
) => void;

/** VMAs in their tree. */
export class VmaTree {
  /** VMAs in the tree. Mirrors `mm->map_count`. */
  mapCount = 0;
  /** The page table whose address space's mmap_lock must be held for a write; null where locks are not checked. */
  guard: PageTable | null = null;
  /** Told of every tree operation, if set. */
  observer: TreeObserver | undefined;
  /** Told of every write before it happens, if set; searches, which are many more, cost nothing then. */
  writeObserver: TreeObserver | undefined;
  /** The tree, for what looks into it: checks, the explorer. Writing it is left to this file. */
  readonly tree: MapleTree<Vma>;
  readonly #pool: NodePool<Vma>;
  /** Where searches stand. */
  readonly #cursor: Cursor<Vma>;
  readonly #write: WriteState;
  /** The store that is prepared: its last index, how it changes the tree, the nodes reserved for it, what it stores. */
  #last: number = NaN;
  #type: StoreType = StoreType.ROOT;
  #reserved = 0;
  #pending: Vma | undefined;

  readonly #faultInjection: FaultInjection;

  /** An empty layout, or one over a tree that is already filled. */
  constructor(faultInjection: FaultInjection, tree?: MapleTree<Vma>) {
    tree ??= new MapleTree<Vma>({ gaps: true });
    this.#faultInjection = faultInjection;
    this.tree = tree;
    this.#pool = poolOf(tree);
    this.#cursor = new Cursor(this.#pool, 0, 0, undefined);
    this.#write = writeStateOf(tree);
  }

  /** The first VMA that ends after `address`; it may start above it. Mirrors `find_vma()`. */
  findVma(address: number): Vma | undefined {
    if (address > MAX_INDEX) return undefined;
    if (this.observer !== undefined) this.observer("find", address, MAX_INDEX, undefined);
    const word = entryFrom(this.#pool, address, MAX_INDEX);
    return this.#pool.decode(word >= 0 ? word : find(this.#at(address), MAX_INDEX));
  }

  /** The first VMA that shares a byte with `[start, end)`. Mirrors `find_vma_intersection()`. */
  findIntersection(start: number, end: number): Vma | undefined {
    if (start > MAX_INDEX) return undefined;
    const last = Math.min(end - 1, MAX_INDEX);
    if (this.observer !== undefined) this.observer("find", start, last, undefined);
    const word = entryFrom(this.#pool, start, last);
    return this.#pool.decode(word >= 0 ? word : find(this.#at(start), last));
  }

  /** The last VMA that lies wholly below `address` and, where it is in a VMA, below that. */
  before(address: number): Vma | undefined {
    if (this.observer !== undefined) this.observer("previous", address, 0, undefined);
    const word = entryBefore(this.#pool, address);
    return this.#pool.decode(word >= 0 ? word : previous(this.#at(address), 0));
  }

  /** The first VMA that starts above `address`. */
  after(address: number): Vma | undefined {
    if (this.observer !== undefined) this.observer("next", address, MAX_INDEX, undefined);
    return this.#pool.decode(next(this.#at(address), MAX_INDEX));
  }

  /** The first VMA of all. */
  first(): Vma | undefined {
    return this.#pool.decode(find(this.#at(0), MAX_INDEX));
  }

  /**
   * The VMA after the one that `first`, or the call before this one, found. Mirrors `vma_next()`.
   *
   * Precondition: the tree has not been asked for anything else since, nor changed.
   */
  following(): Vma | undefined {
    return this.#pool.decode(next(this.#cursor, MAX_INDEX));
  }

  /** The cursor, moved to an address from which it has not walked yet. */
  #at(address: number): Cursor<Vma> {
    const cursor = this.#cursor;
    cursor.before = preceding(address);
    cursor.last = address;
    cursor.status = START;
    cursor.version = -1;
    return cursor;
  }

  /** All VMAs in the order of their addresses. The layout must not change meanwhile. */
  *vmas(): IterableIterator<Vma> {
    for (const entry of this.tree.entries()) yield entry.value;
  }

  /** The VMAs with the ranges under which the tree holds them. */
  *ranges(): IterableIterator<{ first: number; last: number; vma: Vma }> {
    for (const { first, last, value } of this.tree.entries()) yield { first, last, vma: value };
  }

  /** The VMA under whose range `address` lies, by a lookup from the root. */
  load(address: number): Vma | undefined {
    return this.tree.load(address);
  }

  /**
   * Gets ready to store `vma` over `[start, end)`, or to clear the range. Nothing changes before
   * `commit`.
   *
   * @throws {MmError} ENOMEM if the tree cannot have the nodes it may need
   */
  prepare(start: number, end: number, vma: Vma | undefined): void {
    this.#faultInjection.take("tree nodes");
    const write = this.#write;
    const nothing = vma === undefined;
    write.index = start;
    write.last = this.#last = end - 1;
    this.#type = classify(write, nothing);
    this.#reserved = nodesFor(write, this.#type, nothing);
    this.#pending = vma;
    if (this.#reserved > 0) this.#reserve(start, end);
  }

  #reserve(start: number, end: number): void {
    try {
      this.#pool.ensure(this.#reserved);
    } catch (error) {
      if (!(error instanceof MapleError) || error.code !== "ENOMEM") throw error;
      throw cannot(this.#pending ? "store" : "clear", start, end, "ENOMEM", "no tree node is left");
    }
    this.#pool.reserved += this.#reserved;
  }

  /** Does what `prepare` was told. Cannot fail. */
  commit(): void {
    if (this.guard !== null) demandMmapLock(this.guard);
    const vma = this.#pending;
    const write = this.#write;
    this.#tellWrite(vma ? "store" : "clear", write.index, this.#last, vma);
    storeClassified(write, this.#type, vma, "prepared", this.#reserved);
    this.#pending = undefined;
  }

  /** Puts `vma` in the place of what the tree holds over exactly its range. Cannot fail. */
  replace(vma: Vma): void {
    if (this.guard !== null) demandMmapLock(this.guard);
    this.#tellWrite("store", vma.start, vma.end - 1, vma);
    this.#store(vma.start, vma.end - 1, vma);
  }

  #tellWrite(
    operation: "store" | "clear",
    first: number,
    last: number,
    vma: Vma | undefined,
  ): void {
    if (this.observer !== undefined) this.observer(operation, first, last, vma);
    if (this.writeObserver !== undefined) this.writeObserver(operation, first, last, vma);
  }

  /**
   * Finds the lowest free `length` bytes in `[low, high)`. Mirrors `mas_empty_area()`.
   *
   * @returns the first byte, or -1 if there is no such gap
   */
  lowestGap(length: number, low: number, high: number): number {
    if (this.observer !== undefined) this.observer("emptyArea", low, high - 1, length);
    if (!fits(length, low, high)) return -1;
    const cursor = this.#cursor;
    setWindow(cursor, length, low, high - 1);
    return lowestArea(cursor, length) ? following(cursor.before) : -1;
  }

  /**
   * Finds the highest free `length` bytes in `[low, high)`. Mirrors `mas_empty_area_rev()`.
   *
   * @returns the first byte, or -1 if there is no such gap
   */
  highestGap(length: number, low: number, high: number): number {
    if (this.observer !== undefined) this.observer("emptyAreaReverse", low, high - 1, length);
    if (!fits(length, low, high)) return -1;
    // `setWindow`, which most mappings would wait for, but for its checks: the window is the user's own addresses.
    const cursor = this.#cursor;
    cursor.before = preceding(low);
    cursor.last = preceding(high);
    cursor.version = -1;
    return highestArea(cursor, length) ? following(cursor.before) : -1;
  }

  /**
   * What is wrong with looking up a VMA that a linear walk meets after `previous`: by its first and last byte from the
   * root, and by searches from both its ends. For checks.
   *
   * @returns the rule that is broken, undefined if each lookup finds what it should
   */
  lookUpFault(vma: Vma, previous: Vma | undefined): string | undefined {
    if (this.load(vma.start) !== vma) return "a lookup of its first byte misses it";
    if (this.load(vma.end - 1) !== vma) return "a lookup of its last byte misses it";
    if (this.findVma(vma.start) !== vma) return "a search from its first byte misses it";
    if (this.before(vma.start) !== previous) return "the VMA below is another";
    if (previous !== undefined && this.findVma(previous.end) !== vma) {
      return "a search from the end of the one below misses it";
    }
    return undefined;
  }

  /** Checks the tree itself. */
  validateTree(): void {
    this.tree.validate();
  }

  /** The tree as text. */
  dumpTree(): string {
    return this.tree.dump();
  }

  /**
   * A layout under the same ranges in a tree of its own, each VMA replaced by its copy, or left out
   * where `copy` gives none. Its `mapCount` is for the caller to set.
   *
   * @param faultInjection the twin's
   * @throws {MmError} ENOMEM, and whatever `copy` throws
   */
  duplicate(faultInjection: FaultInjection, copy: (vma: Vma) => Vma | undefined): VmaTree {
    this.#faultInjection.take("tree nodes");
    const twin = new VmaTree(faultInjection, this.tree.duplicate());
    for (const { first, last, value } of this.tree.entries()) {
      twin.#store(first, last, copy(value));
    }
    return twin;
  }

  #store(first: number, last: number, vma: Vma | undefined): void {
    const write = this.#write;
    write.index = first;
    write.last = last;
    store(write, vma, "pool", 0);
  }

  /** Forgets every VMA. */
  clear(): void {
    if (this.guard !== null) demandMmapLock(this.guard);
    this.tree.clear();
    this.mapCount = 0;
  }
}

/** Whether a search of `[low, high)` makes sense: the tree refuses one for more than the window holds. */
function fits(length: number, low: number, high: number): boolean {
  return length > 0 && length <= high - low;
}

function demandMmapLock(table: PageTable): void {
  table.memory.locks?.demand("mmap_lock", table, "write", "the tree of VMAs is written");
}
