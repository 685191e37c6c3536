/**
 * mlock, mlock2, munlock, mlockall, munlockall: pages that stay in memory. Mirrors
 * `apply_vma_lock_flags()` and `mlock_fixup()` (Linux mm/mlock.c).
 *
 * @module
 */

import { cannot } from "../error.ts";
import { MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT, MLOCK_ONFAULT } from "../../abi/mman.ts";
import { ADDRESS_LIMIT, PAGE_SIZE, pageAlignDown, pages, roundOut } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { refuse, refusePart } from "../refusal.ts";
import { mayLockAtAll, supportsLock } from "../vma/accounting.ts";
import { modify, wishFor } from "../vma/modify.ts";
import { populate, tryPopulate } from "./populate.ts";
import type { Vma } from "../vma.ts";
import { VM_LOCKED, VM_LOCKED_MASK, VM_LOCKONFAULT, type VmFlags } from "../vm_flags.ts";

/**
 * Locks the pages of `[address, address + length)`, rounded out to whole pages.
 *
 * Postcondition: every VMA in the range that can be locked is. Where the range has a hole, all
 * before it is locked and the call fails, as in the kernel; where a VMA in it may not be accessed, all
 * is locked and the call fails nonetheless, because its pages cannot be faulted in.
 *
 * @param flags MLOCK_ONFAULT or 0
 * @returns 0, or below 0 EINVAL: unknown flags or a range that wraps · ENOMEM: a hole, or RLIMIT_MEMLOCK · EPERM:
 * RLIMIT_MEMLOCK is 0
 * @throws {MmError} ENOMEM max_map_count, pages that cannot be faulted in, or memory ran out
 */
export function mlock(mm: MemoryDescriptor, address: number, length: number, flags = 0): number {
  const start = pageAlignDown(address);
  const end = start + roundOut(address, length);
  if (flags & ~MLOCK_ONFAULT) return refuse(mm, "EINVAL", "the flags are unknown");
  if (!mayLockAtAll(mm)) return refuse(mm, "EPERM", "RLIMIT_MEMLOCK is 0");
  const limit = Math.floor(mm.limits.lockedMemory / PAGE_SIZE);
  if (!mm.capIpcLock && pages(end - start) + mm.lockedPages > limit) {
    if (pages(end - start) + mm.lockedPages - lockedWithin(mm, start, end) > limit) {
      return refuse(mm, "ENOMEM", "RLIMIT_MEMLOCK forbids it");
    }
  }
  const lock = VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0);
  const answer = applyLock(mm, address, length, lock);
  if (answer === 0) populate(mm, start, end);
  return answer;
}

/**
 * Unlocks the pages of `[address, address + length)`, rounded out to whole pages.
 *
 * Postcondition: no VMA in the range is locked; where it has a hole, none before it.
 *
 * @returns 0, or below 0 EINVAL: a range that wraps · ENOMEM: a hole
 * @throws {MmError} ENOMEM max_map_count, or memory ran out
 */
export function munlock(mm: MemoryDescriptor, address: number, length: number): number {
  return applyLock(mm, address, length, 0);
}

/**
 * Locks everything that is mapped (MCL_CURRENT), that will be (MCL_FUTURE), or both.
 *
 * Postcondition: `defaultFlags` and the VMAs say so. A VMA that cannot be changed is passed over.
 *
 * @throws {MmError} EINVAL flags unknown, none, or MCL_ONFAULT alone · EPERM RLIMIT_MEMLOCK is 0 ·
 * ENOMEM more than may be locked
 */
export function mlockall(mm: MemoryDescriptor, flags: number): void {
  const known = MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT;
  if (flags === 0 || flags & ~known || flags === MCL_ONFAULT) {
    throw cannot("lock", 0, mm.taskSize, "EINVAL", "the flags are unknown");
  }
  if (!mayLockAtAll(mm)) throw cannot("lock", 0, mm.taskSize, "EPERM", "RLIMIT_MEMLOCK is 0");
  const limit = Math.floor(mm.limits.lockedMemory / PAGE_SIZE);
  if (flags & MCL_CURRENT && !mm.capIpcLock && mm.totalPages > limit) {
    throw cannot("lock", 0, mm.taskSize, "ENOMEM", "RLIMIT_MEMLOCK forbids it");
  }
  const lock = VM_LOCKED | (flags & MCL_ONFAULT ? VM_LOCKONFAULT : 0);
  mm.defaultFlags = (mm.defaultFlags & ~VM_LOCKED_MASK) | (flags & MCL_FUTURE ? lock : 0);
  if (!(flags & MCL_CURRENT)) return;
  applyToAll(mm, lock);
  tryPopulate(mm, 0, mm.taskSize);
}

/** Unlocks everything, and what will be mapped. */
export function munlockall(mm: MemoryDescriptor): void {
  mm.defaultFlags &= ~VM_LOCKED_MASK;
  applyToAll(mm, 0);
}

function applyLock(mm: MemoryDescriptor, address: number, length: number, lock: VmFlags): number {
  const start = pageAlignDown(address);
  const end = start + roundOut(address, length);
  if (end >= ADDRESS_LIMIT) return refuse(mm, "EINVAL", "it ends before it begins");
  let at = start;
  let vma = start < end ? mm.tree.findVma(start) : undefined;
  while (at < end) {
    if (vma === undefined || vma.start > at) {
      return refusePart(mm, at, end, "ENOMEM", "nothing is mapped at its start");
    }
    if (!isLockedSo(vma, lock)) vma = lockVma(mm, vma, at, Math.min(end, vma.end), lock);
    at = vma.end;
    if (at < end) vma = mm.tree.after(vma.start);
  }
  return 0;
}

function applyToAll(mm: MemoryDescriptor, lock: VmFlags): void {
  let vma = mm.tree.findVma(0);
  while (vma !== undefined) {
    try {
      vma = lockVma(mm, vma, vma.start, vma.end, lock);
    } catch {
      // The kernel ignores it too: what can be locked is.
    }
    vma = mm.tree.after(vma.start);
  }
}

/** True if nothing is to be done: it is so already, or cannot be locked. Secret memory stays locked. */
function isLockedSo(vma: Vma, lock: VmFlags): boolean {
  return (vma.flags & VM_LOCKED_MASK) === lock || !supportsLock(vma) || vma.file?.secret === true;
}

/** Locks or unlocks `[start, end)` of `vma`; the VMA that covers it then. */
function lockVma(mm: MemoryDescriptor, vma: Vma, start: number, end: number, lock: VmFlags): Vma {
  if (isLockedSo(vma, lock)) return vma;
  const old = vma.flags;
  const flags = (old & ~VM_LOCKED_MASK) | lock;
  const wish = wishFor(mm, vma, start, end);
  wish.flags = flags;
  const changed = modify(mm, vma, wish);
  mm.lockedPages += pages(end - start) *
    (Number((flags & VM_LOCKED) !== 0) - Number((old & VM_LOCKED) !== 0));
  return changed;
}

/** Pages of `[start, end)` that are locked already. Mirrors `count_mm_mlocked_page_nr()`. */
function lockedWithin(mm: MemoryDescriptor, start: number, end: number): number {
  let locked = 0;
  let vma = mm.tree.findVma(start);
  for (; vma !== undefined && vma.start < end; vma = mm.tree.after(vma.start)) {
    if (!(vma.flags & VM_LOCKED)) continue;
    locked += pages(Math.min(end, vma.end) - Math.max(start, vma.start));
  }
  return locked;
}
