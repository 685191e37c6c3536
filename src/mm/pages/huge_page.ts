/**
 * Transparent huge pages: one entry for an aligned 2 MiB of private anonymous memory. Mirrors
 * `do_huge_pmd_anonymous_page()`, `split_huge_page()`, `vma_adjust_trans_huge()` (Linux mm/huge_memory.c) and
 * `collapse_huge_page()` (mm/khugepaged.c).
 *
 * ```
 *            2 MiB                       a border falls inside, or a part is unmapped
 *   |<------ huge ------>|       ▸       |s|s|s|…|s|   512 entries, 512 pages
 *                                collapse
 *   |s|.|s|s|…|s|          ◂ khugepaged ▸   |<------ huge ------>|
 * ```
 *
 * Invariant: a huge entry lies in one VMA, wholly; so whatever moves a border splits first. No small entry stands in
 * its 2 MiB, and it is never under migration nor on the swap device: it is split before.
 *
 * Simpler than the kernel: a page that several processes show is split for all of them at once, where the kernel
 * can split the entry of one and leave the page whole.
 *
 * @module
 */

import { HUGE_PAGE_SIZE, isAligned, PAGE_SIZE } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { guarded } from "../locks/locking.ts";
import { type Frames, type HugeEntry, Page, type PageTable, type Vma } from "../vma.ts";
import { VM_HUGEPAGE, VM_NOHUGEPAGE, VM_SHARED, VM_SPECIAL, VM_WRITE } from "../vm_flags.ts";
import { pageIndex } from "./page_offset.ts";
import { isFileMapping, type PhysicalMemory, ZERO_PAGE } from "./physical_memory.ts";
import { vmasAt } from "./reverse_map.ts";

/** Pages of a huge page. */
export const HUGE_PAGES: number = HUGE_PAGE_SIZE / PAGE_SIZE;

/** The number of the 2 MiB that `address` lies in. */
export function hugeNumber(address: number): number {
  return Math.floor(address / HUGE_PAGE_SIZE);
}

/** True if the 2 MiB around `address` may be a huge page: the machine allows it, and the VMA holds and wants it. */
function isEligible(memory: PhysicalMemory, vma: Vma, start: number): boolean {
  const { flags } = vma;
  if (memory.hugePages === "never" || vma.file !== null || vma.anonVma === null) return false;
  if (flags & (VM_SHARED | VM_NOHUGEPAGE | VM_SPECIAL)) return false;
  if (memory.hugePages === "madvise" && !(flags & VM_HUGEPAGE)) return false;
  return vma.start <= start && start + HUGE_PAGE_SIZE <= vma.end;
}

/**
 * Enters a huge page around `address`, on a write to memory that shows nothing there.
 *
 * @returns false if it may not be, or so many frames are not free: then a small page serves
 */
export function enterHugePage(mm: MemoryDescriptor, vma: Vma, address: number): boolean {
  const memory = mm.memory!;
  const table = mm.pageTable!;
  const number = hugeNumber(address);
  const start = number * HUGE_PAGE_SIZE;
  if (memory.free < 2 * HUGE_PAGES || !isEligible(memory, vma, start)) return false;
  if (table.huge.has(number) || smallPages(table, start).length > 0) return false;
  const page = memory.newPage(vma.anonVma!, pageIndex(vma, start), HUGE_PAGES);
  page.mapped = 1;
  table.huge.set(number, { kind: "present", page, writable: (vma.flags & VM_WRITE) !== 0 });
  return true;
}

/**
 * Makes the small pages around `address` one huge page, as khugepaged does. Nothing else may show them.
 *
 * @returns false if it may not be: the VMA does not hold it, a page is shared, swapped out, a file's or under
 * migration, or frames are short
 */
