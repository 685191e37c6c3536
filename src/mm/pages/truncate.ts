/**
 * Cutting a file short: its pages beyond the new end leave every page table, then the page cache. Mirrors
 * `truncate_pagecache()` and `unmap_mapping_range()` (Linux mm/truncate.c, mm/memory.c).
 *
 * Copies that private mappings have made of such pages go too, as in the kernel (`even_cows`).
 *
 * @module
 */

import type { FileMapping } from "../vma.ts";
import { guarded } from "../locks/locking.ts";
import { clearEntry, dropEntry } from "./page_table.ts";
import type { PhysicalMemory } from "./physical_memory.ts";
import { placesOf } from "./reverse_map.ts";

/**
 * Cuts a file to `length` pages. A fault beyond ends in SIGBUS from then on. O(pages beyond · mappings).
 *
 * Precondition: no page beyond is under migration; the kernel waits for such a page's lock.
 *
 * @param last the last page that a mapping may show, so that copies beyond the page cache are found too
 */
export function truncate(
  memory: PhysicalMemory,
  mapping: FileMapping,
  length: number,
  last: number,
): void {
  mapping.length = length;
  guarded(memory.locks, "i_mmap_rwsem", mapping, () => {
    for (let index = length; index <= last; index++) unmapIndex(memory, mapping, index);
  });
  for (const [index, page] of mapping.pages) {
    if (index < length) continue;
    mapping.pages.delete(index);
    page.mapping = null;
    memory.displace(page);
  }
  for (const index of mapping.stored.keys()) {
    if (index >= length && mapping.stored.delete(index) && mapping.isSwapBacked) memory.swapSlots--;
  }
}

/** Takes the page at an offset of a file out of every page table. */
function unmapIndex(memory: PhysicalMemory, mapping: FileMapping, index: number): void {
  for (const { table, vpn, entry } of placesOf(mapping, index)) {
    if (entry === undefined) continue;
    clearEntry(table, vpn);
    dropEntry(memory, entry);
  }
}
