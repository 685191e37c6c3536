/**
 * Pages by kind, and the limits on them. Mirrors `vm_stat_account()`, `may_expand_vm()` (Linux
 * mm/mmap.c) and `__vm_enough_memory()` (mm/util.c).
 *
 * @module
 */

import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";
import type { VmFlags } from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { PAGE_SIZE } = page;
const {
  VM_ACCOUNT,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_LOCKED,
  VM_NORESERVE,
  VM_SHARED,
  VM_SPECIAL,
  VM_WRITE,
} = vmFlags;

/** True if a VMA with these flags counts as data: private, writable, no stack. */
export function isData(flags: VmFlags): boolean {
  return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) === VM_WRITE;
}

/** True if a VMA with these flags counts as program text: executable, not writable, no stack. */
export function isExecutable(flags: VmFlags): boolean {
  return (flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) === VM_EXEC;
}

/** Counts `pages` (negative to take them off) of a VMA with `flags`, locked ones included. */
export function account(mm: MemoryDescriptor, flags: VmFlags, pages: number): void {
  accountKind(mm, flags, pages);
  if (flags & VM_LOCKED) mm.lockedPages += pages;
}

/** Counts `pages` of a VMA with `flags` by kind, locked or not. */
export function accountKind(mm: MemoryDescriptor, flags: VmFlags, pages: number): void {
  mm.totalPages += pages;
  if (isExecutable(flags)) mm.executablePages += pages;
  else if (flags & VM_GROWSDOWN) mm.stackPages += pages;
  else if (isData(flags)) mm.dataPages += pages;
}

/**
 * True if `pages` more of a VMA with `flags` stay within RLIMIT_AS and RLIMIT_DATA. A
 * soft RLIMIT_DATA of 0 leaves it to the hard one, as the kernel does for Valgrind's sake.
 */
export function mayExpand(mm: MemoryDescriptor, flags: VmFlags, pages: number): boolean {
  const { addressSpace, data, dataHard = Infinity } = mm.limits;
  if (mm.totalPages + pages > Math.floor(addressSpace / PAGE_SIZE)) return false;
  const limit = data === 0 ? dataHard : data;
  return !isData(flags) || mm.dataPages + pages <= Math.floor(limit / PAGE_SIZE);
}

/** True if `pages` more may be locked where `flags` say so. Mirrors `mlock_future_ok()`. */
export function mayLock(mm: MemoryDescriptor, flags: VmFlags, pages: number): boolean {
  if (!(flags & VM_LOCKED) || mm.capIpcLock) return true;
  return mm.lockedPages + pages <= Math.floor(mm.limits.lockedMemory / PAGE_SIZE);
}

/** True if the process may lock anything. Mirrors `can_do_mlock()`. */
export function mayLockAtAll(mm: MemoryDescriptor): boolean {
  return mm.capIpcLock || mm.limits.lockedMemory !== 0;
}

/** True if the VMA can be locked. Mirrors `vma_supports_mlock()`. */
export function supportsLock(vma: Vma): boolean {
  return !(vma.flags & (VM_SPECIAL | VM_HUGETLB | VM_DROPPABLE)) && vma.special === null;
}

/**
 * True if PR_SET_MDWE refuses the flags: memory that may be written and executed, or executable memory that was not
 * before. Mirrors `map_deny_write_exec()`.
 *
 * @param before the flags so far; for a new mapping its own
 */
export function deniesWriteExec(mm: MemoryDescriptor, before: VmFlags, flags: VmFlags): boolean {
  if (mm.denyWriteExec === 0 || !(flags & VM_EXEC)) return false;
  return (flags & VM_WRITE) !== 0 || !(before & VM_EXEC);
}

/** True if a mapping is charged: private, writable, reserved. Mirrors `accountable_mapping()`. */
export function isAccountable(flags: VmFlags): boolean {
  return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE | VM_HUGETLB)) === VM_WRITE;
}

/**
 * True if the machine can promise `pages` more. Mirrors `__vm_enough_memory()`: under `never` a part
 * of the limit is kept for the administrator, and another, up to a 32nd of what the process has
 * mapped already, so that its user can still stop it.
 */
export function mayCommit(mm: MemoryDescriptor, pages: number): boolean {
  const { mode, memoryPages, limitPages, adminReservePages, userReservePages } = mm.commit;
  if (mode === "always" || pages === 0) return true;
  if (mode === "heuristic") return pages <= memoryPages;
  const kept = adminReservePages + Math.min(Math.floor(mm.totalPages / 32), userReservePages);
  return mm.commit.pages + pages < limitPages - kept;
}

/** Promises `pages` (negative to give them back). */
export function chargeCommit(mm: MemoryDescriptor, pages: number): void {
  mm.committedPages += pages;
  mm.commit.pages += pages;
}

/** The pages of a VMA with `flags` that are charged: all or none. */
export function accountedPages(flags: VmFlags, pages: number): number {
  return flags & VM_ACCOUNT ? pages : 0;
}
