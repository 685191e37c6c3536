/**
 * Reading and writing memory, where pages are modelled: a fault if need be, then what the page holds.
 *
 * @module
 */

import { PAGE_SIZE } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Page } from "../vma.ts";
import { HUGE_PAGES, hugeNumber } from "../pages/huge_page.ts";
import { fault } from "./fault.ts";

/**
 * Reads the page at `address`.
 *
 * @returns its stamp: the number written last to what it shows, 0 if none was
 * @throws {MmError} as {@linkcode fault}; nothing has changed
 */
export function readPage(mm: MemoryDescriptor, address: number): number {
  fault(mm, address, "read");
  const page = used(mm, address);
  return page.stamps === null ? page.stamp : page.stamps.get(partOf(address)) ?? 0;
}

/**
 * Writes to the page at `address`.
 *
 * @param stamp what it holds from then on
 * @throws {MmError} as {@linkcode fault}; nothing has changed
 */
export function writePage(mm: MemoryDescriptor, address: number, stamp: number): void {
  fault(mm, address, "write");
  const page = used(mm, address);
  if (page.stamps === null) page.stamp = stamp;
  else page.stamps.set(partOf(address), stamp);
}

/**
 * Writes to a part of the page at `address`: it holds then what {@linkcode amended} says.
 *
 * @throws {MmError} as {@linkcode fault}; nothing has changed
 */
export function amendPage(mm: MemoryDescriptor, address: number, value: number): void {
  fault(mm, address, "write");
  const page = used(mm, address);
  if (page.stamps === null) page.stamp = amended(page.stamp, value);
  else page.stamps.set(partOf(address), amended(page.stamps.get(partOf(address)) ?? 0, value));
}

/**
 * What a page holds after a write to a part of it: a number that stands for all that was written there, so that the
 * loss of what was there before shows. Never 0. One step of FNV-1a, of whose bits 31 are kept: V8 boxes larger numbers.
 */
export function amended(stamp: number, value: number): number {
  return Math.imul(stamp ^ value, 0x01000193) & 0x7fff_ffff || 1;
}

/** Which part of a huge page an address lies in. */
function partOf(address: number): number {
  return Math.floor(address / PAGE_SIZE) % HUGE_PAGES;
}

/** The page that a fault has just entered. */
function used(mm: MemoryDescriptor, address: number): Page {
  const table = mm.pageTable!;
  const entry = table.huge.get(hugeNumber(address)) ?? table.get(Math.floor(address / PAGE_SIZE));
  if (entry?.kind !== "present") throw new TypeError("a fault has left no page");
  entry.page.referenced = true;
  return entry.page;
}
