/**
 * The reverse map: from a page to everywhere it may be mapped. Mirrors `rmap_walk()` (Linux
 * mm/rmap.c) and `i_mmap`.
 *
 * ```
 *   page ──▶ mapping: anon_vma or file ──▶ interval tree by page offset ──▶ VMAs ──▶ page tables
 *     index 7                                    [5, 9] |--VMA--|
 *                                       address = start + (7 − 5) pages
 * ```
 * If a VMA is missing from the interval tree, reverse-map walks skip it and its page-table entries go stale.
 * So every VMA is linked when it enters a layout and unlinked when it leaves, and `setBounds` is
 * the only way to move one.
 *
 * @module
 */

import { lastOffset } from "./page_offset.ts";
import { IntervalTree } from "./interval_tree.ts";
import { PAGE_SIZE } from "../../abi/page.ts";
import { guarded, locksOf } from "../locks/locking.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { isFileMapping } from "./physical_memory.ts";
import type { AnonVma, FileMapping, Page, PageTable, PageTableEntry, Vma } from "../vma.ts";

/** A place where a page may be mapped. */
export interface Place {
  /** The VMA. */
  readonly vma: Vma;
  /** The page table of its address space. */
  readonly table: PageTable;
  /** Virtual page number there. */
  readonly vpn: number;
  /** What the table holds. */
  readonly entry: PageTableEntry | undefined;
}

/** Adds a VMA that has entered an address space to the reverse map. Nothing without modelled pages. */
export function linkReverseMap(mm: MemoryDescriptor, vma: Vma): void {
  if (mm.pageTable === null) return;
  vma.pageTable = mm.pageTable;
  if (vma.file === null) return;
  const mapping = mm.memory!.mappingOf(vma.file);
  vma.fileMapping = mapping;
  guarded(mm.locks, "i_mmap_rwsem", mapping, () => {
    mapping.byOffset.add(vma, vma.pageOffset, lastOffset(vma));
  });
}

/** Removes a VMA that is gone from the reverse map. */
export function unlinkReverseMap(vma: Vma): void {
  const mapping = vma.fileMapping;
  if (mapping === null) return;
  guarded(locksOf(vma), "i_mmap_rwsem", mapping, () => mapping.byOffset.delete(vma));
  vma.fileMapping = null;
}

/**
 * The VMAs that may map the page at an offset, of all address spaces. O(log n + VMAs found), and
 * O(n log n) at the first look-up of an anon_vma.
 */
export function vmasAt(mapping: AnonVma | FileMapping, index: number): Vma[] {
  return treeOf(mapping).overlapping(index, index);
}

/** Every place where a page may be mapped, whatever the page tables hold there now. */
export function placesOf(mapping: AnonVma | FileMapping, index: number): Place[] {
  const places: Place[] = [];
  for (const vma of vmasAt(mapping, index)) {
    const table = vma.pageTable!; // it was linked: pages are modelled on a whole machine or not at all
    const vpn = pageNumber(vma, index);
    places.push({ vma, table, vpn, entry: table.get(vpn) });
  }
  return places;
}

/** The places that show a page now, which must not have been given back. */
export function mappingsOf(page: Page): Place[] {
  return placesOf(page.mapping!, page.index).filter(({ entry }) =>
    entry?.kind === "present" && entry.page === page
  );
}

/** The number of the page that has the offset. Mirrors `vma_address()`. */
function pageNumber(vma: Vma, index: number): number {
  return vma.start / PAGE_SIZE + index - vma.pageOffset;
}

function treeOf(mapping: AnonVma | FileMapping): IntervalTree<Vma> {
  if (isFileMapping(mapping)) return mapping.byOffset;
  if (mapping.byOffset !== null) return mapping.byOffset;
  const tree = new IntervalTree<Vma>();
  for (const vma of mapping.vmas) tree.add(vma, vma.pageOffset, lastOffset(vma));
  return mapping.byOffset = tree;
}
