/**
 * The pages of one machine, shared by the address spaces that were made with it. An address space
 * made without it models no pages, and pays nothing for them.
 *
 * Invariants:
 * - `frames` holds every page in memory once, each under its own `frame`: the pages of anonymous memory that some
 *   entry shows, and the pages of the page cache, whether somebody maps them or not; `used` is the sum of their sizes;
 * - `anonymousPages` counts those of anonymous memory, a huge one as 512;
 * - `swapSlots` counts the slots that some entry points to, and the pages of swap-backed files that were written out.
 *
 * Memory does not refuse by itself: a fault asks {@linkcode PhysicalMemory.free} first. So it is the
 * one place where a call can fail for want of a page, and nothing is half done then.
 *
 * @module
 */

import type { LockChecker } from "../locks/lock_checker.ts";
import { IntervalTree } from "./interval_tree.ts";
import { type AnonVma, type FileMapping, type Frames, type MappedFile, Page } from "../vma.ts";

/** The page that reading untouched memory shows: all zeros, shared by all, never written. */
export const ZERO_PAGE: Page = new Page(null, 0);

/** How large a machine is. */
export interface PhysicalMemoryOptions {
  /** Page frames; unlimited unless given. */
  readonly pages?: number;
  /** Slots of the swap device, one page each; unlimited unless given. */
  readonly swapSlots?: number;
  /** Which memory gets huge pages; none unless given. */
  readonly hugePages?: HugePagePolicy;
  /** Checks the locks of all that happens on the machine; nothing is checked unless given. */
  readonly locks?: LockChecker;
}

/**
 * Which anonymous memory may have huge pages: none, what `madvise` asks for it, or all that does not forbid it
 * (`/sys/kernel/mm/transparent_hugepage/enabled`).
 */
export type HugePagePolicy = "never" | "madvise" | "always";

/** All pages of a machine. */
export class PhysicalMemory implements Frames {
  /** Page frames that the machine has. */
  readonly pages: number;
  /** Slots that its swap device has. */
  readonly swapCapacity: number;
  /** Which memory gets huge pages. */
  readonly hugePages: HugePagePolicy;
  /** Checks locks; null where they are not checked. */
  readonly locks: LockChecker | null;
  /** Frames in use. */
  used = 0;
  /** Pages of anonymous memory in use. */
  anonymousPages = 0;
  /** Slots of the swap device in use. */
  swapSlots = 0;
  /** Every page in memory, in no order. */
  readonly frames: Page[] = [];
  /** Where reclaim looks next: a place among the frames. */
  hand = 0;
  readonly #files = new Map<string, FileMapping>();
  readonly #unnamed = new Map<MappedFile, FileMapping>();

  /** A machine without a page in use. */
  constructor(options: PhysicalMemoryOptions = {}) {
    this.pages = options.pages ?? Infinity;
    this.swapCapacity = options.swapSlots ?? Infinity;
    this.hugePages = options.hugePages ?? "never";
    this.locks = options.locks ?? null;
  }

  /** Frames that hold nothing. */
  get free(): number {
    return this.pages - this.used;
  }

  /** Slots of the swap device that hold nothing. */
  get freeSwap(): number {
    return this.swapCapacity - this.swapSlots;
  }

  /**
   * A file's pages: one mapping an inode, however often it was opened. Shared anonymous memory has
   * no inode number here; there the open file decides.
   */
  mappingOf(file: MappedFile): FileMapping {
    const known = file.inode === 0
      ? this.#unnamed.get(file)
      : this.#files.get(`${file.device} ${file.inode}`);
    if (known !== undefined) return known;
    const mapping: FileMapping = {
      pages: new Map(),
      byOffset: new IntervalTree(),
      stored: new Map(),
      isSwapBacked: file.inode === 0 || file.onTmpfs === true,
      length: file.pages ?? Infinity,
    };
    if (file.inode === 0) this.#unnamed.set(file, mapping);
    else this.#files.set(`${file.device} ${file.inode}`, mapping);
    return mapping;
  }

  /** Forgets a file that was deleted. Its pages must be gone: see `truncate.ts`. */
  forget(file: MappedFile): void {
    if (file.inode === 0) this.#unnamed.delete(file);
    else this.#files.delete(`${file.device} ${file.inode}`);
  }

  /** A file's page, read into the cache, or back from the swap device, if it is not there yet. */
  filePage(mapping: FileMapping, index: number): Page {
    let page = mapping.pages.get(index);
    if (page !== undefined) return page;
    page = new Page(mapping, index);
    const stamp = mapping.stored.get(index);
    if (stamp !== undefined) page.stamp = stamp;
    if (mapping.isSwapBacked && mapping.stored.delete(index)) this.swapSlots--;
    mapping.pages.set(index, page);
    this.place(page);
    return page;
  }

  /** A new page of anonymous memory; a huge one if `size` is 512. */
  newPage(mapping: AnonVma, index: number, size = 1): Page {
    this.anonymousPages += size;
    const page = new Page(mapping, index, size);
    this.place(page);
    return page;
  }

  /** Takes an entry off a page; the last one gives an anonymous page back. */
  release(page: Page): void {
    if (page === ZERO_PAGE) return;
    page.mapped--;
    if (page.mapped > 0) return;
    page.shownBy = null;
    if (page.mapping !== null && !isFileMapping(page.mapping)) {
      this.giveBack(page);
    }
  }

  /** Gives an anonymous page back that no entry shows; a page under migration is its holder's. */
  giveBack(page: Page): void {
    if (page.locked) return;
    if (page.slot !== null) page.slot.page = null;
    page.slot = null;
    page.mapping = null;
    this.anonymousPages -= page.size;
    this.displace(page);
  }

  /** Gives a page a frame. O(1). */
  place(page: Page): void {
    page.frame = this.frames.push(page) - 1;
    this.used += page.size;
  }

  /** Takes a page's frame away; the last page takes that place. O(1). */
  displace(page: Page): void {
    const last = this.frames.pop()!;
    this.used -= page.size;
    if (last !== page) {
      this.frames[page.frame] = last;
      last.frame = page.frame;
    }
    page.frame = -1;
  }

  /** Puts a page into the frame of another, which loses it. O(1). */
  exchange(page: Page, other: Page): void {
    this.frames[page.frame] = other;
    other.frame = page.frame;
    page.frame = -1;
  }
}

/** True if a page hangs on a file, false if on an anon_vma. */
export function isFileMapping(mapping: AnonVma | FileMapping): mapping is FileMapping {
  return "pages" in mapping;
}
