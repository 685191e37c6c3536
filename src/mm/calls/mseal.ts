/**
 * mseal: no more changes. Mirrors `do_mseal()` (Linux mm/mseal.c).
 *
 * What is sealed can be neither unmapped, moved, resized, replaced nor protected otherwise until the
 * process ends; advice that throws pages away is refused where the memory cannot be written.
 *
 * @module
 */

import { cannot } from "../error.ts";
import { ADDRESS_LIMIT, isPageAligned, pageAlignUp, roundLength } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
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
 * @throws {MmError} EINVAL unaligned, flags, a range that wraps, or part of a special
 * mapping · ENOMEM a hole, a split would
 * pass max_map_count, or memory ran out
 */
export function mseal(mm: MemoryDescriptor, address: number, length: number, flags = 0): void {
  const end = address + pageAlignUp(length);
  if (!mm.rules.seal) throw cannot("seal", address, end, "ENOSYS", "this kernel has no mseal");
  if (flags !== 0) throw cannot("seal", address, end, "EINVAL", "the flags are unknown");
  if (!isPageAligned(address)) {
    throw cannot("seal", address, end, "EINVAL", "the address is not page-aligned");
  }
  if (length !== 0 && (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT)) {
    throw cannot("seal", address, end, "EINVAL", "it ends before it begins");
  }
  if (!isWhollyMapped(mm, address, end)) {
    throw cannot("seal", address, end, "ENOMEM", "part of it is not mapped");
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
