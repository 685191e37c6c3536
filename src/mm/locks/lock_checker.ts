/**
 * The locks of memory management: which there are, in which order they are taken, and a check that calls keep to it,
 * as lockdep does in the kernel.
 *
 * ```
 *   mmap_lock            one address space: its VMAs, their tree
 *     page_lock          one page: where it is mapped, while it moves
 *       vma_lock         one VMA: its bounds and flags; a fault takes only this one
 *         i_mmap_rwsem   one file: the VMAs that map it
 *           anon_vma_lock  one tree of anon_vmas: the VMAs that may hold their pages
 *             page_table_lock  one page table: its entries
 * ```
 * The order is that of the comment at the head of Linux mm/rmap.c. A task takes locks from left to right only; of
 * one kind it may hold several (the VMAs of one address space, a page table and its child's in a fork).
 *
 * Locks are checked on a machine whose {@linkcode PhysicalMemory} was made with a {@linkcode LockChecker}. Elsewhere
 * nothing is taken, and it costs one comparison a call.
 *
 * Nothing here waits: the model runs one task at a time. A task that would have to wait is told so by
 * {@linkcode WouldBlock}; whoever interleaves tasks lets it try again later.
 *
 * @module
 */

import { MmInvariantError } from "../error.ts";

/** The kinds of locks, in the order in which they are taken. */
export const LOCK_ORDER = [
  "mmap_lock",
  "page_lock",
  "vma_lock",
  "i_mmap_rwsem",
  "anon_vma_lock",
  "page_table_lock",
] as const;

/** A kind of lock. */
export type LockName = typeof LOCK_ORDER[number];

/** Read: several tasks at once. Write: one alone. */
export type LockMode = "read" | "write";

/** A lock that some task holds. */
export interface HeldLock {
  /** Its kind. */
  readonly name: LockName;
  /** What it guards: an address space, a VMA, a file, an anon_vma's root, a page, a page table. */
  readonly of: object;
  /** How. */
  readonly mode: LockMode;
  /** The task that holds it. */
  readonly task: number;
}

/** A task needs a lock that another one holds: it must wait. */
export class WouldBlock extends Error {
  /** Shown where an error is printed. */
  override readonly name = "WouldBlock";
  /** The lock that it waits for. */
  readonly lock: HeldLock;

  /** Says which lock it is. */
  constructor(lock: HeldLock) {
    super(
      `Task ${lock.task} holds ${lock.name} for ${lock.mode === "read" ? "reading" : "writing"}`,
    );
    this.lock = lock;
  }
}

/** Follows what tasks take and give back. */
export class LockChecker {
  /** The task that runs now. */
  task = 0;
  /** Called before a lock is taken and after one was given back: where another task may run. */
  onLockPoint: (() => void) | undefined;
  /** Locks taken so far, by kind. */
  readonly taken: Record<LockName, number> = {
    mmap_lock: 0,
    page_lock: 0,
    vma_lock: 0,
    i_mmap_rwsem: 0,
    anon_vma_lock: 0,
    page_table_lock: 0,
  };
  readonly #held: HeldLock[] = [];
  /** Tasks whose call has ended in an error of a lock. */
  readonly #gaveUp = new Set<number>();

  /** What is held now, in the order of taking. */
  get held(): readonly HeldLock[] {
    return this.#held;
  }

  /**
   * Takes a lock for the current task. One that it holds already for as much is not taken again. O(locks held).
   *
   * @returns true if it was taken, so that the caller gives it back
   * @throws {MmInvariantError} the order of locks forbids it, or the task holds it for reading and asks to write
   * @throws {WouldBlock} another task holds it
   */
  acquire(name: LockName, of: object, mode: LockMode): boolean {
    const own = this.#find(name, of);
    if (own !== undefined) {
      if (own.mode === "write" || mode === "read") return false;
      throw this.#broken(
        `${name} is held for reading and asked for writing: it would wait for itself`,
      );
    }
    this.onLockPoint?.();
    this.#checkOrder(name);
    this.#checkFree(name, of, mode);
    this.#held.push({ name, of, mode, task: this.task });
    this.taken[name]++;
    return true;
  }

  /**
   * Gives a lock back.
   *
   * @throws {MmInvariantError} the current task does not hold it
   */
  release(name: LockName, of: object): void {
    const at = this.#held.findIndex((lock) =>
      lock.name === name && lock.of === of && lock.task === this.task
    );
    if (at < 0) throw this.#broken(`${name} is given back, but not held`);
    this.#held.splice(at, 1);
    this.onLockPoint?.();
  }

  /** Gives back every lock of a kind that the current task holds: `vma_end_write_all()`. */
  releaseAll(name: LockName): void {
    for (let at = this.#held.length - 1; at >= 0; at--) {
      const lock = this.#held[at]!;
      if (lock.name === name && lock.task === this.task) this.#held.splice(at, 1);
    }
  }

  #forget(): void {
    for (let at = this.#held.length - 1; at >= 0; at--) {
      if (this.#held[at]!.task === this.task) this.#held.splice(at, 1);
    }
  }

  /**
   * Demands a lock where something is changed that it guards.
   *
   * @throws {MmInvariantError} the current task does not hold it so
   */
  demand(name: LockName, of: object, mode: LockMode, what: string): void {
    const own = this.#find(name, of);
    if (own !== undefined && (mode === "read" || own.mode === "write")) return;
    throw this.#broken(
      `${what} without ${name} held for ${mode === "read" ? "reading" : "writing"}`,
    );
  }

  /** True if the current task holds the lock, however. */
  holds(name: LockName, of: object): boolean {
    return this.#find(name, of) !== undefined;
  }

  /**
   * The current task's call is over: it must hold nothing. After a rule was broken, or the task had to wait, it just
   * forgets what it holds.
   *
   * @throws {MmInvariantError} naming the lock
   */
  endCall(): void {
    const gaveUp = this.#gaveUp.delete(this.task);
    const left = this.#held.find(({ task }) => task === this.task);
    if (left === undefined) return;
    this.#forget();
    if (!gaveUp) {
      throw this.#broken(`${left.name} is still held at the end of the call`);
    }
  }

  #broken(rule: string): MmInvariantError {
    this.#gaveUp.add(this.task);
    return new MmInvariantError(rule);
  }

  #find(name: LockName, of: object): HeldLock | undefined {
    return this.#held.find((lock) =>
      lock.of === of && lock.name === name && lock.task === this.task
    );
  }

  #checkOrder(name: LockName): void {
    const rank = LOCK_ORDER.indexOf(name);
    const later = this.#held.find((lock) =>
      lock.task === this.task && LOCK_ORDER.indexOf(lock.name) > rank
    );
    if (later === undefined) return;
    throw this.#broken(
      `${name} is taken while ${later.name} is held: the order is the other way round`,
    );
  }

  #checkFree(name: LockName, of: object, mode: LockMode): void {
    const other = this.#held.find((lock) =>
      lock.of === of && lock.name === name && lock.task !== this.task &&
      (mode === "write" || lock.mode === "write")
    );
    if (other === undefined) return;
    this.#gaveUp.add(this.task);
    throw new WouldBlock(other);
  }
}
