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

/**
 * Adds a VMA that has entered an address space to the reverse map. Nothing without modelled pages.
 *
 * @param known the mapping of its file on this machine, where that need not be looked up
 */
export function linkReverseMap(
  mm: MemoryDescriptor,
  vma: Vma,
  known: FileMapping | null = null,
): void {
  if (mm.pageTable === null) return;
  vma.pageTable = mm.pageTable;
  if (vma.file === null) return;
  const mapping = known ?? mm.memory!.mappingOf(vma.file);
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

/**
 * The places that show a page now, which must not have been given back. O(log n) for each entry where the VMAs that
 * entered it have not changed; else O(log n + VMAs that may map it), up to the one with which the page's count of
 * entries is full (`folio_not_mapped()`).
 */
export function mappingsOf(page: Page): Place[] {
  return placesWith(page, "present", page.mapped);
}

/** The places that still wait for a page under migration. As fast as {@linkcode mappingsOf}. */
export function migrationsOf(page: Page): Place[] {
  return placesWith(page, "migration", page.migrating);
}

/** The first `count` places with such an entry for the page. */
function placesWith(page: Page, kind: "present" | "migration", count: number): Place[] {
  if (count === 0) return [];
  const { index, shownBy } = page;
  const tree = treeOf(page.mapping!);
  const places: Place[] = [];
  const add = (vma: Vma) => {
    const table = vma.pageTable!;
    const vpn = pageNumber(vma, index);
    const entry = table.get(vpn);
    if (entry === undefined || entry.kind !== kind || entry.page !== page) return false;
    return places.push({ vma, table, vpn, entry }) === count;
  };
  if (shownBy !== null && shownBy.length >= count) {
    for (const vma of shownBy) if (tree.finds(vma, index) && add(vma)) return places;
    places.length = 0;
  }
  tree.some(index, add);
  page.shownBy = places.map(({ vma }) => vma);
  return places;
}

/** VMAs that a page may remember beyond those that show it, and twice as many. */
const SPARE = 2;

/** Notes that a page was entered through a VMA, for walks to look there first. Amortised O(entries). */
export function noteShown(page: Page, vma: Vma): void {
  const { shownBy, mapped, index } = page;
  if (shownBy === null) page.shownBy = [vma];
  else if (!shownBy.includes(vma)) shownBy.push(vma);
  if (shownBy === null || shownBy.length <= 2 * mapped + SPARE) return;
  page.shownBy = shownBy.filter(({ pageTable, start, pageOffset }) => {
    const entry = pageTable!.get(start / PAGE_SIZE + index - pageOffset);
    return entry !== undefined && entry.kind !== "swap" && entry.page === page;
  });
}

/**
 * How many places show a page now, whatever it counts itself; undefined if the walk does not come upon `vma`.
 * O(log n + VMAs that may map it).
 */
export function countMappings(page: Page, vma: Vma): number | undefined {
  const { mapping, index } = page;
  let count = 0;
  let found = false;
  treeOf(mapping!).some(index, (other) => {
    if (other === vma) found = true;
    const entry = other.pageTable!.get(pageNumber(other, index));
    if (entry?.kind === "present" && entry.page === page) count++;
    return false;
  });
  return found ? count : undefined;
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
