/**
 * madvise: advice about a range. Mirrors `do_madvise()` (Linux mm/madvise.c).
 *
 * Some advice is written into the VMAs' flags and may split and merge them; the rest is about
 * pages, and is checked and accepted.
 *
 * @module
 */

import { advisePages } from "../pages/advise_pages.ts";
import { cannot, MmError } from "../error.ts";
import { MADV } from "../../abi/mman.ts";
import { prepareAnonVma } from "./fault.ts";
import { ADDRESS_LIMIT, isPageAligned, pageAlignUp, roundLength } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { modify } from "../vma/modify.ts";
import { pageAdviceRefusal, populates, reachesBehindFile } from "./page_advice.ts";
import type { Vma } from "../vma.ts";
import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DROPPABLE,
  VM_HUGEPAGE,
  VM_HUGETLB,
  VM_IO,
  VM_MAYBE_GUARD,
  VM_MAYSHARE,
  VM_MERGEABLE,
  VM_NOHUGEPAGE,
  VM_RAND_READ,
  VM_SEQ_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
  type VmFlags,
} from "../vm_flags.ts";

/** Advice there is; poisoning pages is for kernels with CONFIG_MEMORY_FAILURE, and not modelled. */
const KNOWN: ReadonlySet<number> = new Set(
  Object.values(MADV).filter((advice) => advice !== MADV.HWPOISON && advice !== MADV.SOFT_OFFLINE),
);

/**
 * Advises on `[address, address + length)`.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages, and 0 does
 * nothing. Postcondition: every VMA in the range heeds the advice, beyond holes too; then a hole
 * makes the call fail with ENOMEM. Where a VMA refuses, those before it have heeded it, as in the
 * kernel.
 *
 * @param advice one of {@linkcode MADV}
 * @throws {MmError} EINVAL unaligned, unknown advice, or a VMA it does not suit · ENOMEM a hole ·
 * EACCES MADV_REMOVE on what cannot be written · EPERM it would empty a sealed read-only VMA · EAGAIN
 * memory ran out, or a split would pass max_map_count · EFAULT MADV_POPULATE_… behind the end of a file
 */
export function madvise(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  advice: number,
): void {
  const end = address + pageAlignUp(length);
  const wraps = length !== 0 &&
    (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT);
  if (!KNOWN.has(advice)) {
    throw cannot("advise on", address, end, "EINVAL", "the advice is unknown");
  }
  if (!isPageAligned(address)) {
    throw cannot("advise on", address, end, "EINVAL", "the address is not page-aligned");
  }
  if (wraps) {
    throw cannot("advise on", address, end, "EINVAL", "it ends before it begins");
  }

  let hole = false;
  let at = address;
  while (at < end) {
    const vma = mm.tree.findVma(at);
    if (vma === undefined || vma.start >= end) {
      hole = true;
      break;
    }
    if (vma.start > at) hole = true;
    if (hole && populates(advice)) break;
    const stop = Math.min(end, vma.end);
    at = Math.max(stop, adviseVma(mm, vma, Math.max(at, vma.start), stop, advice).end);
  }
  if (hole) throw cannot("advise on", address, end, "ENOMEM", "part of it is not mapped");
}

function adviseVma(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
  advice: number,
): Vma {
  const refusal = pageAdviceRefusal(vma, advice);
  if (refusal !== undefined) {
    throw cannot("advise on", start, end, refusal, "the VMA does not allow the advice");
  }
  if (populates(advice) && reachesBehindFile(vma, end)) {
    throw cannot("advise on", start, end, "EFAULT", "its file ends before it");
  }
  if (advice === MADV.GUARD_INSTALL) installGuard(mm, vma);
  const flags = advisedFlags(vma, advice);
  if (flags === undefined) {
    throw cannot("advise on", start, end, "EINVAL", "the VMA does not allow the advice");
  }
  if (mm.pageTable !== null) advisePages(mm, start, end, advice);
  if (flags === vma.flags) return vma;
  try {
    return modify(mm, vma, start, end, flags);
  } catch (error) {
    if (!(error instanceof MmError) || error.code !== "ENOMEM") throw error;
    throw new MmError("EAGAIN", error.message);
  }
}

/** Guard pages need an anon_vma, and mark the whole VMA. Mirrors `madvise_guard_install()`. */
function installGuard(mm: MemoryDescriptor, vma: Vma): void {
  if (vma.file === null) prepareAnonVma(mm, vma);
  vma.flags |= VM_MAYBE_GUARD;
}

/** The flags that heed the advice, undefined if the VMA must refuse it. */
function advisedFlags(vma: Vma, advice: number): VmFlags | undefined {
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
      return flags & VM_IO ? undefined : flags & ~VM_DONTCOPY;
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
      return isSharedOrSpecial(flags) ? flags : flags | VM_MERGEABLE;
    case MADV.UNMERGEABLE:
      return flags & ~VM_MERGEABLE;
    default:
      return flags;
  }
}

/** True if same-page merging passes the VMA over. Mirrors `vma_ksm_compatible()`. */
function isSharedOrSpecial(flags: VmFlags): boolean {
  return (flags & (VM_SHARED | VM_MAYSHARE | VM_SPECIAL | VM_HUGETLB | VM_DROPPABLE)) !== 0;
}
