/**
 * mincore: which pages are in memory. Mirrors `sys_mincore` (Linux mm/mincore.c).
 *
 * @module
 */

import { cannot } from "../error.ts";
import { isPageAligned, PAGE_SIZE, pageAlignUp, pages } from "../../abi/page.ts";
import { hugeNumber } from "../pages/huge_page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";
import { VM_WRITE } from "../vm_flags.ts";

/** Pages of the longest answer: what an array of bytes holds. */
const LONGEST_ANSWER = 2 ** 32;

/**
 * Says of each page of `[address, address + length)` whether it is in memory.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages.
 * Postcondition: nothing has changed.
 *
 * @param vector where the program wants the answer, one byte a page; not looked at if left out
 * @returns 1 for a page that is in memory, 0 for one that is not; all 0 where pages are not
 * modelled
 * @throws {MmError} EINVAL unaligned · ENOMEM part of it is not mapped, or no user's address ·
 * EFAULT the answer cannot be written to `vector`
 */
export function mincore(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  vector?: number,
): Uint8Array {
  const end = address + pageAlignUp(length);
  if (!isPageAligned(address)) {
    throw cannot("look at", address, end, "EINVAL", "the address is not page-aligned");
  }
  if (length < 0 || address + length > mm.taskSize) {
    throw cannot("look at", address, end, "ENOMEM", "it ends beyond the user's addresses");
  }
  const count = pages(end - address);
  if (vector !== undefined && (vector < 0 || vector + count > mm.taskSize)) {
    throw cannot("write", vector, vector + count, "EFAULT", "it is no user's memory");
  }
  checkMapped(mm, address, count, vector);
  if (count > LONGEST_ANSWER) {
    throw cannot("look at", address, end, "ENOMEM", "the answer is too long to be had");
  }
  const answer = new Uint8Array(count);
  if (mm.pageTable === null) return answer;
  for (let page = 0; page < count;) {
    const vma = mm.tree.load(address + page * PAGE_SIZE)!;
    for (; page < count && address + page * PAGE_SIZE < vma.end; page++) {
      answer[page] = isResident(mm, vma, address + page * PAGE_SIZE) ? 1 : 0;
    }
  }
  return answer;
}

/**
 * Goes through the range as the kernel does, in pieces, each of which it writes out before it looks at the next. O(VMAs
 * in the range and below the answer), however many pages they have.
 */
function checkMapped(
  mm: MemoryDescriptor,
  address: number,
  count: number,
  vector: number | undefined,
): void {
  const end = address + count * PAGE_SIZE;
  // First what is not mapped, then what cannot be written up to there: of the two, the one that the kernel meets first.
  let mapped = 0;
  while (mapped < count) {
    const vma = mm.tree.load(address + mapped * PAGE_SIZE);
    if (vma === undefined) break;
    mapped = Math.min(count, pages(vma.end - address));
  }
  if (vector !== undefined && mapped > 0) checkWritable(mm, vector, vector + mapped);
  if (mapped < count) {
    throw cannot("look at", address + mapped * PAGE_SIZE, end, "ENOMEM", "it is not mapped");
  }
}

/** True if the page table shows the page, or the file's cache has it. */
function isResident(mm: MemoryDescriptor, vma: Vma, address: number): boolean {
  if (mm.pageTable === null) return false;
  if (mm.pageTable.huge.has(hugeNumber(address))) return true;
  const entry = mm.pageTable.get(address / PAGE_SIZE);
  if (entry !== undefined) return entry.kind !== "swap";
  return vma.fileMapping?.pages.has(vma.pageOffset + pages(address - vma.start)) ?? false;
}

function checkWritable(mm: MemoryDescriptor, start: number, end: number): void {
  for (let at = start; at < end;) {
    const vma = mm.tree.load(at);
    if (vma === undefined || !(vma.flags & VM_WRITE)) {
      throw cannot("write", start, end, "EFAULT", "it may not be written to");
    }
    at = vma.end;
  }
}
