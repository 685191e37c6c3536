/**
 * msync: changed pages to their files. Mirrors `sys_msync` (Linux mm/msync.c). The model writes
 * nothing; what is left is which calls are refused.
 *
 * @module
 */

import { MS_ASYNC, MS_INVALIDATE, MS_SYNC } from "../../abi/mman.ts";
import { ADDRESS_LIMIT, isPageAligned, roundLength } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { refuse, refusePart } from "../refusal.ts";
import { VM_LOCKED, VM_SHARED } from "../vm_flags.ts";

/**
 * Checks `[address, address + length)` as a synchronisation would, and changes nothing.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages, and 0 does
 * nothing. Holes are passed over, and then make the call fail; a locked VMA ends it at once.
 *
 * @param flags MS_… bits
 * @returns 0, or below 0 EINVAL: unaligned, unknown flags, MS_ASYNC and MS_SYNC together, MS_SYNC on shared memory of
 * a file without `fsync` · ENOMEM: a hole,
 * or a range that wraps · EBUSY: MS_INVALIDATE on a locked VMA
 */
export function msync(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  flags: number,
): number {
  const end = address + roundLength(length);
  if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) {
    return refuse(mm, "EINVAL", "the flags are unknown");
  }
  if (!isPageAligned(address)) {
    return refuse(mm, "EINVAL", "the address is not page-aligned");
  }
  if (flags & MS_ASYNC && flags & MS_SYNC) {
    return refuse(mm, "EINVAL", "it cannot both wait and not");
  }
  if (end < address || end >= ADDRESS_LIMIT) {
    return refuse(mm, "ENOMEM", "it ends before it begins");
  }
  let hole = false;
  for (let at = address; at < end;) {
    const vma = mm.tree.findVma(at);
    hole ||= vma === undefined || vma.start > at;
    if (vma === undefined || vma.start >= end) break;
    if (hole && flags === MS_ASYNC) break;
    if (flags & MS_INVALIDATE && vma.flags & VM_LOCKED) {
      return refusePart(mm, vma.start, vma.end, "EBUSY", "the VMA is locked");
    }
    const isFlushed = (flags & MS_SYNC) !== 0 && (vma.flags & VM_SHARED) !== 0;
    if (isFlushed && vma.file?.unsynced) {
      return refusePart(mm, vma.start, vma.end, "EINVAL", "its file is written back nowhere");
    }
    at = vma.end;
  }
  return hole ? refuse(mm, "ENOMEM", "part of it is not mapped") : 0;
}
