/**
 * Where calls take their locks, on a machine that checks them. Each function does nothing elsewhere.
 *
 * | call | mmap_lock | then |
 * |---|---|---|
 * | mmap, munmap, mprotect, mremap, brk, mlock, mseal | write | vma_lock for writing of each VMA before it changes |
 * | prctl, remap_file_pages, shmat, shmdt, exec, exit | write | the same |
 * | fork | write, the child's too | vma_lock for writing of each VMA before it is copied |
 * | madvise that changes VMAs | write | the same |
 * | madvise about pages, mincore, msync | read | |
 * | a fault | none | vma_lock for reading, if the VMA needs nothing but a page |
 * | a fault that gives the first anon_vma | read | |
 * | a fault that grows a stack | write | vma_lock for writing |
 *
 * vma_lock for writing is held until the call ends (`vma_start_write()`, `vma_end_write_all()`). Bounds change with
 * i_mmap_rwsem and anon_vma_lock held, and a huge page that the new border cuts is split inside them
 * (`vma_prepare()`, `vma_adjust_trans_huge()`, `vma_complete()`; Linux mm/vma.c).
 *
 * @module
 */

import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { AnonVma, Page, Vma } from "../vma.ts";
import { VM_SHARED } from "../vm_flags.ts";
import type { LockChecker, LockMode } from "./lock_checker.ts";

/** The checker of the machine that a VMA's pages lie in; null where locks are not checked. */
export function locksOf(vma: Vma): LockChecker | null {
  return vma.pageTable === null ? null : vma.pageTable.memory.locks;
}

/** Takes mmap_lock for a call. Its identity is the page table, which an address space keeps. */
export function lockForCall(mm: MemoryDescriptor, mode: LockMode): void {
  mm.locks?.acquire("mmap_lock", mm.pageTable!, mode);
}

/**
 * Takes what a fault needs: the VMA's own lock if all it may do is to enter a page. A writer may come between the
 * look-up and the lock: what was found is looked up again, and if it is another, all is done again. Mirrors
 * `lock_vma_under_rcu()` and `lock_mm_and_find_vma()`.
 */
export function lockForFault(mm: MemoryDescriptor, address: number, writes: boolean): void {
  const { locks } = mm;
  if (locks === null) return;
  for (;;) {
    const vma = mm.tree.load(address);
    const name = vma === undefined || lacksAnonVma(vma, writes) ? "mmap_lock" : "vma_lock";
    const of = name === "vma_lock" ? vma! : mm.pageTable!;
    locks.acquire(name, of, vma === undefined ? "write" : "read");
    if (vma === undefined) return;
    const isSame = mm.tree.load(address) === vma;
    if (isSame && (name === "mmap_lock" || !lacksAnonVma(vma, writes))) return;
    locks.release(name, of);
  }
}

/** True if a write through the VMA gives it its first anon_vma. */
function lacksAnonVma(vma: Vma, writes: boolean): boolean {
  return writes && vma.anonVma === null && !(vma.flags & VM_SHARED);
}

/**
 * Demands the lock under which a fault may enter a page of a VMA: its own, or that of its address space.
 *
 * @throws {MmInvariantError} the current task holds neither: the VMA may be gone any moment
 */
export function demandForFault(mm: MemoryDescriptor, vma: Vma): void {
  const { locks } = mm;
  if (locks === null || locks.holds("mmap_lock", mm.pageTable!)) return;
  locks.demand("vma_lock", vma, "read", "a fault enters a page");
}

/**
 * Gives back what a call holds.
 *
 * @throws {MmInvariantError} a lock is left that the call should have given back by itself
 */
export function unlockAfterCall(mm: MemoryDescriptor): void {
  const { locks } = mm;
  if (locks === null) return;
  locks.releaseAll("vma_lock");
  if (locks.holds("mmap_lock", mm.pageTable!)) locks.release("mmap_lock", mm.pageTable!);
  locks.endCall();
}

/** Takes a VMA's lock before the VMA changes, for as long as the call lasts. Mirrors `vma_start_write()`. */
export function startWrite(vma: Vma): void {
  const locks = locksOf(vma);
  if (locks === null) return;
  locks.demand("mmap_lock", vma.pageTable!, "write", "a VMA changes");
  locks.acquire("vma_lock", vma, "write");
}

/** What {@linkcode lockReverseMap} has taken. */
export interface ReverseMapLocks {
  readonly locks: LockChecker;
  readonly file: object | null;
  readonly roots: readonly AnonVma[];
}

/** Takes the locks under which the reverse map may change where it finds a VMA; null where locks are not checked. */
export function lockReverseMap(vma: Vma): ReverseMapLocks | null {
  const locks = locksOf(vma);
  if (locks === null) return null;
  const { fileMapping } = vma;
  const file = fileMapping !== null && locks.acquire("i_mmap_rwsem", fileMapping, "write")
    ? fileMapping
    : null;
  const roots = [];
  for (const { root } of vma.anonVmaChain) {
    if (locks.acquire("anon_vma_lock", root, "write")) roots.push(root);
  }
  return { locks, file, roots };
}

/** Gives back what {@linkcode lockReverseMap} has taken. */
export function unlockReverseMap(taken: ReverseMapLocks | null): void {
  if (taken === null) return;
  const { locks, file, roots } = taken;
  for (const root of roots) locks.release("anon_vma_lock", root);
  if (file !== null) locks.release("i_mmap_rwsem", file);
}

/** Does something that one lock guards. `locks` null: just does it. */
export function guarded(
  locks: LockChecker | null,
  name: "i_mmap_rwsem" | "anon_vma_lock" | "page_table_lock" | "page_lock",
  of: object,
  act: () => void,
): void {
  if (locks === null || !locks.acquire(name, of, "write")) return act();
  try {
    act();
  } finally {
    locks.release(name, of);
  }
}

/**
 * Does something to a page that its reverse map finds everywhere: under the page's lock, then that of the file or of
 * the tree of anon_vmas. Mirrors `rmap_walk()` with its page locked.
 */
export function withPageLocked(locks: LockChecker | null, page: Page, act: () => void): void {
  const { mapping } = page;
  if (locks === null || mapping === null) return act();
  guarded(locks, "page_lock", page, () => {
    if ("root" in mapping) guarded(locks, "anon_vma_lock", mapping.root, act);
    else guarded(locks, "i_mmap_rwsem", mapping, act);
  });
}
