/**
 * Filling in the page table on a fault, where pages are modelled. Mirrors `handle_pte_fault()`,
 * `do_anonymous_page()`, `do_wp_page()`, `do_swap_page()` and `do_fault()` (Linux mm/memory.c).
 *
 * | memory | reading shows | writing shows |
 * |---|---|---|
 * | anonymous | the zero page | a page of its own |
 * | private file | the file's page, unwritable | a copy of it, its own |
 * | shared file | the file's page, unwritable | the file's page |
 *
 * A page that may be shared with a relative is copied by the first write; one that no other entry can
 * reach is taken over as it is.
 *
 * @module
 */

import { cannot } from "../error.ts";
import { PAGE_SIZE, pageAlignDown } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { checkMigration, dropSlot, setEntry } from "./page_table.ts";
import { isFileMapping, type PhysicalMemory, ZERO_PAGE } from "./physical_memory.ts";
import { enterHugePage, hugeNumber, splitHugePage } from "./huge_page.ts";
import { pageIndex } from "./page_offset.ts";
import { noteShown } from "./reverse_map.ts";
import type { Page, PageTable, PageTableEntry, SwapSlot, Vma } from "../vma.ts";
import { VM_SHARED, VM_WRITE } from "../vm_flags.ts";

/** An entry that shows a page. */
type PresentEntry = Extract<PageTableEntry, { kind: "present" }>;

/** Frames that one fault takes at most: a page of a file or from a slot, and a copy of it. */
const FRAMES = 2;

/**
 * Enters the page at `address`.
 *
 * Precondition: `vma` holds the address and allows the access; if `writes` to private memory, it
 * has an anon_vma. Postcondition: the entry is present, and writable after a write to writable
 * memory. A failed call changes nothing.
 *
 * @throws {MmError} EAGAIN the page is under migration: the kernel waits · ENOMEM memory ran out, or no frame is free
 * · EFAULT the file ends before the page (SIGBUS)
 * @throws {MmInvariantError} an entry was left behind by a migration
 */
export function enterPage(
  mm: MemoryDescriptor,
  vma: Vma,
  address: number,
  writes: boolean,
): void {
  const table = mm.pageTable!;
  const memory = mm.memory!;
  if (table.huge.size > 0 && isHugeEnough(memory, table, vma, address, writes)) return;
  const start = pageAlignDown(address);
  const vpn = start / PAGE_SIZE;
  const old = table.get(vpn);
  if (old?.kind === "migration") {
    checkMigration(old, vpn);
    throw cannot("fault in", start, start + PAGE_SIZE, "EAGAIN", "its page is under migration");
  }
  if (old?.kind === "present" && (!writes || old.writable)) return;
  const index = pageIndex(vma, start);
  if (vma.fileMapping !== null && old === undefined && index >= vma.fileMapping.length) {
    throw cannot("fault in", start, start + PAGE_SIZE, "EFAULT", "the file ends before it");
  }
  if (writes && old === undefined && enterHugePage(mm, vma, address)) return;
  if (memory.free < FRAMES) {
    throw cannot("fault in", start, start + PAGE_SIZE, "ENOMEM", "no page frame is free");
  }
  const cached = old === undefined ? firstShown(memory, vma, index) : slotOf(old)?.page;
  if (cached?.locked) {
    throw cannot("fault in", start, start + PAGE_SIZE, "EAGAIN", "its page is under migration");
  }
  mm.faultInjection.take("a page");
  const shown = old === undefined
    ? cached!
    : old.kind === "swap"
    ? swapIn(memory, old.slot)
    : old.page;
  if (old?.kind !== "present") show(shown);
  const entry = writes ? written(memory, vma, shown, index) : unwritable(shown);
  setEntry(table, vpn, entry);
  if (entry.page !== ZERO_PAGE) noteShown(entry.page, vma);
}

/**
 * True if a huge page serves the access as it is. One that others show too is split on a write, and the fault goes on
 * with a small page.
 */
function isHugeEnough(
  memory: PhysicalMemory,
  table: PageTable,
  vma: Vma,
  address: number,
  writes: boolean,
): boolean {
  const number = hugeNumber(address);
  const entry = table.huge.get(number);
  if (entry === undefined) return false;
  const { page } = entry;
  if (!writes || entry.writable) return true;
  if (page.mapped === 1) {
    page.mapping = vma.anonVma;
    table.huge.set(number, { kind: "present", page, writable: (vma.flags & VM_WRITE) !== 0 });
    return true;
  }
  splitHugePage(memory, page);
  return false;
}

/** What an empty entry shows to a reader. */
function firstShown(memory: PhysicalMemory, vma: Vma, index: number): Page {
  return vma.fileMapping === null ? ZERO_PAGE : memory.filePage(vma.fileMapping, index);
}

function slotOf(entry: PageTableEntry): SwapSlot | undefined {
  return entry.kind === "swap" ? entry.slot : undefined;
}

/** The entry after a write through one that shows `page`. */
function written(memory: PhysicalMemory, vma: Vma, page: Page, index: number): PresentEntry {
  const writable = (vma.flags & VM_WRITE) !== 0;
  if (vma.flags & VM_SHARED) return { kind: "present", page, writable };
  if (isAlone(page)) {
    page.mapping = vma.anonVma;
    return { kind: "present", page, writable };
  }
  const copy = memory.newPage(vma.anonVma!, index);
  copy.stamp = page.stamp;
  show(copy);
  memory.release(page);
  return { kind: "present", page: copy, writable };
}

/** True if an anonymous page can be reached only through the one entry that shows it. */
function isAlone(page: Page): boolean {
  return page.mapping !== null && !isFileMapping(page.mapping) && page.mapped === 1 &&
    page.slot === null && !page.locked;
}

/** The page that a slot keeps, brought back once for all that point there. */
function swapIn(memory: PhysicalMemory, slot: SwapSlot): Page {
  const page = slot.page ?? memory.newPage(slot.mapping, slot.index);
  page.stamp = slot.stamp;
  slot.page = page;
  page.slot = slot;
  dropSlot(memory, slot);
  return page;
}

function show(page: Page): void {
  if (page !== ZERO_PAGE) page.mapped++;
}

function unwritable(page: Page): PresentEntry {
  return { kind: "present", page, writable: false };
}
