/**
 * brk: the end of the heap. Mirrors `sys_brk` and `do_brk_flags()` (Linux mm/mmap.c, mm/vma.c).
 *
 * @module
 */

import * as accounting from "../vma/accounting.ts";
import { MmError } from "../error.ts";
import * as page from "../../abi/page.ts";
import * as rlimits from "../rlimit.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as merging from "../vma/merge.ts";
import * as unmapping from "../vma/unmap.ts";
import * as placing from "../vma/placement.ts";
import * as populating from "./populate.ts";
import * as reverseMap from "../pages/reverse_map.ts";
import { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { account, chargeCommit, mayCommit, mayExpand, mayLock } = accounting;
const { PAGE_SIZE, pageAlignUp, pages } = page;
const { STACK_GUARD_GAP } = rlimits;
const { mergeNew } = merging;
const { unmapRange } = unmapping;
const { startWithGap } = placing;
const { tryPopulate } = populating;
const { linkReverseMap } = reverseMap;
const {
  VM_ACCOUNT,
  VM_EXEC,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_READ,
  VM_WRITE,
} = vmFlags;

const HEAP_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_ACCOUNT;

/**
 * Moves the end of the heap to `address`, or leaves it where it is if that cannot be.
 *
 * Postcondition: the heap's pages are `[startBrk, brk)` rounded up, as far as nothing else was
 * unmapped or mapped there. A refusal changes nothing and is no error: the caller sees it by the
 * result.
 *
 * @param address the new end, bytes, of any alignment
 * @returns the end of the heap as it is now
 */
export function brk(mm: MemoryDescriptor, address: number): number {
  if (address < mm.startBrk || address > mm.taskSize) return mm.brk;
  if (address - mm.startBrk > mm.limits.data) return mm.brk;
  const oldEnd = pageAlignUp(mm.brk);
  const newEnd = pageAlignUp(address);
  try {
    const done = newEnd === oldEnd ||
      (newEnd < oldEnd ? shrink(mm, newEnd, oldEnd) : expand(mm, address));
    if (done) mm.brk = address;
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
  }
  return mm.brk;
}

function shrink(mm: MemoryDescriptor, newEnd: number, oldEnd: number): boolean {
  if (mm.tree.findIntersection(newEnd, oldEnd) === undefined) return false;
  unmapRange(mm, newEnd, oldEnd);
  return true;
}

/** Grows the VMA that ends at the heap's end if it is a heap VMA, else begins a new one. */
function expand(mm: MemoryDescriptor, address: number): boolean {
  const start = pageAlignUp(mm.brk);
  const end = pageAlignUp(address);
  const size = pages(end - start);
  const flags = HEAP_FLAGS | mm.defaultFlags | (mm.mergesAny ? VM_MERGEABLE : 0) |
    (mm.readImpliesExec || mm.rules.heapExecutable ? VM_EXEC : 0);
  const above = mm.tree.findIntersection(start, end + PAGE_SIZE + STACK_GUARD_GAP);
  if (above !== undefined && end + PAGE_SIZE > startWithGap(above)) return false;
  if (!mayLock(mm, mm.defaultFlags, size) || !mayExpand(mm, flags, size)) return false;
  if (mm.tree.mapCount > mm.maxMapCount || !mayCommit(mm, size)) return false;

  const below = mm.tree.before(start);
  const previous = below !== undefined && below.end > mm.startBrk ? below : undefined;
  const vma = new Vma(start, end, flags, pages(start), null);
  if (mergeNew(mm, vma, previous, undefined) === undefined) {
    mm.faultInjection.take("a VMA");
    mm.tree.prepare(start, end, vma);
    mm.tree.commit();
    mm.tree.mapCount++;
    linkReverseMap(mm, vma);
  }
  account(mm, flags, size);
  chargeCommit(mm, size);
  if (flags & VM_LOCKED) tryPopulate(mm, start, end);
  return true;
}
