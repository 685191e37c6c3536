/**
 * shmat and shmdt: System V shared memory. Mirrors `do_shmat()` and `ksys_shmdt()` (Linux
 * ipc/shm.c).
 *
 * Each attachment is an open file of its own, so two never merge; the segment counts the VMAs that
 * map it.
 *
 * @module
 */

import { cannot } from "../error.ts";
import {
  MAP_FIXED,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  SHM_EXEC,
  SHM_RDONLY,
  SHM_REMAP,
  SHM_RND,
} from "../../abi/mman.ts";
import { ADDRESS_LIMIT, isPageAligned, pageAlignDown, pageAlignUp, pages } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { mmap } from "./mmap.ts";
import { unmapRange } from "../vma/unmap.ts";
import type { MappedFile, SharedSegment, Vma } from "../vma.ts";

/**
 * Attaches a segment and says where.
 *
 * Postcondition: the whole segment is mapped, shared. A failed call changes nothing.
 *
 * @param address where to, 0 for anywhere; with SHM_RND rounded down to a page
 * @param flags SHM_… bits
 * @throws {MmError} EINVAL unaligned without SHM_RND, something is mapped there without SHM_REMAP,
 * or SHM_REMAP without an address · and what `mmap` throws
 */
export function shmat(
  mm: MemoryDescriptor,
  segment: SharedSegment,
  address = 0,
  flags = 0,
): number {
  const size = pageAlignUp(segment.bytes);
  const end = address + size;
  let start = address;
  if (!isPageAligned(address)) {
    if (!(flags & SHM_RND)) {
      throw cannot("attach", address, end, "EINVAL", "the address is not page-aligned");
    }
    start = pageAlignDown(address);
  }
  if (start === 0 && flags & SHM_REMAP) {
    throw cannot("attach", address, end, "EINVAL", "there is no address to replace at");
  }
  if (start < 0 || end >= ADDRESS_LIMIT) {
    throw cannot("attach", address, end, "EINVAL", "it ends before it begins");
  }
  if (start !== 0 && !(flags & SHM_REMAP) && mm.tree.findIntersection(start, start + size)) {
    throw cannot("attach", start, start + size, "EINVAL", "something is mapped there");
  }
  const writable = (flags & SHM_RDONLY) === 0;
  const answer = mmap(mm, {
    address: start,
    length: segment.bytes,
    protection: PROT_READ | (writable ? PROT_WRITE : 0) | (flags & SHM_EXEC ? PROT_EXEC : 0),
    flags: MAP_SHARED | (address === 0 ? 0 : MAP_FIXED),
    file: attachment(segment, writable),
  });
  if (answer < 0) throw mm.refusal.error("map", start, start + segment.bytes);
  return answer;
}

/**
 * Detaches the segment that is attached at `address`: all that is left of it.
 *
 * Postcondition: no VMA of that attachment is mapped. A failed call changes nothing, but where
 * memory runs out or a part is sealed, those before it are gone.
 *
 * @throws {MmError} EINVAL unaligned, or nothing is attached there · ENOMEM memory ran out · EPERM
 * a VMA is sealed
 */
export function shmdt(mm: MemoryDescriptor, address: number): void {
  if (!isPageAligned(address) || address < 0) {
    throw cannot("detach", address, address, "EINVAL", "the address is not page-aligned");
  }
  let vma = mm.tree.findVma(address);
  while (vma !== undefined && !isAttachedAt(vma, address)) vma = mm.tree.after(vma.start);
  if (vma === undefined) {
    throw cannot("detach", address, address, "EINVAL", "no segment is attached there");
  }
  const { file } = vma;
  const limit = address + pageAlignUp(file!.segment!.bytes);
  do {
    const { start, end } = vma;
    const next = mm.tree.after(start);
    if (vma.file === file && isAttachedAt(vma, address)) unmapRange(mm, start, end);
    vma = next;
  } while (vma !== undefined && vma.end <= limit);
}

/** True if a VMA is part of a segment that begins at `address`. */
function isAttachedAt(vma: Vma, address: number): boolean {
  return vma.file?.segment !== undefined && vma.start >= address &&
    pages(vma.start - address) === vma.pageOffset;
}

/** One more open file of the segment; it counts the VMAs. */
function attachment(segment: SharedSegment, writable: boolean): MappedFile {
  const opened = (): void => {
    segment.attached++;
  };
  const closed = (): void => {
    segment.attached--;
  };
  return {
    ...segment.file,
    unlinked: false, // its hooks take the place of shared memory's own
    writable,
    pages: pages(pageAlignUp(segment.bytes)),
    segment,
    hooks: { map: opened, open: opened, close: closed },
  };
}