export function collapse(mm: MemoryDescriptor, vma: Vma, address: number): boolean {
  const memory = mm.memory!;
  const table = mm.pageTable!;
  const number = hugeNumber(address);
  const start = number * HUGE_PAGE_SIZE;
  if (memory.free < 2 * HUGE_PAGES || !isEligible(memory, vma, start)) return false;
  const vpns = smallPages(table, start);
  if (vpns.length === 0 || table.huge.has(number)) return false;
  for (const vpn of vpns) {
    const entry = table.get(vpn)!;
    if (entry.kind !== "present" || entry.page === ZERO_PAGE || entry.page.locked) return false;
    if (entry.page.mapped !== 1 || entry.page.slot !== null || !entry.writable) return false;
  }
  const page = memory.newPage(vma.anonVma!, pageIndex(vma, start), HUGE_PAGES);
  page.mapped = 1;
  for (const vpn of vpns) {
    const entry = table.get(vpn)!;
    if (entry.kind !== "present") continue;
    page.stamps!.set(vpn - start / PAGE_SIZE, entry.page.stamp);
    table.delete(vpn);
    memory.release(entry.page);
  }
  table.huge.set(number, { kind: "present", page, writable: true });
  return true;
}

/** Numbers of the small pages that have an entry in the 2 MiB from `start` on. */
function smallPages(table: PageTable, start: number): number[] {
  const first = start / PAGE_SIZE;
  return table.keysIn(first, first + HUGE_PAGES - 1);
}

/**
 * Splits the huge page over `address` if it begins below: a border is about to be there. O(1) where there is none.
 * Mirrors `vma_adjust_trans_huge()`.
 *
 * Precondition: the locks of the reverse map are held, so that nothing finds the page while its VMA changes.
 */
export function splitAt(table: PageTable, address: number): void {
  const entry = cutBy(table, address);
  if (entry === undefined) return;
  const { mapping } = entry.page;
  if (mapping !== null && !isFileMapping(mapping)) {
    table.memory.locks?.demand(
      "anon_vma_lock",
      mapping.root,
      "write",
      "a border splits a huge page",
    );
  }
  splitHugePage(table.memory, entry.page);
}

/** Splits the huge page over `address` if it begins below, because a part of it is meant. */
export function splitOver(table: PageTable, address: number): void {
  const entry = cutBy(table, address);
  if (entry !== undefined) splitHugePage(table.memory, entry.page);
}

/** The huge entry that a border at `address` would cut. */
function cutBy(table: PageTable, address: number): HugeEntry | undefined {
  return isAligned(address, HUGE_PAGE_SIZE) ? undefined : table.huge.get(hugeNumber(address));
}

/** Splits every huge page in `[start, end)`. */
export function splitWithin(table: PageTable, start: number, end: number): void {
  if (table.huge.size === 0) return;
  for (const [number, { page }] of [...table.huge]) {
    if (number * HUGE_PAGE_SIZE >= end || (number + 1) * HUGE_PAGE_SIZE <= start) continue;
    if (table.huge.get(number)?.page === page) splitHugePage(table.memory, page);
  }
}

/**
 * Splits a huge page into 512 pages, in every page table that shows it. Cannot fail. O(512 · entries).
 *
 * Postcondition: each of them holds what its part of the huge page held, and is shown where the huge page was.
 */
export function splitHugePage(memory: Frames, huge: Page): void {
  const { mapping } = huge;
  if (mapping === null || isFileMapping(mapping)) return;
  guarded(memory.locks, "anon_vma_lock", mapping.root, () => splitPage(memory, huge));
}

function splitPage(memory: Frames, huge: Page): void {
  const { mapping, index, stamps } = huge;
  const shown = hugePlacesOf(huge);
  memory.displace(huge);
  for (let at = 0; at < HUGE_PAGES; at++) {
    const page = new Page(mapping, index + at);
    page.stamp = stamps!.get(at) ?? 0;
    page.mapped = shown.length;
    page.referenced = huge.referenced;
    memory.place(page);
    for (const { table, number, writable } of shown) {
      table.set(number * HUGE_PAGES + at, { kind: "present", page, writable });
    }
  }
  for (const { table, number } of shown) table.huge.delete(number);
  huge.mapping = null;
}

/** A place where a huge page is shown. */
interface HugePlace {
  readonly table: PageTable;
  readonly number: number;
  readonly writable: boolean;
}

/** Where a huge page is shown. O(log n + VMAs found). */
export function hugePlacesOf(page: Page): HugePlace[] {
  const places: HugePlace[] = [];
  for (const vma of vmasAt(page.mapping!, page.index)) {
    const table = vma.pageTable!;
    const number = hugeNumber(vma.start + (page.index - vma.pageOffset) * PAGE_SIZE);
    const entry = table.huge.get(number);
    if (entry?.page === page) places.push({ table, number, writable: entry.writable });
  }
  return places;
}
