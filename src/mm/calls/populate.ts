/**
 * Faulting pages in ahead of their use: what locking and MAP_POPULATE do. Mirrors `__mm_populate()`
 * and `populate_vma_page_range()` (Linux mm/gup.c).
 *
 * @module
 */

import { cannot, MmError } from "../error.ts";
import { fault, mapsHugePage, prepareAnonVma } from "./fault.ts";
import { PAGE_SIZE } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { reachesPastFile } from "../vma/advice.ts";
import { lacksHugePages } from "../vma/huge_pool.ts";
import type { Vma } from "../vma.ts";
import {
  VM_ACCESS_FLAGS,
  VM_IO,
  VM_LOCKONFAULT,
  VM_MAYBE_GUARD,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../vm_flags.ts";

/**
 * Faults in what is mapped of `[start, end)`: private memory that may be written as a write does, so
 * that it has an anon_vma from then on; the rest as a read does. What is locked only as it is faulted
 * in is passed over; obeys the rule `lockOnFaultPasses`. Where memory runs out, the page is left to its first use.
 *
 * @throws {MmError} ENOMEM a VMA may not be accessed, or its file ends before it; the VMAs before it
 * are faulted in
 */
export function populate(mm: MemoryDescriptor, start: number, end: number): void {
  forEachVma(mm, start, end, (vma, from, to) => populateVma(mm, vma, from, to));
}

/**
 * The same for callers to whom it makes no difference: a VMA whose pages cannot be had is passed over.
 * Mirrors `mm_populate()`.
 */
export function tryPopulate(mm: MemoryDescriptor, start: number, end: number): void {
  forEachVma(mm, start, end, (vma, from, to) => {
    unlessRefused(() => populateVma(mm, vma, from, to));
  });
}

function forEachVma(
  mm: MemoryDescriptor,
  start: number,
  end: number,
  act: (vma: Vma, start: number, end: number) => void,
): void {
  let vma = start < end ? mm.tree.findVma(start) : undefined;
  for (; vma !== undefined && vma.start < end; vma = mm.tree.after(vma.start)) {
    if (vma.flags & (VM_IO | VM_PFNMAP)) continue;
    act(vma, Math.max(start, vma.start), Math.min(end, vma.end));
  }
}

function populateVma(mm: MemoryDescriptor, vma: Vma, start: number, end: number): void {
  if (!(vma.flags & VM_LOCKONFAULT) || !mm.rules.lockOnFaultPasses) refuseUnreachable(vma);
  if (vma.flags & VM_LOCKONFAULT) return;
  if (lacksHugePages(mm.hugePool, vma)) {
    throw cannot("fault in", vma.start, vma.end, "ENOMEM", "no huge page is free");
  }
  enter(mm, vma, start, end);
  if (reachesPastFile(vma, end)) {
    throw cannot("fault in", vma.start, vma.end, "ENOMEM", "its file ends before it");
  }
}

/** Throws where the kernel could not reach pages. Mirrors `check_vma_flags()`. */
function refuseUnreachable(vma: Vma): void {
  if (!(vma.flags & VM_ACCESS_FLAGS)) {
    throw cannot("fault in", vma.start, vma.end, "ENOMEM", "its pages may not be accessed");
  }
  if (vma.file?.secret) {
    throw cannot("fault in", vma.start, vma.end, "ENOMEM", "the kernel cannot reach its pages");
  }
}

/**
 * Which pages are guard pages is not modelled, and the kernel stops at the first one: a VMA that may have
 * some is left to its first use.
 */
function enter(mm: MemoryDescriptor, vma: Vma, start: number, end: number): void {
  if (vma.flags & VM_MAYBE_GUARD) return;
  const writes = (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
  unlessRefused(() => {
    if (writes || mapsHugePage(mm, vma, start, end)) prepareAnonVma(mm, vma);
    if (mm.pageTable === null || !(vma.flags & (VM_READ | VM_WRITE))) return;
    const access = writes ? "write" : vma.flags & VM_READ ? "read" : "force";
    for (let at = start; at < end; at += PAGE_SIZE) fault(mm, at, access);
  });
}

function unlessRefused(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
  }
}
