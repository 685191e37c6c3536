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

/** Pages that the kernel looks at before it hands their bytes over. */
const CHUNK_PAGES = 4096;

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
  const answer = new Uint8Array(count);
  for (let done = 0; done < count;) {
    const at = address + done * PAGE_SIZE;
    const vma = mm.tree.load(at);
    if (vma === undefined) throw cannot("look at", at, end, "ENOMEM", "it is not mapped");
    const step = Math.min(pages(vma.end - at), count - done, CHUNK_PAGES);
    for (let page = 0; page < step; page++) {
      answer[done + page] = isResident(mm, vma, at + page * PAGE_SIZE) ? 1 : 0;
    }
    if (vector !== undefined) checkWritable(mm, vector + done, vector + done + step);
    done += step;
  }
  return answer;
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
