/**
 * Address spaces with pages, and how to say what their page tables hold.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { PAGE_SIZE } from "../../../src/abi/page.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { PhysicalMemory, ZERO_PAGE } from "../../../src/mm/pages/physical_memory.ts";
import type { Page } from "../../../src/mm/vma.ts";
import { space } from "../scene.ts";

/** An empty address space whose pages are modelled. */
export function spaceWithPages(
  options: AddressSpaceOptions = {},
): { mm: AddressSpace; memory: PhysicalMemory } {
  const memory = new PhysicalMemory();
  return { mm: space({ ...options, memory }), memory };
}

/** The page that an entry shows. */
export function pageAt(mm: AddressSpace, address: number): Page {
  const entry = mm.entry(address);
  if (entry?.kind !== "present") throw new AssertionError(`${address.toString(16)} shows no page`);
  return entry.page;
}

/**
 * The page table as text: a letter a page from `start` on. `.` nothing, `0` the zero page, `r` and
 * `w` a page for reading and writing, `m` a page under migration, `s` one that is on the swap device.
 */
export function tableOf(mm: AddressSpace, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += PAGE_SIZE) {
    const entry = mm.entry(at);
    text += entry === undefined
      ? "."
      : entry.kind === "migration"
      ? "m"
      : entry.kind === "swap"
      ? "s"
      : entry.page === ZERO_PAGE
      ? "0"
      : entry.writable
      ? "w"
      : "r";
  }
  return text;
}
