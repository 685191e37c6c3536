/**
 * munmap: a range is free again. Mirrors `do_vmi_munmap()` (Linux mm/vma.c).
 *
 * @module
 */

import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as refusing from "../refusal.ts";
import * as unmapping from "../vma/unmap.ts";

// The file's own, as V8 looks imported names up at each use.
const { isPageAligned, pageAlignUp } = page;
const { refuse } = refusing;
const { unmapRange } = unmapping;

/**
 * Unmaps `[address, address + length)`, trimming or splitting the VMAs at its ends. Mirrors
 * `do_vmi_munmap()` (Linux mm/vma.c).
 *
 * Precondition: `address` is page-aligned, `length > 0` bytes; it is rounded up to whole pages.
 * Postcondition: no VMA intersects the range; `mapCount` has changed by splits − removals.
 * A failed call unmaps nothing; where it was a later VMA that may not go, the first one has been split at
 * `address`, as in the kernel.
 *
 * @param address first byte, page-aligned
 * @param length bytes
 * @returns 0, or below 0 EINVAL: unaligned, empty, or beyond the user's addresses
 * @throws {MmError} EINVAL part of a special mapping · ENOMEM a split would pass max_map_count, or memory ran out ·
 * EPERM a VMA in the range is sealed
 */
export function munmap(mm: MemoryDescriptor, address: number, length: number): number {
  const end = address + pageAlignUp(length);
  if (!isPageAligned(address)) return refuse(mm, "EINVAL", "the address is not page-aligned");
  if (!(length > 0)) return refuse(mm, "EINVAL", "it is empty");
  if (address < 0 || end > mm.taskSize) {
    return refuse(mm, "EINVAL", "it ends beyond the user's addresses");
  }
  unmapRange(mm, address, end);
  return 0;
}
