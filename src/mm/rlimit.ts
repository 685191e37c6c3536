/**
 * Sizes and limits of an address space, and the page arithmetic that follows from them.
 *
 * Addresses are non-negative safe integers, in bytes. `address & 0xfff` is exact for all of them:
 * the bitwise operators take an integer modulo 2^32, which keeps the low bits.
 *
 * @module
 */

/** Bytes in a page. */
export const PAGE_SIZE = 4096;

/** Bytes in a huge page (what one PMD entry maps): the unit to which big mappings are aligned. */
export const HUGE_PAGE_SIZE = 0x20_0000;

/** Bytes kept free below a VMA that grows down: `stack_guard_gap`, 256 pages. */
export const STACK_GUARD_GAP = 256 * PAGE_SIZE;

/** VMAs a process may have: the default of `vm.max_map_count`. */
export const DEFAULT_MAX_MAP_COUNT = 65530;

/** Lowest address a process may map, bytes: the default of `vm.mmap_min_addr`. */
export const DEFAULT_MMAP_MIN_ADDRESS = 0x1000;

/**
 * First address that is not the user's on x86-64 with four page-table levels (`TASK_SIZE`), bytes.
 */
export const TASK_SIZE_X86_64 = 0x7fff_ffff_f000;

/** First address that is not the user's on arm64 with 48-bit addresses, bytes. */
export const TASK_SIZE_ARM64 = 0x1_0000_0000_0000;

/** Soft resource limits of a process, bytes; `Infinity` where there is none. */
export interface ResourceLimits {
  /** RLIMIT_AS: all mappings together. */
  addressSpace: number;
  /** RLIMIT_DATA: private writable mappings, and the heap. */
  data: number;
  /** The hard limit of RLIMIT_DATA, which binds where the soft one is 0; none unless given. */
  dataHard?: number;
  /** RLIMIT_STACK: how far a stack may grow. */
  stack: number;
  /** RLIMIT_MEMLOCK: locked memory. */
  lockedMemory: number;
}

/** No limit on anything. */
export const UNLIMITED: Readonly<ResourceLimits> = {
  addressSpace: Infinity,
  data: Infinity,
  stack: Infinity,
  lockedMemory: Infinity,
};

/** True if `address` is the first byte of a page. */
export function isPageAligned(address: number): boolean {
  return (address & (PAGE_SIZE - 1)) === 0;
}

/** The first byte of the page that holds `address`. */
export function pageAlignDown(address: number): number {
  return address - (address & (PAGE_SIZE - 1));
}

/** `address` itself if page-aligned, else the first byte of the next page. */
export function pageAlignUp(address: number): number {
  return address + (-address & (PAGE_SIZE - 1));
}

/** Where addresses end and sums wrap round to 0: 2^53 stands for the kernel's 2^64. */
export const ADDRESS_LIMIT: number = 2 ** 53;

/** `length` in whole pages; 0, as in the kernel, where rounding up passes the last address. */
export function roundLength(length: number): number {
  const rounded = pageAlignUp(length);
  return rounded < ADDRESS_LIMIT ? rounded : 0;
}

/** Bytes of all pages that `[address, address + length)` touches, sums wrapping as in the kernel. */
export function roundOut(address: number, length: number): number {
  const offset = address & (PAGE_SIZE - 1);
  const wrapped = length - ADDRESS_LIMIT + offset;
  return roundLength(wrapped < 0 ? length + offset : wrapped);
}

/** Pages in a page-aligned number of bytes. */
export function pages(bytes: number): number {
  return bytes / PAGE_SIZE;
}
