/**
 * What the calls of the errno tables meet, and the short forms that the rows are written in.
 *
 * @module
 */

import type { AddressSpace } from "../../../src/mm/address_space.ts";
import type { Errno } from "../../../src/abi/errno.ts";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { TASK_SIZE_X86_64 } from "../../../src/mm/rlimit.ts";
import { type AddressSpaceOptions, CommitLedger } from "../../../src/mm/memory_descriptor.ts";
import type { MappedFile, SharedSegment } from "../../../src/mm/vma.ts";
import { map, mapFile, mapShared, open, RW, space } from "../scene.ts";

export const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;
export const FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;
/** The top page-aligned address before sums wrap round to 0, where the kernel has -0x1000. */
export const TOP = ADDRESS_LIMIT - 0x1000;
export const END = TASK_SIZE_X86_64;

/** One call that fails. */
export interface Row {
  readonly errno: Errno;
  /** Why it fails. */
  readonly why: string;
  readonly call: (mm: AddressSpace) => unknown;
  readonly options?: AddressSpaceOptions;
  /** What it meets beside the common scene. */
  readonly given?: (mm: AddressSpace) => void;
}

//   0x10000     0x18000  0x20000   0x24000    0x30000     0x34000   0x40000      0x44000   0x50000   0x52000
//   |-- rw, 8 --|        |-- file r, private --|  |-- file, shared --|  |-- anonymous r --|  |-- rw, locked --|
export function scene(options: AddressSpaceOptions = {}): AddressSpace {
  const mm = space(options);
  map(mm, 0x10000, 0x18000);
  mapFile(mm, 0x20000, 0x24000, open(), 0);
  mapShared(mm, 0x30000, 0x34000, open(), 0);
  map(mm, 0x40000, 0x44000, 1);
  map(mm, 0x50000, 0x52000);
  return mm;
}

export const LOCKED: AddressSpaceOptions = {
  capIpcLock: false,
  limits: { lockedMemory: 0x2000 },
};
export const NO_LOCKS: AddressSpaceOptions = { capIpcLock: false, limits: { lockedMemory: 0 } };

export function strict(limitPages: number): AddressSpaceOptions {
  const commit = new CommitLedger();
  commit.mode = "never";
  commit.limitPages = limitPages;
  return { commit };
}

export function lock(mm: AddressSpace): void {
  mm.mlock(0x50000, 0x2000);
}

export function seal(address: number): (mm: AddressSpace) => void {
  return (mm) => mm.mseal(address, 0x1000);
}

/** mmap of a page, with what the row is about. */
export function mapping(
  flags: number,
  request: { address?: number; length?: number; offset?: number; file?: MappedFile } = {},
  protection = 1,
): (mm: AddressSpace) => number {
  return (mm) => mm.mmap({ length: 0x1000, protection, flags, ...request });
}

export function segment(bytes = 0x3005): SharedSegment {
  const file = { ...open("SYSV00000000"), device: "00:01", inode: 8 };
  return { file, bytes, attached: 0 };
}

export const PROGRAM = { vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 };

export function stack(mm: AddressSpace, address: number): void {
  const flags = ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;
  mm.mmap({ address, length: 0x1000, protection: RW, flags });
}
