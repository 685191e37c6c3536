/**
 * Checks the page table of an address space against its VMAs and the reverse map.
 *
 * Rules: each entry lies in a VMA · a page under migration is locked, else its migration is over and
 * has left the entry behind · the reverse map of an entry's page leads back to the entry · `mapped`
 * is the number of entries that the reverse map finds · what may be written lies in a writable VMA,
 * and in private memory belongs to no other entry · a swap slot that is pointed to has references · interval
 * trees hold each VMA under its page offsets.
 *
 * @module
 */

import { HUGE_PAGES, hugePlacesOf } from "../pages/huge_page.ts";
import type { IntervalTree } from "../pages/interval_tree.ts";
import { lastOffset, pageIndex } from "../pages/page_offset.ts";
import { MmInvariantError } from "../error.ts";
import { PAGE_SIZE } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { checkMigration } from "../pages/page_table.ts";
import { isFileMapping, ZERO_PAGE } from "../pages/physical_memory.ts";
import { countMappings } from "../pages/reverse_map.ts";
import type { Page, PageTable, PageTableEntry, Vma } from "../vma.ts";
import { VM_SHARED, VM_WRITE } from "../vm_flags.ts";

/**
 * Checks every entry. O(n log n).
 *
 * @throws {MmInvariantError} naming the rule and the page
 */
export function validatePages(mm: MemoryDescriptor, table: PageTable): void {
  for (const vpn of table.keys()) {
    const entry = table.get(vpn)!;
    const vma = checkEntry(mm, vpn, entry);
    if (entry.kind === "swap") continue;
    if (entry.page !== ZERO_PAGE) checkReverseMap(vma, vpn, entry.page, entry.kind);
    if (entry.writable) checkWritable(vma, vpn, entry);
  }
  for (const number of table.huge.keys()) checkHugeEntry(mm, table, number);
  for (const vma of mm.tree.vmas()) checkTrees(vma);
}

/**
 * Checks the entry of one page, if there is one, but for what takes a walk over all that map the page: whether its
 * count of entries is right. O(log n).
 *
 * @throws {MmInvariantError} naming the rule and the page
 */
export function validateEntry(mm: MemoryDescriptor, vpn: number): void {
  const entry = mm.pageTable?.get(vpn);
  if (entry === undefined) return;
  const vma = checkEntry(mm, vpn, entry);
  if (entry.kind !== "swap" && entry.writable) checkWritable(vma, vpn, entry);
}

/** Checks that an entry, its VMA and its page belong together; gives the VMA. */
function checkEntry(mm: MemoryDescriptor, vpn: number, entry: PageTableEntry): Vma {
  const vma = mm.tree.load(vpn * PAGE_SIZE);
  if (vma === undefined) throw broken(vpn, "its page table entry lies in no VMA");
  checkMigration(entry, vpn);
  if (entry.kind === "swap") {
    if (entry.slot.references < 1) throw broken(vpn, "its swap slot has no references");
    return vma;
  }
  if (entry.page === ZERO_PAGE) return vma;
  const { mapping, index } = entry.page;
  if (mapping === null) throw broken(vpn, "it shows a page that was given back");
  const holds = isFileMapping(mapping) ? mapping.byOffset.has(vma) : mapping.vmas.has(vma);
  if (!holds || pageIndex(vma, vpn * PAGE_SIZE) !== index) {
    throw broken(vpn, "the reverse map of its page misses it");
  }
  return vma;
}

/** A huge entry lies in one VMA of private anonymous memory, alone, and its page finds it. */
function checkHugeEntry(mm: MemoryDescriptor, table: PageTable, number: number): void {
  const { page, writable } = table.huge.get(number)!;
  const vpn = number * HUGE_PAGES;
  const vma = mm.tree.load(vpn * PAGE_SIZE);
  if (vma === undefined || vma.end < (vpn + HUGE_PAGES) * PAGE_SIZE) {
    throw broken(vpn, "its huge page does not lie in one VMA");
  }
  for (let at = vpn; at < vpn + HUGE_PAGES; at++) {
    if (table.has(at)) throw broken(at, "it has an entry of its own inside a huge page");
  }
  if (page.mapping === null || page.size !== HUGE_PAGES) {
    throw broken(vpn, "its huge entry shows a page that was split or given back");
  }
  const places = hugePlacesOf(page);
  if (!places.some((place) => place.table === table && place.number === number)) {
    throw broken(vpn, "the reverse map of its huge page misses it");
  }
  if (places.length !== page.mapped) {
    const found = places.length;
    throw broken(
      vpn,
      `its huge page counts ${page.mapped} entries, the reverse map finds ${found}`,
    );
  }
  if (!writable) return;
  if (!(vma.flags & VM_WRITE)) throw broken(vpn, "it may be written, but its VMA may not");
  if (page.mapped !== 1) throw broken(vpn, "a huge page that others have too may be written");
}

/** A search from the page finds the entry, and as many as the page counts. */
function checkReverseMap(
  vma: Vma,
  vpn: number,
  page: Page,
  kind: PageTableEntry["kind"],
): void {
  const mapped = countMappings(page, vma);
  if (mapped === undefined) throw broken(vpn, "the reverse map of its page misses it");
  if (kind !== "present") return;
  if (mapped === page.mapped) return;
  throw broken(vpn, `its page counts ${page.mapped} entries, the reverse map finds ${mapped}`);
}

function checkWritable(vma: Vma, vpn: number, entry: PageTableEntry): void {
  if (!(vma.flags & VM_WRITE)) throw broken(vpn, "it may be written, but its VMA may not");
  if (vma.flags & VM_SHARED || entry.kind !== "present") return;
  const { mapping, mapped } = entry.page;
  if (mapping === null || isFileMapping(mapping) || mapped !== 1) {
    throw broken(vpn, "private memory may be written through a page that others have too");
  }
}

/** Each tree that holds the VMA finds it at its first and its last page. */
function checkTrees(vma: Vma): void {
  for (const { byOffset } of vma.anonVmaChain) if (byOffset !== null) checkTree(byOffset, vma);
  if (vma.fileMapping !== null) checkTree(vma.fileMapping.byOffset, vma);
}

function checkTree(tree: IntervalTree<Vma>, vma: Vma): void {
  if (tree.finds(vma, vma.pageOffset) && tree.finds(vma, lastOffset(vma))) return;
  throw new MmInvariantError("the reverse map does not find it by its page offsets", vma);
}

function broken(vpn: number, rule: string): MmInvariantError {
  const start = vpn * PAGE_SIZE;
  return new MmInvariantError(rule, { start, end: start + PAGE_SIZE });
}
