/**
 * What the system calls do to page tables: clear a range, move it, copy it for a fork, take the right to
 * write. Mirrors `zap_page_range_single()`, `copy_page_range()` (Linux mm/memory.c),
 * `move_page_tables()` (mm/mremap.c) and `change_protection()` (mm/mprotect.c).
 *
 * Each is called only where `mm.pageTable` is not null.
 *
 * Invariants, which `validate` checks: an entry lies in a VMA; the reverse map of its page leads
 * back to it; a page under migration is locked; `mapped` counts a page's present entries and
 * `references` a slot's; private memory may be written only through the one entry of its page.
 *
 * @module
 */

import { guarded } from "../locks/locking.ts";
import { MmInvariantError } from "../error.ts";
import { HUGE_PAGE_SIZE, PAGE_SIZE } from "../../abi/page.ts";
import { HUGE_PAGES, splitOver, splitWithin } from "./huge_page.ts";
import { type PhysicalMemory, ZERO_PAGE } from "./physical_memory.ts";
import type { PageTable, PageTableEntry, SwapSlot } from "../vma.ts";

/** The virtual page numbers in `[start, end)` that have an entry, ascending. O(the lesser of range and table). */
export function vpnsIn(table: PageTable, start: number, end: number): number[] {
  return table.keysIn(start / PAGE_SIZE, end / PAGE_SIZE - 1);
}

/**
 * The numbers of the huge entries that lie in `[start, end)`, after those that lie there in part were split.
 * O(huge entries).
 */
function hugeIn(table: PageTable, start: number, end: number): number[] {
  if (table.huge.size === 0) return [];
  splitOver(table, start);
  splitOver(table, end);
  return [...table.huge.keys()].filter((number) =>
    start <= number * HUGE_PAGE_SIZE && number * HUGE_PAGE_SIZE < end
  );
}

/**
 * Clears the entries of `[start, end)` and gives back the pages that no entry shows any more.
 *
 * @throws {MmInvariantError} an entry is under migration, but its page is not locked: a migration has
 * finished the migration and never found this entry. The kernel stops here: `BUG_ON(!PageLocked)`
 */
export function zapRange(
  memory: PhysicalMemory,
  table: PageTable,
  start: number,
  end: number,
): void {
  const huge = hugeIn(table, start, end);
  guarded(memory.locks, "page_table_lock", table, () => zap(memory, table, huge, start, end));
}

function zap(
  memory: PhysicalMemory,
  table: PageTable,
  huge: readonly number[],
  start: number,
  end: number,
): void {
  for (const number of huge) {
    memory.release(table.huge.get(number)!.page);
    table.huge.delete(number);
  }
  for (const vpn of vpnsIn(table, start, end)) {
    const entry = table.get(vpn)!;
    checkMigration(entry, vpn);
    table.delete(vpn);
    dropEntry(memory, entry);
  }
}

/** Moves the entries of `[start, start + length)` to `target`, as a move of their VMA does. */
export function moveRange(table: PageTable, start: number, length: number, target: number): void {
  const shift = (target - start) / PAGE_SIZE;
  if (shift % HUGE_PAGES !== 0) splitWithin(table, start, start + length);
  const numbers = hugeIn(table, start, start + length);
  guarded(table.memory.locks, "page_table_lock", table, () => {
    move(table, numbers, shift, start, start + length);
  });
}

function move(
  table: PageTable,
  numbers: readonly number[],
  shift: number,
  start: number,
  end: number,
): void {
  const huge = numbers.map((number) => {
    const entry = table.huge.get(number)!;
    table.huge.delete(number);
    return [number + shift / HUGE_PAGES, entry] as const;
  });
  for (const [number, entry] of huge) table.huge.set(number, entry);
  const moving: [number, PageTableEntry][] = [];
  for (const vpn of vpnsIn(table, start, end)) {
    moving.push([vpn + shift, table.get(vpn)!]);
    table.delete(vpn);
  }
  for (const [vpn, entry] of moving) table.set(vpn, entry);
}

/**
 * Copies the entries of a private VMA for a forked child; neither side may write without a copy
 * from then on.
 */
export function copyRange(parent: PageTable, child: PageTable, start: number, end: number): void {
  const { locks } = parent.memory;
  const huge = hugeIn(parent, start, end);
  guarded(locks, "page_table_lock", parent, () => {
    guarded(locks, "page_table_lock", child, () => copy(parent, child, huge, start, end));
  });
}

function copy(
  parent: PageTable,
  child: PageTable,
  huge: readonly number[],
  start: number,
  end: number,
): void {
  for (const number of huge) {
    const { page } = parent.huge.get(number)!;
    const entry = { kind: "present", page, writable: false } as const;
    parent.huge.set(number, entry);
    child.huge.set(number, entry);
    page.mapped++;
  }
  for (const vpn of vpnsIn(parent, start, end)) {
    const old = parent.get(vpn)!;
    const entry = withoutWrite(old);
    if (entry !== old) parent.set(vpn, entry);
    child.set(vpn, entry);
    if (entry.kind === "swap") entry.slot.references++;
    else if (entry.kind === "migration") entry.page.migrating++;
    else if (entry.page !== ZERO_PAGE) entry.page.mapped++;
  }
}

/** Takes the right to write from the entries of `[start, end)`. */
export function protectRange(table: PageTable, start: number, end: number): void {
  const huge = hugeIn(table, start, end);
  guarded(table.memory.locks, "page_table_lock", table, () => {
    for (const number of huge) {
      table.huge.set(number, { ...table.huge.get(number)!, writable: false });
    }
    for (const vpn of vpnsIn(table, start, end)) {
      table.set(vpn, withoutWrite(table.get(vpn)!));
    }
  });
}

/** Puts an entry into a page table, under its lock. */
export function setEntry(table: PageTable, vpn: number, entry: PageTableEntry): void {
  const { locks } = table.memory;
  if (locks === null) table.set(vpn, entry);
  else guarded(locks, "page_table_lock", table, () => table.set(vpn, entry));
}

/** Takes an entry out of a page table, under its lock. */
export function clearEntry(table: PageTable, vpn: number): void {
  const { locks } = table.memory;
  if (locks === null) table.delete(vpn);
  else guarded(locks, "page_table_lock", table, () => table.delete(vpn));
}

/** Takes one entry off its page or slot. */
export function dropEntry(memory: PhysicalMemory, entry: PageTableEntry): void {
  if (entry.kind === "present") memory.release(entry.page);
  else if (entry.kind === "swap") dropSlot(memory, entry.slot);
  else entry.page.migrating--;
}

/** Takes one entry off a swap slot; the last one frees it. */
export function dropSlot(memory: PhysicalMemory, slot: SwapSlot): void {
  slot.references--;
  if (slot.references > 0) return;
  memory.swapSlots--;
  if (slot.page !== null) slot.page.slot = null;
}

/** Refuses a migration entry that its migration has left behind. */
export function checkMigration(entry: PageTableEntry, vpn: number): void {
  if (entry.kind !== "migration" || entry.page.locked) return;
  const start = vpn * PAGE_SIZE;
  throw new MmInvariantError("a migration entry whose page is not locked", {
    start,
    end: start + PAGE_SIZE,
  });
}

function withoutWrite(entry: PageTableEntry): PageTableEntry {
  if (entry.kind === "swap" || !entry.writable) return entry;
  return { kind: entry.kind, page: entry.page, writable: false };
}
