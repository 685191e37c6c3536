/**
 * remap_file_pages: another part of the file in a shared mapping. Mirrors `sys_remap_file_pages`
 * (Linux mm/mmap.c), which has been emulated by a mapping over the old one since Linux 4.0.
 *
 * @module
 */

import { cannot } from "../error.ts";
import {
  MAP_FIXED,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_POPULATE,
  MAP_SHARED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../abi/mman.ts";
import { ADDRESS_LIMIT, PAGE_SIZE, pageAlignDown, pages } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { mmap } from "./mmap.ts";
import type { Vma } from "../vma.ts";
import { VM_EXEC, VM_LOCKED, VM_READ, VM_SHARED, VM_WRITE } from "../vm_flags.ts";

/**
 * Maps the file's pages from `pageOffset` on at `[address, address + length)`, in the place of those
 * that are mapped there.
 *
 * Precondition: `address` and `length` are rounded down to whole pages; the range is mapped from one
 * open file, shared, by VMAs of the same flags, without a hole.
 * Postcondition: as after `mmap` with MAP_FIXED. A failed call changes nothing.
 *
 * @param protection 0: it stays as it is
 * @param pageOffset pages
 * @param flags MAP_NONBLOCK or 0; others are ignored
 * @throws {MmError} EINVAL a protection, an empty range, or a precondition that does not hold ·
 * EPERM a VMA in the range is sealed · and what `mmap` throws
 */
export function remapFilePages(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  protection: number,
  pageOffset: number,
  flags = 0,
): void {
  const start = pageAlignDown(address);
  const size = pageAlignDown(length);
  const end = start + size;
  if (protection !== 0) throw cannot("remap", start, end, "EINVAL", "its protection cannot change");
  if (!(size > 0) || start < 0 || end >= ADDRESS_LIMIT) {
    throw cannot("remap", start, end, "EINVAL", "it is empty");
  }
  if (pageOffset + pages(size) >= ADDRESS_LIMIT) {
    throw cannot("remap", start, end, "EINVAL", "its page offset wraps");
  }
  const vma = mm.tree.load(start);
  if (vma === undefined || vma.file === null || !(vma.flags & VM_SHARED)) {
    throw cannot("remap", start, end, "EINVAL", "it is no shared mapping");
  }
  if (!isOneMapping(mm, vma, end)) {
    throw cannot("remap", start, end, "EINVAL", "it is not one mapping of one file");
  }
  const kept = (flags & MAP_NONBLOCK) | (vma.flags & VM_LOCKED ? MAP_LOCKED : 0);
  const answer = mmap(mm, {
    address: start,
    length: size,
    protection: protectionOf(vma),
    flags: MAP_SHARED | MAP_FIXED | MAP_POPULATE | kept,
    file: vma.file,
    offset: pageOffset * PAGE_SIZE,
  });
  if (answer < 0) throw mm.refusal.error("map", start, end);
}

/** True if VMAs like `first` cover everything from it to `end`. */
function isOneMapping(mm: MemoryDescriptor, first: Vma, end: number): boolean {
  let last = first;
  while (last.end < end) {
    const next = mm.tree.after(last.start);
    if (next === undefined || next.start !== last.end) return false;
    if (next.file !== first.file || next.flags !== first.flags) return false;
    last = next;
  }
  return true;
}

function protectionOf(vma: Vma): number {
  return (vma.flags & VM_READ ? PROT_READ : 0) | (vma.flags & VM_WRITE ? PROT_WRITE : 0) |
    (vma.flags & VM_EXEC ? PROT_EXEC : 0);
}
