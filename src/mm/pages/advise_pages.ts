/**
 * What advice does to pages, where pages are modelled. Mirrors `madvise_dontneed_single_vma()`,
 * `madvise_pageout()` and `madvise_populate()` (Linux mm/madvise.c).
 *
 * @module
 */

import { fault } from "../calls/fault.ts";
import { MADV } from "../../abi/mman.ts";
import { PAGE_SIZE } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { swapOut } from "./migrate.ts";
import { vpnsIn, zapRange } from "./page_table.ts";
import { splitWithin } from "./huge_page.ts";
import { isFileMapping } from "./physical_memory.ts";

/** Advice after which the pages are gone. */
const DISCARDS: ReadonlySet<number> = new Set([
  MADV.DONTNEED,
  MADV.DONTNEED_LOCKED,
  MADV.FREE,
  MADV.REMOVE,
  MADV.GUARD_INSTALL,
]);

/**
 * Heeds advice about the pages of `[start, end)`, which a VMA holds that has not refused it.
 *
 * @throws {MmError} ENOMEM memory ran out · EAGAIN a page is under migration
 */
export function advisePages(
  mm: MemoryDescriptor,
  start: number,
  end: number,
  advice: number,
): void {
  const table = mm.pageTable!;
  const memory = mm.memory!;
  if (DISCARDS.has(advice)) zapRange(memory, table, start, end);
  else if (advice === MADV.PAGEOUT) {
    splitWithin(table, start, end);
    for (const vpn of vpnsIn(table, start, end)) {
      const entry = table.get(vpn);
      if (entry?.kind !== "present" || entry.page.locked || entry.page.mapped !== 1) continue;
      const { mapping } = entry.page;
      if (mapping !== null && !isFileMapping(mapping)) swapOut(memory, entry.page);
    }
  } else if (advice === MADV.POPULATE_READ || advice === MADV.POPULATE_WRITE) {
    for (let at = start; at < end; at += PAGE_SIZE) {
      fault(mm, at, advice === MADV.POPULATE_WRITE ? "write" : "read");
    }
  }
}
