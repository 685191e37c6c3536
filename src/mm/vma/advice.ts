/**
 * Advice and VMAs: which VMA refuses which advice, and which flags record it. Mirrors `madvise_remove()`,
 * `madvise_dontneed_free()`, `can_madv_lru_vma()`, `madvise_collapse()`, `is_valid_guard_vma()`, `madvise_populate()`
 * and `madvise_vma_behavior()` (Linux mm/madvise.c, mm/khugepaged.c).
 *
 * @module
 */

import type { LockMode } from "../locks/lock_checker.ts";
import type { Errno } from "../../abi/errno.ts";
import { MADV } from "../../abi/mman.ts";
import { HUGE_PAGE_SIZE, pages } from "../../abi/page.ts";
import type { KernelRules } from "../rules/kernel_rules.ts";
import type { Vma } from "../vma.ts";
import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DROPPABLE,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_RAND_READ,
  VM_READ,
  VM_SEALED,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
  VM_WRITE,
  type VmFlags,
} from "../vm_flags.ts";

/** What would throw pages away that a sealed read-only VMA must keep. Mirrors `is_discard()`. */
const DISCARDS: ReadonlySet<number> = new Set([
  MADV.DONTNEED,
  MADV.DONTNEED_LOCKED,
  MADV.FREE,
  MADV.REMOVE,
  MADV.DONTFORK,
  MADV.WIPEONFORK,
  MADV.GUARD_INSTALL,
]);

/** Why the VMA refuses the advice, undefined if it heeds it or the advice is not about pages. */
export function pageAdviceRefusal(
  vma: Vma,
  advice: number,
  rules: KernelRules,
): Errno | undefined {
  const { flags, file, special } = vma;
  const sealed = flags & VM_SEALED && !(flags & VM_WRITE) && file === null;
  if (sealed && DISCARDS.has(advice)) return "EPERM";
  switch (advice) {
    case MADV.REMOVE:
      if (flags & VM_LOCKED || file === null) return "EINVAL";
      return flags & VM_SHARED && flags & (rules.sealedMapsForReading ? VM_MAYWRITE : VM_WRITE)
        ? undefined
        : "EACCES";
    case MADV.DONTNEED:
      return flags & (VM_LOCKED | VM_PFNMAP) ? "EINVAL" : undefined;
    case MADV.DONTNEED_LOCKED:
      return flags & VM_PFNMAP ? "EINVAL" : undefined;
    case MADV.FREE:
      return flags & (VM_LOCKED | VM_PFNMAP) || file !== null || special !== null
        ? "EINVAL"
        : undefined;
    case MADV.COLD:
    case MADV.PAGEOUT:
      return flags & (VM_LOCKED | VM_PFNMAP | VM_HUGETLB) ? "EINVAL" : undefined;
    case MADV.COLLAPSE:
      return holdsHugePage(vma) && !(flags & (VM_NOHUGEPAGE | VM_SPECIAL)) ? undefined : "EINVAL";
    case MADV.GUARD_INSTALL:
      return flags & VM_LOCKED || !takesGuards(vma, rules) ? "EINVAL" : undefined;
    case MADV.GUARD_REMOVE:
      return takesGuards(vma, rules) ? undefined : "EINVAL";
    case MADV.POPULATE_READ:
      return flags & VM_READ && !(flags & (VM_IO | VM_PFNMAP)) ? undefined : "EINVAL";
    case MADV.POPULATE_WRITE:
      return flags & VM_WRITE && !(flags & (VM_IO | VM_PFNMAP)) ? undefined : "EINVAL";
    default:
      return undefined;
  }
}

/** Obeys the rule `guardFiles`. */
function takesGuards({ flags, file }: Vma, rules: KernelRules): boolean {
  return !(flags & (VM_HUGETLB | VM_SPECIAL)) && (file === null || rules.guardFiles);
}

/** True if the range ends after the end of the VMA's file, as far as that is known. */
export function reachesPastFile(vma: Vma, end: number): boolean {
  const reach = vma.pageOffset + pages(end - vma.start);
  return vma.file !== null && reach > (vma.file.pages ?? Infinity);
}

/** How advice takes mmap_lock: for writing if it changes VMAs. Mirrors `get_lock_mode()`. */
export function adviceLock(advice: number): LockMode {
  return ABOUT_PAGES.has(advice) ? "read" : "write";
}

/** Advice about pages, which leaves VMAs as they are. */
const ABOUT_PAGES: ReadonlySet<number> = new Set([
  MADV.WILLNEED,
  MADV.DONTNEED,
  MADV.DONTNEED_LOCKED,
  MADV.FREE,
  MADV.REMOVE,
  MADV.COLD,
  MADV.PAGEOUT,
  MADV.POPULATE_READ,
  MADV.POPULATE_WRITE,
  MADV.COLLAPSE,
  MADV.GUARD_INSTALL,
  MADV.GUARD_REMOVE,
]);

/** True for the advice that faults pages in, and so stops at the first hole. */
export function populates(advice: number): boolean {
  return advice === MADV.POPULATE_READ || advice === MADV.POPULATE_WRITE;
}

function holdsHugePage(vma: Vma): boolean {
  const first = Math.ceil(vma.start / HUGE_PAGE_SIZE) * HUGE_PAGE_SIZE;
  return first + HUGE_PAGE_SIZE <= vma.end;
}

/** The flags that heed the advice, undefined if the VMA must refuse it. */
export function advisedFlags(vma: Vma, advice: number, rules: KernelRules): VmFlags | undefined {
  const { flags } = vma;
  switch (advice) {
    case MADV.NORMAL:
      return flags & ~(VM_RAND_READ | VM_SEQ_READ);
    case MADV.SEQUENTIAL:
      return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
    case MADV.RANDOM:
      return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
    case MADV.DONTFORK:
      return flags | VM_DONTCOPY;
    case MADV.DOFORK:
      return flags & (rules.doForkRefusesSpecial ? VM_SPECIAL : VM_IO)
        ? undefined
        : flags & ~VM_DONTCOPY;
    case MADV.WIPEONFORK:
      return vma.file !== null || flags & VM_SHARED ? undefined : flags | VM_WIPEONFORK;
    case MADV.KEEPONFORK:
      return flags & VM_DROPPABLE ? undefined : flags & ~VM_WIPEONFORK;
    case MADV.DONTDUMP:
      return flags | VM_DONTDUMP;
    case MADV.DODUMP:
      return flags & (VM_SPECIAL | VM_DROPPABLE) ? undefined : flags & ~VM_DONTDUMP;
    case MADV.HUGEPAGE:
      return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
    case MADV.NOHUGEPAGE:
      return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
    case MADV.MERGEABLE:
      return mayMergePages(flags) ? flags | VM_MERGEABLE : flags;
    case MADV.UNMERGEABLE:
      return flags & ~VM_MERGEABLE;
    default:
      return flags;
  }
}

/** True unless same-page merging passes a VMA with these flags over. Mirrors `vma_ksm_compatible()`. */
export function mayMergePages(flags: VmFlags): boolean {
  return (flags & (VM_SHARED | VM_MAYSHARE | VM_SPECIAL | VM_HUGETLB | VM_DROPPABLE)) === 0;
}
