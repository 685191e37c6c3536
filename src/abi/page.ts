/**
 * Pages, and the arithmetic of addresses.
 *
 * Addresses are non-negative safe integers, in bytes. `address & 0xfff` is exact for all of them: the bitwise
 * operators take an integer modulo 2^32, which keeps the low bits.
 *
 * @module
 */

/** Bytes in a page. */
export const PAGE_SIZE = 4096;

/** Bytes in a huge page (what one PMD entry maps): the unit to which big mappings are aligned. */
export const HUGE_PAGE_SIZE = 0x20_0000;

/** Where addresses end and sums wrap round to 0: 2^53 stands for the kernel's 2^64. */
export const ADDRESS_LIMIT: number = 2 ** 53;

// Not exported, as V8 compiles constants of the file itself in, and looks exported ones up at each use.
const PAGE = PAGE_SIZE;
const LIMIT = ADDRESS_LIMIT;

/** True if `address` is the first byte of a page. */
export function isPageAligned(address: number): boolean {
  return (address & (PAGE - 1)) === 0;
}

/** True if `address` is a multiple of `size`, a power of two up to 2^31. (V8 calls a function for `%` of addresses.) */
export function isAligned(address: number, size: number): boolean {
  return (address & (size - 1)) === 0;
}

/** The first byte of the page that holds `address`. */
export function pageAlignDown(address: number): number {
  return address - (address & (PAGE - 1));
}

/** `address` itself if page-aligned, else the first byte of the next page. */
export function pageAlignUp(address: number): number {
  return address + (-address & (PAGE - 1));
}

/** `length` in whole pages; 0, as in the kernel, where rounding up passes the last address. */
export function roundLength(length: number): number {
  const rounded = pageAlignUp(length);
  return rounded < LIMIT ? rounded : 0;
}

/** Bytes of all pages that `[address, address + length)` touches, sums wrapping as in the kernel. */
export function roundOut(address: number, length: number): number {
  const offset = address & (PAGE - 1);
  const wrapped = length - LIMIT + offset;
  return roundLength(wrapped < 0 ? length + offset : wrapped);
}

/** Pages in a page-aligned number of bytes. */
export function pages(bytes: number): number {
  return bytes / PAGE;
}

/** An address or a length, read as the unsigned number that it is to the kernel: −1 is the last below the limit. */
export function unsigned(value: number): number {
  return value < 0 ? LIMIT + value : value;
}
