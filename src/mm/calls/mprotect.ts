/**
 * mprotect: another protection. Mirrors `do_mprotect_pkey()` and `mprotect_fixup()` (Linux
 * mm/mprotect.c).
 *
 * @module
 */

import * as accounting from "../vma/accounting.ts";
import * as mman from "../../abi/mman.ts";
import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as modifying from "../vma/modify.ts";
import * as pageTables from "../pages/page_table.ts";
import * as populating from "./populate.ts";
import * as refusing from "../refusal.ts";
import type { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";
import type { VmFlags } from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { accountedPages, accountKind, chargeCommit, deniesWriteExec, mayCommit, mayExpand } =
  accounting;
const { PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP, PROT_READ, PROT_SEM, PROT_WRITE } = mman;
const { ADDRESS_LIMIT, isPageAligned, pageAlignUp, pages, roundLength } = page;
const { modify, wishFor } = modifying;
const { protectRange } = pageTables;
const { tryPopulate } = populating;
const { refuse, refusePart } = refusing;
const {
  VM_ACCESS_FLAGS,
  VM_ACCOUNT,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGETLB,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_NORESERVE,
  VM_READ,
  VM_SEALED,
  VM_SHARED,
  VM_WRITE,
} = vmFlags;

/** What is charged already, or is not when it becomes writable. */
const CHARGED_OR_NEVER = VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE;

const KNOWN = PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM;

/**
 * Gives `[address, address + length)` the protection, splitting and merging VMAs.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages, and 0 does
 * nothing. Postcondition: each VMA in the range has the protection. Where the range has a hole, or
 * a VMA in it may not have the protection, all before that is changed and the call fails, as in the
 * kernel; the VMA it fails at is as it was.
 *
 * @param key protection key, as for pkey_mprotect; with -1, or none, it stays
 * @returns 0, or below 0 EINVAL: unaligned, unknown protection, PROT_GROWSDOWN on what does not grow, a key where there
 * are none · ENOMEM: a hole, or a limit · EACCES: the file was not opened for this · EPERM: a VMA is sealed ·
 * ENOSYS: a key, and a kernel without pkey_mprotect
 * @throws {MmError} EINVAL part of a special mapping · ENOMEM a split would pass max_map_count, or memory ran out
 */
export function mprotect(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  protection: number,
  key?: number,
): number {
  if (key !== undefined && !mm.rules.protectWithKeys) {
    return refuse(mm, "ENOSYS", "this kernel has no pkey_mprotect");
  }
  const newKey = key ?? -1;
  const end = address + pageAlignUp(length);
  const grows = protection & (PROT_GROWSDOWN | PROT_GROWSUP);
  const wanted = protection & ~grows;
  if (grows === (PROT_GROWSDOWN | PROT_GROWSUP)) {
    return refuse(mm, "EINVAL", "it cannot grow both ways");
  }
  if (!isPageAligned(address)) return refuse(mm, "EINVAL", "the address is not page-aligned");
  if (length === 0) return 0;
  if (roundLength(length) === 0 || end >= ADDRESS_LIMIT) {
    return refuse(mm, "ENOMEM", "it ends before it begins");
  }
  if (newKey !== -1 && !mm.protectionKeys) {
    return refuse(mm, "EINVAL", "this machine has no protection keys");
  }
  if (wanted & ~KNOWN) return refuse(mm, "EINVAL", "the protection is unknown");

  let vma = mm.tree.findIntersection(address, end);
  let start = address;
  if (grows & PROT_GROWSDOWN && vma !== undefined) {
    start = vma.start;
    if (!(vma.flags & VM_GROWSDOWN)) {
      return refuse(mm, "EINVAL", "the VMA does not grow down");
    }
  } else if (grows & PROT_GROWSUP && vma !== undefined && vma.start <= address) {
    return refuse(mm, "EINVAL", "the VMA does not grow up");
  }
  while (start < end) {
    if (vma === undefined || vma.start > start) {
      return refusePart(mm, start, end, "ENOMEM", "nothing is mapped at its start");
    }
    const implied = impliedProtection(mm, vma, wanted);
    if (!stays(mm, vma, implied, newKey)) {
      const changed = protectVma(mm, vma, start, Math.min(end, vma.end), implied, newKey);
      if (typeof changed === "number") return changed;
      vma = changed;
    }
    start = vma.end;
    if (start < end) vma = mm.tree.after(vma.start);
  }
  return 0;
}

/** True if a VMA has the protection already, and may have it. */
function stays(mm: MemoryDescriptor, vma: Vma, protection: number, key: number): boolean {
  const { flags, protectionKey } = vma;
  return protectedFlags(flags, protection) === flags && (key === -1 || key === protectionKey) &&
    !(flags & VM_SEALED) && !exceeds(flags) && !deniesWriteExec(mm, flags, flags);
}

/** The flags with another protection. */
function protectedFlags(flags: VmFlags, protection: number): VmFlags {
  return (flags & ~VM_ACCESS_FLAGS) | (protection & PROT_READ ? VM_READ : 0) |
    (protection & PROT_WRITE ? VM_WRITE : 0) | (protection & PROT_EXEC ? VM_EXEC : 0);
}

/** True if the protection is more than the VM_MAY… bits permit: each stands four places above the bit it permits. */
function exceeds(flags: VmFlags): boolean {
  return (flags & ~(flags >> 4) & VM_ACCESS_FLAGS) !== 0;
}

/**
 * Gives `[start, end)` of `vma` the protection; gives the VMA that has it, or the errno below 0: nothing has changed.
 */
function protectVma(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
  protection: number,
  key: number,
): Vma | number {
  const old = vma.flags;
  const protectionKey = key === -1 ? vma.protectionKey : key;
  let flags = protectedFlags(old, protection);
  if (exceeds(flags)) {
    return refusePart(mm, start, end, "EACCES", "its file was not opened for this");
  }
  if (deniesWriteExec(mm, old, flags)) {
    return refusePart(mm, start, end, "EACCES", "PR_SET_MDWE refuses executable memory");
  }
  if (old & VM_SEALED) return refusePart(mm, start, end, "EPERM", "it is sealed");
  if (flags === old && protectionKey === vma.protectionKey) return vma;

  const size = pages(end - start);
  if (flags & VM_WRITE) {
    if (!mayExpand(mm, flags, size) && mayExpand(mm, old, size)) {
      return refusePart(mm, start, end, "ENOMEM", "a resource limit forbids it");
    }
    if (!(old & CHARGED_OR_NEVER)) {
      // A private mapping that becomes writable is charged from then on.
      if (!mayCommit(mm, size)) {
        return refusePart(mm, start, end, "ENOMEM", "so much memory cannot be promised");
      }
      flags |= VM_ACCOUNT;
    }
  } else if (mm.rules.readOnlyDropsAccount && isUnwritten(vma)) {
    flags &= ~VM_ACCOUNT;
  }
  const wish = wishFor(mm, vma, start, end);
  wish.flags = flags;
  wish.protectionKey = protectionKey;
  const changed = modify(mm, vma, wish);
  if (mm.pageTable !== null && !(flags & VM_WRITE)) protectRange(mm.pageTable, start, end);
  chargeCommit(mm, accountedPages(flags, size) - accountedPages(old, size));
  accountKind(mm, old, -size);
  accountKind(mm, flags, size);
  // Locked memory that may now be written is copied at once, not at the first write.
  const becomesWritable = (old & (VM_WRITE | VM_SHARED | VM_LOCKED)) === VM_LOCKED;
  if (becomesWritable && flags & VM_WRITE) tryPopulate(mm, start, end);
  return changed;
}

/** True for anonymous memory that was never written to, whose charge may go (`readOnlyDropsAccount`). */
function isUnwritten({ file, anonVma }: Vma): boolean {
  return file === null && anonVma === null;
}

/** With READ_IMPLIES_EXEC what may be read may be executed, where the VMA allows it. */
function impliedProtection(mm: MemoryDescriptor, vma: Vma, protection: number): number {
  const implies = mm.readImpliesExec && protection & PROT_READ && vma.flags & VM_MAYEXEC;
  return implies ? protection | PROT_EXEC : protection;
}
