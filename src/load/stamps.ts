/**
 * What every process must read: the obviously right memory. No page, no swap, no sharing by copy on write; just the
 * stamp that was written last to each page of each address space and of each file.
 *
 * A stamp is one whole number below 2^32 that stands for what a page holds. Memory that was never written holds 0.
 *
 * @module
 */

import { PAGE_SIZE } from "../abi/page.ts";
import { HUGE_PAGES } from "../mm/pages/huge_page.ts";
import type { PageTableEntry } from "../mm/vma.ts";
import { RadixTable } from "../mm/pages/radix_table.ts";

/** What the private memory of one address space holds, by page. Stamps are kept as signed numbers: V8 boxes others. */
export class PrivateStamps {
  readonly #stamps = new RadixTable<number>();

  /** What was written to the page last; undefined if it was not, so that it shows its file or zeros. O(1). */
  get(address: number): number | undefined {
    const stamp = this.#stamps.get(address / PAGE_SIZE);
    return stamp === undefined ? undefined : stamp >>> 0;
  }

  /** Notes a write. O(1). */
  set(address: number, stamp: number): void {
    this.#stamps.set(address / PAGE_SIZE, stamp | 0);
  }

  /** Forgets `[start, end)`: it was unmapped, or its pages were given up. O(the lesser of range and pages). */
  clear(start: number, end: number): void {
    for (const page of this.#within(start, end)) this.#stamps.delete(page);
  }

  /** Moves what `[start, start + length)` holds to `target`. */
  move(start: number, length: number, target: number): void {
    const moved: [page: number, stamp: number][] = [];
    for (const page of this.#within(start, start + length)) {
      moved.push([page + (target - start) / PAGE_SIZE, this.#stamps.get(page)!]);
    }
    this.clear(start, start + length);
    this.clear(target, target + length);
    for (const [page, stamp] of moved) this.#stamps.set(page, stamp);
  }

  /** Copies what `[start, end)` holds, as a fork does. */
  copyTo(other: PrivateStamps, start: number, end: number): void {
    for (const page of this.#within(start, end)) other.#stamps.set(page, this.#stamps.get(page)!);
  }

  /** The addresses in `[start, end)` whose pages were written to. */
  addressesIn(start: number, end: number): number[] {
    return this.#within(start, end).map((page) => page * PAGE_SIZE);
  }

  /** All that was written, by address. */
  *entries(): IterableIterator<[address: number, stamp: number]> {
    for (const [page, stamp] of this.#stamps) yield [page * PAGE_SIZE, stamp >>> 0];
  }

  #within(start: number, end: number): number[] {
    return this.#stamps.keysIn(start / PAGE_SIZE, end / PAGE_SIZE - 1);
  }
}

/** What files hold, by file and page. */
export class FileStamps<File> {
  readonly #files = new Map<File, Map<number, number>>();

  /** What the page of a file holds, 0 unless it was written to. O(1). */
  get(file: File, index: number): number {
    return this.#files.get(file)?.get(index) ?? 0;
  }

  /** Notes a write through a shared mapping. O(1). */
  set(file: File, index: number, stamp: number): void {
    let pages = this.#files.get(file);
    if (pages === undefined) this.#files.set(file, pages = new Map());
    pages.set(index, stamp);
  }

  /** Forgets the pages from `index` on: the file was truncated. With 0 the whole file. */
  truncate(file: File, index: number): void {
    const pages = this.#files.get(file);
    if (pages === undefined) return;
    for (const page of pages.keys()) if (page >= index) pages.delete(page);
    if (pages.size === 0) this.#files.delete(file);
  }
}

/** What an entry shows at an address, without touching it. */
export function stampOf(entry: PageTableEntry, address: number): number {
  if (entry.kind === "swap") return entry.slot.page?.stamp ?? entry.slot.stamp;
  const { stamp, stamps } = entry.page;
  return stamps === null ? stamp : stamps.get(address / PAGE_SIZE % HUGE_PAGES) ?? 0;
}
