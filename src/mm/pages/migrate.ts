/**
 * Moving a page to another frame, and out to the swap device: both change every entry that shows
 * it, and find them through the reverse map. Mirrors `try_to_migrate()`, `try_to_unmap()` (Linux
 * mm/rmap.c) and `remove_migration_ptes()` (mm/migrate.c).
 *
 * ```
 *   begin    lock the page; each present entry becomes a migration entry
 *   …        forks copy, moves carry, unmapping clears such entries; faults wait
 *   finish   each migration entry becomes a present entry of the new page; unlock
 * ```
 * An entry that the second search misses stays, and its page is not locked any more: the next to
 * meet it, an unmapping or a fault, stops the machine. `validate` finds it before.
 *
 * @module
 */

import { withPageLocked } from "../locks/locking.ts";
import { isFileMapping, type PhysicalMemory } from "./physical_memory.ts";
import { splitWithin } from "./huge_page.ts";
import { setEntry, vpnsIn } from "./page_table.ts";
import { mappingsOf, migrationsOf, noteShown, type Place } from "./reverse_map.ts";
import { Page, type PageTable, type SwapSlot } from "../vma.ts";

/** A page on its way. */
export interface Migration {
  /** The page as it was; locked until the migration is over. */
  readonly page: Page;
  /** Entries that were changed. */
  readonly entries: number;
}

/**
 * Locks a page and makes every entry that shows it a migration entry. O(log n + entries).
 *
 * Precondition: the page is shown somewhere.
 *
 * @throws {RangeError} the page is under migration already, or was given back
 */
export function beginMigration(page: Page): Migration {
  if (page.mapping === null || page.locked) {
    throw new RangeError("Cannot migrate the page: it is locked, or nobody's");
  }
  const places = mappingsOf(page);
  page.locked = true;
  withPageLocked(places[0]?.table.memory.locks ?? null, page, () => {
    for (const { table, vpn, entry } of places) {
      const writable = entry!.kind === "present" && entry!.writable;
      setEntry(table, vpn, { kind: "migration", page, writable });
      page.mapped--;
      page.migrating++;
    }
  });
  return { page, entries: places.length };
}

/**
 * Restores the entries, of those that are still there, to a new page, and unlocks both.
 *
 * @returns the page in its new frame
 */
export function finishMigration(memory: PhysicalMemory, migration: Migration): Page {
  const old = migration.page;
  const page = new Page(old.mapping, old.index);
  page.stamp = old.stamp;
  page.referenced = old.referenced;
  memory.exchange(old, page);
  page.slot = old.slot;
  if (page.slot !== null) page.slot.page = page;
  withPageLocked(memory.locks, old, () => restore(old, page));
  if (page.mapping !== null && isFileMapping(page.mapping)) {
    page.mapping.pages.set(page.index, page);
  } else if (page.mapped === 0) memory.giveBack(page);
  old.locked = false;
  old.mapping = null;
  old.slot = null;
  return page;
}

/** Gives a migration up: the entries show the old page again. */
export function abortMigration(memory: PhysicalMemory, migration: Migration): void {
  const { page } = migration;
  withPageLocked(memory.locks, page, () => restore(page, page));
  page.locked = false;
  if (page.mapped === 0 && !isFileMapping(page.mapping!)) memory.giveBack(page);
}

/** Makes each migration entry of `old` that the reverse map finds show `page`. */
function restore(old: Page, page: Page): void {
  for (const { vma, table, vpn, entry } of migrationsOf(old)) {
    const writable = entry!.kind === "migration" && entry!.writable;
    setEntry(table, vpn, { kind: "present", page, writable });
    old.migrating--;
    page.mapped++;
    noteShown(page, vma);
  }
}

/**
 * Writes an anonymous page out: every entry that shows it becomes a swap entry, and the page is
 * given back. O(log n + entries).
 *
 * @param places where it is shown, if the caller knows already
 * @throws {RangeError} the page is a file's, under migration, or was given back
 */
export function swapOut(
  memory: PhysicalMemory,
  page: Page,
  places: readonly Place[] = mappingsOf(page),
): SwapSlot {
  const { mapping, index } = page;
  if (mapping === null || isFileMapping(mapping) || page.locked) {
    throw new RangeError("Cannot swap the page out: it is locked, a file's, or nobody's");
  }
  const slot: SwapSlot = page.slot ?? {
    mapping,
    index,
    references: 0,
    page: null,
    stamp: page.stamp,
  };
  if (page.slot === null) memory.swapSlots++;
  withPageLocked(memory.locks, page, () => {
    for (const { table, vpn } of places) {
      setEntry(table, vpn, { kind: "swap", slot });
      slot.references++;
      page.mapped--;
    }
  });
  memory.giveBack(page);
  return slot;
}

/**
 * Writes out the anonymous pages of `[start, end)` that only this page table shows. Mirrors `madvise_pageout()` (Linux
 * mm/madvise.c).
 */
export function pageOut(
  memory: PhysicalMemory,
  table: PageTable,
  start: number,
  end: number,
): void {
  splitWithin(table, start, end);
  for (const vpn of vpnsIn(table, start, end)) {
    const entry = table.get(vpn);
    if (entry?.kind !== "present" || entry.page.locked || entry.page.mapped !== 1) continue;
    const { mapping } = entry.page;
    if (mapping !== null && !isFileMapping(mapping)) swapOut(memory, entry.page);
  }
}
