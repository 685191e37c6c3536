/**
 * Making room: pages that were not used for a while give up their frames. Mirrors `shrink_folio_list()` and, for the
 * choice of a victim, a clock with one hand instead of the kernel's two lists (Linux mm/vmscan.c).
 *
 * ```
 *   anonymous          every entry becomes a swap entry             found through the anon_vma
 *   tmpfs, shared      every entry goes; the content to a slot      found through the file
 *   file on a disk     every entry goes; the content to the disk    found through the file
 * ```
 *
 * @module
 */

import type { Page } from "../vma.ts";
import { VM_LOCKED } from "../vm_flags.ts";
import { splitHugePage } from "./huge_page.ts";
import { withPageLocked } from "../locks/locking.ts";
import { clearEntry } from "./page_table.ts";
import { swapOut } from "./migrate.ts";
import { isFileMapping, type PhysicalMemory } from "./physical_memory.ts";
import { mappingsOf } from "./reverse_map.ts";

/**
 * Frees frames until `wanted` of them are free, or nothing more can be had. A page that was used since the hand last
 * passed it is left once. O(frames) at worst.
 *
 * @returns frames that were freed
 */
export function reclaim(memory: PhysicalMemory, wanted: number): number {
  const before = memory.free;
  for (let looks = 2 * memory.frames.length; looks > 0 && memory.free < wanted; looks--) {
    if (memory.hand >= memory.frames.length) memory.hand = 0;
    const page = memory.frames[memory.hand]!;
    if (page.referenced) {
      page.referenced = false;
      memory.hand++;
    } else if (!evict(memory, page)) memory.hand++;
  }
  return memory.free - before;
}

/**
 * Takes a page out of memory; a huge one is only split, and its parts are found by later looks. O(log n + entries).
 *
 * @returns false if it must stay: it is under migration, in a locked VMA, or the swap device is full
 */
export function evict(memory: PhysicalMemory, page: Page): boolean {
  const { mapping } = page;
  if (page.size > 1) {
    splitHugePage(memory, page);
    return false;
  }
  if (mapping === null || page.locked) return false;
  const places = mappingsOf(page);
  if (places.some(({ vma }) => (vma.flags & VM_LOCKED) !== 0)) return false; // folio_evictable()
  if (!isFileMapping(mapping)) {
    if (page.slot === null && memory.freeSwap < 1) return false;
    swapOut(memory, page, places);
    return true;
  }
  if (mapping.isSwapBacked) {
    if (memory.freeSwap < 1) return false;
    memory.swapSlots++;
  }
  withPageLocked(memory.locks, page, () => {
    for (const { table, vpn } of places) clearEntry(table, vpn);
  });
  page.mapped = 0;
  if (mapping.isSwapBacked || page.stamp !== 0) mapping.stored.set(page.index, page.stamp);
  mapping.pages.delete(page.index);
  memory.displace(page);
  return true;
}
