/**
 * The second half of mmap: a VMA in its place. What it is to be, `calls/mmap.ts` has found out by then. Mirrors
 * `mmap_region()` (Linux mm/vma.c).
 *
 * @module
 */

import * as page from "../../abi/page.ts";
import { cannot, MmError } from "../error.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as reverseMap from "../pages/reverse_map.ts";
import * as refusing from "../refusal.ts";
import { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";
import type { VmFlags } from "../vm_flags.ts";
import * as accounting from "./accounting.ts";
import * as hooks from "./hooks.ts";
import * as merging from "./merge.ts";
import * as splitting from "./split.ts";
import * as unmapping from "./unmap.ts";
import type { Removal } from "./unmap.ts";

// The file's own, as V8 looks imported names up at each use.
const {
  account,
  accountedPages,
  chargeCommit,
  isAccountable,
  mayCommit,
  mayExpand,
  supportsLock,
} = accounting;
const { pages } = page;
const { refusePart } = refusing;
const { askToMap, tellClosed } = hooks;
const { mergeNew } = merging;
const { gatherRemoval, unmapRange } = unmapping;
const { cut } = splitting;
const { linkReverseMap } = reverseMap;
const { VM_ACCOUNT, VM_DROPPABLE, VM_LOCKED, VM_LOCKED_MASK } = vmFlags;

const LIMITED = "a resource limit forbids it";

/**
 * Puts a VMA over the range that `mm.wish` describes, in the place of what lies there.
 *
 * Postcondition: a VMA covers the range, alone or merged with its neighbours. A failed call changes
 * nothing that can be accessed, with three exceptions that are the kernel's: at a limit, what lay in the
 * range has been cut out of its VMAs already; before a sealed VMA, the first one has been; where the file
 * refuses, it is gone.
 *
 * @returns 0, or below 0 ENOMEM: a resource limit or the commit limit
 * @throws {MmError} ENOMEM max_map_count, or memory ran out · EPERM a VMA replaced is sealed
 */
export function mapRegion(mm: MemoryDescriptor): number {
  const { start, end, flags } = mm.wish;
  if (!mm.rules.replaceAtOnce && !unmapFirst(mm, start, end, flags)) {
    return refusePart(mm, start, end, "ENOMEM", LIMITED);
  }
  const next = mm.tree.findVma(start);
  return next === undefined || next.start >= end ? mapFree(mm, next) : mapOver(mm, next);
}

/** Maps where nothing lies; `next` is the VMA above. */
function mapFree(mm: MemoryDescriptor, next: Vma | undefined): number {
  const { wish } = mm;
  const answer = charge(mm, wish, 0, 0);
  if (answer < 0) return answer;
  const previous = mm.tree.before(wish.start);
  settle(mm, mergeNew(mm, wish, previous, next, mm.rules.newMapping) ?? insert(mm, undefined));
  return 0;
}

/** Maps over what lies there, of which `first` is the first VMA. */
function mapOver(mm: MemoryDescriptor, first: Vma): number {
  const { wish, rules } = mm;
  const { start, end } = wish;
  const removal = gatherRemoval(mm, first, start, end);
  const answer = charge(mm, wish, removal.pages, removal.accountedPages);
  if (answer < 0) {
    // By the time the kernel looks at limits, it has cut what lay there.
    removal.abort();
    cutOut(mm, start, end);
    return answer;
  }
  const previous = removal.head ?? mm.tree.before(start);
  const next = removal.tail ?? mm.tree.findVma(end);
  let merged;
  try {
    merged = mergeNew(mm, wish, previous, next, rules.newMapping);
  } catch (error) {
    removal.abort();
    throw error;
  }
  const vma = merged ?? insert(mm, removal);
  if (removal.hole && vma.end === end) mm.tree.replace(removal.tail!);
  removal.complete();
  settle(mm, vma);
  return 0;
}

/** Makes a VMA of the wish, in the place of what `removal` takes away. */
function insert(mm: MemoryDescriptor, removal: Removal | undefined): Vma {
  const { start, end, flags, pageOffset, file, otherFlags } = mm.wish;
  const made = new Vma(start, end, flags, pageOffset, file?.below ?? file);
  made.otherFlags = otherFlags;
  askFile(mm, made, removal);
  storeVma(mm, made, removal);
  return made;
}

/** Asks the file of a new VMA. If it refuses, what was to be replaced is put back, then unmapped: as in the kernel. */
function askFile(mm: MemoryDescriptor, vma: Vma, removal: Removal | undefined): void {
  if (vma.file?.hooks?.map === undefined) return;
  try {
    askToMap(vma);
  } catch (error) {
    if (removal !== undefined) {
      removal.abort();
      unmapRange(mm, vma.start, vma.end);
    }
    throw error;
  }
}

/** Counts what was mapped. What cannot be locked is mapped all the same, and not locked. */
function settle(mm: MemoryDescriptor, vma: Vma): void {
  const { wish } = mm;
  if (wish.flags & VM_LOCKED && !mayStayLocked(mm, vma)) {
    wish.flags &= ~VM_LOCKED_MASK;
    vma.flags = wish.flags;
  }
  const size = pages(wish.end - wish.start);
  account(mm, wish.flags, size);
  chargeCommit(mm, accountedPages(wish.flags, size));
}

/** Obeys the rule `mapDroppableUnlocked`. */
function mayStayLocked(mm: MemoryDescriptor, vma: Vma): boolean {
  return supportsLock(vma) ||
    ((vma.flags & VM_DROPPABLE) !== 0 && !mm.rules.mapDroppableUnlocked);
}

/**
 * Unmaps what lies in the range after nothing but the resource limits was looked at, as kernels do that do not have the
 * rule `replaceAtOnce`: what is refused later leaves the range empty.
 *
 * @returns false if a resource limit forbids it; nothing has changed
 * @throws {MmError} ENOMEM the range cannot be unmapped; nothing has changed
 */
function unmapFirst(
  mm: MemoryDescriptor,
  start: number,
  end: number,
  flags: VmFlags,
): boolean {
  const size = pages(end - start);
  if (!mayExpand(mm, flags, size) && !mayExpand(mm, flags, size - pagesWithin(mm, start, end))) {
    return false;
  }
  try {
    unmapRange(mm, start, end);
    return true;
  } catch (error) {
    if (!(error instanceof MmError) || error.code === "EPERM") throw error;
    throw cannot("map", start, end, "ENOMEM", `what lies there stays: ${error.message}`);
  }
}

/** Pages mapped in the range. Mirrors `count_vma_pages_range()`. */
function pagesWithin(mm: MemoryDescriptor, start: number, end: number): number {
  let count = 0;
  let vma = mm.tree.findIntersection(start, end);
  for (; vma !== undefined && vma.start < end; vma = mm.tree.after(vma.start)) {
    count += pages(Math.min(end, vma.end) - Math.max(start, vma.start));
  }
  return count;
}

/**
 * Charges a mapping that is to be made in the place of `freed` pages, of which `uncharged` were charged: if it is to be
 * charged it has VM_ACCOUNT from then on.
 *
 * @returns 0, or below 0 ENOMEM: a limit forbids it
 */
function charge(mm: MemoryDescriptor, wish: Vma, freed: number, uncharged: number): number {
  const { start, end, flags } = wish;
  const size = pages(end - start);
  if (!mayExpand(mm, flags, size - freed)) {
    return refusePart(mm, start, end, "ENOMEM", LIMITED);
  }
  if (!isAccountable(flags)) return 0;
  if (!mayCommit(mm, size - uncharged)) {
    return refusePart(mm, start, end, "ENOMEM", "so much memory cannot be promised");
  }
  wish.flags |= VM_ACCOUNT;
  return 0;
}

/** Splits the VMAs that reach over an end of the range. */
function cutOut(mm: MemoryDescriptor, start: number, end: number): void {
  const first = mm.tree.findIntersection(start, end);
  if (first !== undefined && first.start < start) {
    cut(mm, first, start, Math.min(end, first.end));
  }
  const last = mm.tree.findVma(end);
  if (last !== undefined && last.start < end) cut(mm, last, Math.max(start, last.start), end);
}

/**
 * Stores a new VMA whose file has agreed; if that fails, the file is told that it is gone, and what was to be replaced
 * is put back.
 */
function storeVma(mm: MemoryDescriptor, vma: Vma, removal: Removal | undefined): void {
  try {
    mm.faultInjection.take("a VMA");
    mm.tree.prepare(vma.start, vma.end, vma);
  } catch (error) {
    tellClosed(mm, vma);
    removal?.abort();
    throw error;
  }
  mm.tree.commit();
  mm.tree.mapCount++;
  linkReverseMap(mm, vma);
}
