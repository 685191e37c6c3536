/**
 * Looking for VMAs in ranges that a text gives.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { Vma } from "../../mm/vma.ts";

/** The first VMA that shares a byte with `[start, end)`; undefined too for a range that is empty or no range at all. */
export function vmaIn(space: AddressSpace, start: number, end: number): Vma | undefined {
  const last = Math.min(end, Number.MAX_SAFE_INTEGER);
  return start >= 0 && last > start ? space.findVmaIntersection(start, last) : undefined;
}

/** The VMA that has the byte at `address`; undefined too for what is no address. */
export function vmaAt(space: AddressSpace, address: number): Vma | undefined {
  return vmaIn(space, address, address + 1);
}
