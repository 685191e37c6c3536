/**
 * Checks the whole machine from scratch: every address space, and that pages, slots, migrations and promises add up
 * over all of them.
 *
 * Rules:
 * - a page has one frame; the frames hold the pages that some entry shows or some file caches, and no other;
 * - a page counts as many entries as show it, a swap slot as many as point to it;
 * - a page under migration is locked as long as one of its entries stands, counts them, and its migration is under way;
 * - swap slots in use are those pointed to, and those that keep pages of swap-backed files;
 * - what address spaces were promised is what the machine has promised;
 * - each page of each process holds what was written there last, wherever it is.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { CommitLedger } from "../mm/memory_descriptor.ts";
import type { Migration } from "../mm/pages/migrate.ts";
import { isFileMapping, type PhysicalMemory, ZERO_PAGE } from "../mm/pages/physical_memory.ts";
import type { FileMapping, Page, PageTableEntry, SwapSlot, Vma } from "../mm/vma.ts";
import { LoadFinding } from "./finding.ts";
import type { RunningLife } from "./running_life.ts";
import { stampOf } from "./stamps.ts";

/** What is checked of a load: the machine, and what runs on it. */
export interface Machine {
  /** Its pages. */
  readonly memory: PhysicalMemory;
  /** What its processes were promised. */
  readonly commit: CommitLedger;
  /** The lives that have begun and not ended. */
  readonly lives: readonly RunningLife[];
  /** Migrations under way. */
  readonly migrations: readonly Migration[];
  /** What the page at `address` must hold for a process that reads it there. */
  expected(life: RunningLife, vma: Vma, address: number): number;
}

/** What page tables say, added up over all of them. */
class Census {
  readonly shown = new Map<Page, number>();
  readonly slots = new Map<SwapSlot, number>();
  readonly migrating = new Map<Page, number>();

  add(entry: PageTableEntry): void {
    if (entry.kind === "swap") count(this.slots, entry.slot);
    else if (entry.kind === "migration") count(this.migrating, entry.page);
    else if (entry.page !== ZERO_PAGE) count(this.shown, entry.page);
  }
}

/**
 * Checks everything. O(pages + VMAs log VMAs).
 *
 * @throws {LoadFinding} naming the rule
 * @throws {MmInvariantError} naming the rule and the range
 * @throws {InvariantError} naming the node and the rule
 */
export function checkMachine(load: Machine): void {
  const census = new Census();
  let promised = 0;
  for (const life of load.lives) {
    life.space.validate();
    const table = life.space.descriptor.pageTable!;
    for (const entry of table.values()) census.add(entry);
    for (const entry of table.huge.values()) census.add(entry);
    promised += life.space.descriptor.committedPages;
    checkContents(load, life);
  }
  if (promised + load.commit.leakedPages !== load.commit.pages) {
    throw new LoadFinding(
      `${load.commit.pages} pages are promised, ${promised} of them to address spaces`,
    );
  }
  checkFrames(load, census);
  checkSwap(load, census);
  for (const [page, entries] of census.migrating) {
    if (!load.migrations.some((migration) => migration.page === page)) {
      throw new LoadFinding(`page ${page.index} is under migration, but none is under way`);
    }
    if (page.migrating === entries) continue;
    throw new LoadFinding(
      `page ${page.index} counts ${page.migrating} migration entries, ${entries} wait for it`,
    );
  }
}

/**
 * Checks a machine on which nothing runs any more: no anonymous page, no slot, no promise is left.
 *
 * @throws {LoadFinding} naming what is left
 */
export function checkIdle(load: Machine): void {
  const { memory, commit } = load;
  const left = {
    "anonymous pages": memory.anonymousPages,
    "swap slots": memory.swapSlots,
    "promised pages": commit.pages - commit.leakedPages,
  };
  for (const [what, number] of Object.entries(left)) {
    if (number !== 0) {
      throw new LoadFinding(`nothing runs any more, but ${number} ${what} are left`);
    }
  }
}

function checkFrames({ memory }: Machine, { shown, migrating }: Census): void {
  let anonymous = 0;
  let used = 0;
  for (const [at, page] of memory.frames.entries()) {
    if (page.frame !== at) throw new LoadFinding(`page ${page.index} is not in the frame it names`);
    const entries = shown.get(page) ?? 0;
    used += page.size;
    if (page.mapped !== entries) {
      throw new LoadFinding(`page ${page.index} counts ${page.mapped} entries, ${entries} show it`);
    }
    if (page.mapping !== null && isFileMapping(page.mapping)) checkCached(page, page.mapping);
    else {
      anonymous += page.size;
      if (entries > 0 || page.locked || migrating.has(page)) continue;
      throw new LoadFinding(`page ${page.index} has a frame, but nothing shows it`);
    }
  }
  for (const page of shown.keys()) {
    if (page.frame < 0) throw new LoadFinding(`page ${page.index} is shown, but has no frame`);
  }
  if (used !== memory.used) {
    throw new LoadFinding(`${memory.used} frames are counted, ${used} are in use`);
  }
  if (anonymous !== memory.anonymousPages) {
    throw new LoadFinding(
      `${memory.anonymousPages} anonymous pages are counted, ${anonymous} exist`,
    );
  }
}

function checkCached(page: Page, mapping: FileMapping): void {
  if (mapping.pages.get(page.index) === page || page.locked) return;
  throw new LoadFinding(`page ${page.index} of a file has a frame, but the cache does not hold it`);
}

function checkSwap({ memory, lives }: Machine, { slots }: Census): void {
  for (const [slot, entries] of slots) {
    if (slot.references === entries) continue;
    throw new LoadFinding(
      `swap slot of page ${slot.index} counts ${slot.references} entries, ${entries} point to it`,
    );
  }
  const files = new Set<FileMapping>();
  for (const { space, job } of lives) {
    for (const { fileMapping } of space.vmas()) {
      if (fileMapping?.isSwapBacked) files.add(fileMapping);
    }
    for (const file of job.memoryFiles) files.add(memory.mappingOf(file));
  }
  const stored = [...files].reduce((sum, file) => sum + file.stored.size, 0);
  if (slots.size + stored === memory.swapSlots) return;
  throw new LoadFinding(
    `${memory.swapSlots} swap slots are in use, ${slots.size + stored} are accounted for`,
  );
}

/** What was written to private memory is there still, in memory or on the swap device. */
function checkContents(load: Machine, life: RunningLife): void {
  const { space } = life;
  for (const [address, expected] of life.stamps.entries()) {
    const vma = space.findVma(address);
    if (vma === undefined || vma.start > address) {
      throw new LoadFinding(`life ${life.number} wrote to ${hex(address)}, which is not mapped`);
    }
    const entry = space.entry(address);
    const stamp = entry === undefined ? undefined : stampOf(entry, address);
    if (stamp === expected) continue;
    throw new LoadFinding(
      `life ${life.number} wrote ${expected} to ${hex(address)}, ` +
        (stamp === undefined ? "which holds nothing" : `which holds ${stamp}`),
    );
  }
  for (const [vpn, entry] of space.descriptor.pageTable!) {
    const address = vpn * PAGE_SIZE;
    const vma = space.findVma(address)!;
    const expected = load.expected(life, vma, address);
    const stamp = stampOf(entry, address);
    if (stamp === expected) continue;
    throw new LoadFinding(
      `life ${life.number} shows ${stamp} at ${hex(address)}, where ${expected} was written`,
    );
  }
}

function count<T>(counts: Map<T, number>, item: T): void {
  counts.set(item, (counts.get(item) ?? 0) + 1);
}
