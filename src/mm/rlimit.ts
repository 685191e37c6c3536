/**
 * Limits of an address space: the user's addresses, what the system allows, what a process may use.
 *
 * @module
 */

import { PAGE_SIZE } from "../abi/page.ts";

/** Bytes kept free below a VMA that grows down: `stack_guard_gap`, 256 pages. */
export const STACK_GUARD_GAP: number = 256 * PAGE_SIZE;

/** VMAs a process may have: the default of `vm.max_map_count`. */
export const DEFAULT_MAX_MAP_COUNT = 65530;

/** Lowest address a process may map, bytes: the default of `vm.mmap_min_addr`. */
export const DEFAULT_MMAP_MIN_ADDRESS = 0x1000;

/**
 * First address that is not the user's on x86-64 with four page-table levels (`TASK_SIZE`), bytes.
 */
export const TASK_SIZE_X86_64 = 0x7fff_ffff_f000;

/**
 * First address that is not the user's with five levels, bytes: 2^56 less a page there. Traces hold addresses below
 * 2^52, so the model's end here; what the kernel would place higher, it refuses.
 */
export const TASK_SIZE_FIVE_LEVELS: number = 2 ** 52;

/** First address that is not the user's on arm64 with 48-bit addresses, bytes. */
export const TASK_SIZE_ARM64 = 0x1_0000_0000_0000;

/** Where the user's addresses end on a machine, and where the kernel gives none unless asked for more, bytes. */
export interface UserAddresses {
  /** First address that is not the user's. */
  readonly taskSize: number;
  /** First address that is given only to whom wishes for one that is as high. */
  readonly mapWindow: number;
}

/**
 * The usual end of the user's addresses.
 *
 * @param machine as `uname -m` prints it; all but arm64 are taken as x86-64
 * @param pageTableLevels of x86-64; 4 unless given
 */
export function userAddresses(machine: string, pageTableLevels = 4): UserAddresses {
  const window = machine === "aarch64" ? TASK_SIZE_ARM64 : TASK_SIZE_X86_64;
  const isLarge = machine !== "aarch64" && pageTableLevels === 5;
  return { taskSize: isLarge ? TASK_SIZE_FIVE_LEVELS : window, mapWindow: window };
}

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
