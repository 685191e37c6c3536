/**
 * mseal: no more changes. Mirrors `do_mseal()` (Linux mm/mseal.c).
 *
 * What is sealed can be neither unmapped, moved, resized, replaced nor protected otherwise until the
 * process ends; advice that throws pages away is refused where the memory cannot be written.
 *
 * @module
 */

import { ADDRESS_LIMIT, isPageAligned, pageAlignUp, roundLength } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { refuse } from "../refusal.ts";
import { modify, wishFor } from "../vma/modify.ts";
import { VM_SEALED } from "../vm_flags.ts";

/**
 * Seals `[address, address + length)`.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages, and 0 does
 * nothing. Postcondition: each VMA in the range has VM_SEALED. A range with a hole changes nothing;
 * where memory runs out, the VMAs before are sealed, as in the kernel.
 *
 * @param flags 0
 * @returns 0, or below 0 EINVAL: unaligned, flags, or a range that wraps · ENOMEM: a hole · ENOSYS: a kernel without it
 * @throws {MmError} EINVAL part of a special mapping · ENOMEM a split would pass max_map_count, or memory ran out
 */
export function mseal(mm: MemoryDescriptor, address: number, length: number, flags = 0): number {
  const end = address + pageAlignUp(length);
  if (!mm.rules.seal) return refuse(mm, "ENOSYS", "this kernel has no mseal");
  if (flags !== 0) return refuse(mm, "EINVAL", "the flags are unknown");
  if (!isPageAligned(address)) {
    return refuse(mm, "EINVAL", "the address is not page-aligned");
  }
  if (length !== 0 && (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT)) {
    return refuse(mm, "EINVAL", "it ends before it begins");
  }
  if (!isWhollyMapped(mm, address, end)) {
    return refuse(mm, "ENOMEM", "part of it is not mapped");
  }
  for (let at = address; at < end;) {
    const vma = mm.tree.findVma(at)!;
    const stop = Math.min(end, vma.end);
    if (!(vma.flags & VM_SEALED)) {
      const wish = wishFor(mm, vma, at, stop);
      wish.flags |= VM_SEALED;
      modify(mm, vma, wish);
    }
    at = stop;
  }
  return 0;
}

/** True if every page of the range is mapped. Mirrors `range_contains_unmapped()`. */
function isWhollyMapped(mm: MemoryDescriptor, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const vma = mm.tree.findVma(at);
    if (vma === undefined || vma.start > at) return false;
    at = vma.end;
  }
  return true;
}
