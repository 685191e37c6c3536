/**
 * Advice about pages: which VMAs refuse it. Mirrors `madvise_remove()`, `madvise_dontneed_free()`,
 * `can_madv_lru_vma()`, `madvise_collapse()`, `is_valid_guard_vma()` and `madvise_populate()` (Linux
 * mm/madvise.c, mm/khugepaged.c).
 *
 * @module
 */

import type { Errno } from "../../abi/errno.ts";
import { MADV } from "../../abi/mman.ts";
import { HUGE_PAGE_SIZE, pages } from "../../abi/page.ts";
import type { Vma } from "../vma.ts";
import {
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_READ,
  VM_SEALED,
  VM_SHARED,
  VM_SPECIAL,
  VM_WRITE,
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
export function pageAdviceRefusal(vma: Vma, advice: number): Errno | undefined {
  const { flags, file, special } = vma;
  const sealed = flags & VM_SEALED && !(flags & VM_WRITE) && file === null;
  if (sealed && DISCARDS.has(advice)) return "EPERM";
  switch (advice) {
    case MADV.REMOVE:
      if (flags & VM_LOCKED || file === null) return "EINVAL";
      return flags & VM_SHARED && flags & VM_MAYWRITE ? undefined : "EACCES";
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
      return flags & (VM_HUGETLB | VM_SPECIAL | VM_LOCKED) ? "EINVAL" : undefined;
    case MADV.GUARD_REMOVE:
      return flags & (VM_HUGETLB | VM_SPECIAL) ? "EINVAL" : undefined;
    case MADV.POPULATE_READ:
      return flags & VM_READ && !(flags & (VM_IO | VM_PFNMAP)) ? undefined : "EINVAL";
    case MADV.POPULATE_WRITE:
      return flags & VM_WRITE && !(flags & (VM_IO | VM_PFNMAP)) ? undefined : "EINVAL";
    default:
      return undefined;
  }
}

/** True if the range ends behind the end of the VMA's file, as far as that is known. */
export function reachesBehindFile(vma: Vma, end: number): boolean {
  const reach = vma.pageOffset + pages(end - vma.start);
  return vma.file !== null && reach > (vma.file.pages ?? Infinity);
}

/** True for the advice that faults pages in, and so stops at the first hole. */
export function populates(advice: number): boolean {
  return advice === MADV.POPULATE_READ || advice === MADV.POPULATE_WRITE;
}

function holdsHugePage(vma: Vma): boolean {
  const first = Math.ceil(vma.start / HUGE_PAGE_SIZE) * HUGE_PAGE_SIZE;
  return first + HUGE_PAGE_SIZE <= vma.end;
}
