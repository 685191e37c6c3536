/**
 * The pages of one machine, shared by the address spaces that were made with it. An address space
 * made without it models no pages, and pays nothing for them.
 *
 * Invariants: `anonymousPages` counts the pages of anonymous memory that some entry shows or some
 * swap slot keeps; a file's pages stay in its cache when nobody maps them any more.
 *
 * @module
 */

import { IntervalTree } from "./interval_tree.ts";
import { type AnonVma, type FileMapping, type MappedFile, Page } from "../vma.ts";

/** The page that reading untouched memory shows: all zeros, shared by everybody, never written. */
export const ZERO_PAGE: Page = new Page(null, 0);

/** All pages of a machine. */
export class PhysicalMemory {
  /** Pages of anonymous memory in use. */
  anonymousPages = 0;
  /** Slots of the swap device in use. */
  swapSlots = 0;
  readonly #files = new Map<string, FileMapping>();
  readonly #unnamed = new Map<MappedFile, FileMapping>();

  /**
   * A file's pages: one mapping an inode, however often it was opened. Shared anonymous memory has
   * no inode number here; there the open file decides.
   */
  mappingOf(file: MappedFile): FileMapping {
    const known = file.inode === 0
      ? this.#unnamed.get(file)
      : this.#files.get(`${file.device} ${file.inode}`);
    if (known !== undefined) return known;
    const mapping: FileMapping = { pages: new Map(), byOffset: new IntervalTree() };
    if (file.inode === 0) this.#unnamed.set(file, mapping);
    else this.#files.set(`${file.device} ${file.inode}`, mapping);
    return mapping;
  }

  /** A file's page, read into the cache if it is not there yet. */
  filePage(mapping: FileMapping, index: number): Page {
    let page = mapping.pages.get(index);
    if (page === undefined) mapping.pages.set(index, page = new Page(mapping, index));
    return page;
  }

  /** A new page of anonymous memory. */
  newPage(mapping: AnonVma, index: number): Page {
    this.anonymousPages++;
    return new Page(mapping, index);
  }

  /** Takes an entry off a page; the last one gives an anonymous page back. */
  release(page: Page): void {
    if (page === ZERO_PAGE) return;
    page.mapped--;
    if (page.mapped === 0 && page.mapping !== null && !isFileMapping(page.mapping)) this.free(page);
  }

  /** Gives an anonymous page back that no entry shows; a page under migration is its holder's. */
  free(page: Page): void {
    if (page.locked) return;
    if (page.slot !== null) page.slot.page = null;
    page.slot = null;
    page.mapping = null;
    this.anonymousPages--;
  }
}

/** True if a page hangs on a file, false if on an anon_vma. */
export function isFileMapping(mapping: AnonVma | FileMapping): mapping is FileMapping {
  return "pages" in mapping;
}
