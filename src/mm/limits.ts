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

/** Pages in a page-aligned number of bytes. */
export function pages(bytes: number): number {
  return bytes / PAGE_SIZE;
}
