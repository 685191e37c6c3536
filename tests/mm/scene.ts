/**
 * Small address spaces for scenarios, and how to say what they should look like.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { AddressSpace } from "../../src/mm/address_space.ts";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
} from "../../src/abi/mman.ts";
import { vmaName } from "../../src/mm/vma/proc_maps.ts";
import { MmError } from "../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../src/mm/memory_descriptor.ts";
import type { MappedFile, MappingHooks } from "../../src/mm/vma.ts";
import { formatPermissions } from "../../src/mm/vm_flags.ts";

export const RW = PROT_READ | PROT_WRITE;
export const FIXED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

/** An empty address space with placement below 0x7fff00000000. */
export function space(options: AddressSpaceOptions = {}): AddressSpace {
  return new AddressSpace({ mmapBase: 0x7fff_0000_0000, ...options });
}

/** Maps `[start, end)` as private anonymous memory. */
export function map(mm: AddressSpace, start: number, end: number, protection = RW): void {
  mm.mmap({ address: start, length: end - start, protection, flags: FIXED });
}

/** Maps `[start, end)` of a file, privately. */
export function mapFile(
  mm: AddressSpace,
  start: number,
  end: number,
  file: MappedFile,
  offset: number,
  protection = PROT_READ,
): void {
  const flags = MAP_PRIVATE | MAP_FIXED;
  mm.mmap({ address: start, length: end - start, protection, flags, file, offset });
}

/** Maps `[start, end)` of a file, shared. */
export function mapShared(
  mm: AddressSpace,
  start: number,
  end: number,
  file: MappedFile,
  offset: number,
  protection = PROT_READ,
): void {
  const flags = MAP_SHARED | MAP_FIXED;
  mm.mmap({ address: start, length: end - start, protection, flags, file, offset });
}

/** Writes one byte: the VMA there gets an anon_vma. */
export function touch(mm: AddressSpace, address: number): void {
  mm.fault(address, "write");
}

/** Opens a file once more: another identity each time. */
export function open(
  name = "data",
  access: { readable?: boolean; writable?: boolean; hooks?: MappingHooks } = {},
): MappedFile {
  return {
    name,
    device: "fe:00",
    inode: 42,
    readable: true,
    writable: true,
    hugeAligned: false,
    ...access,
  };
}

/**
 * One line a VMA: `3000-5000 rw-p 3 name`, all hexadecimal, the page offset in pages, a star after a VMA that has an
 * anon_vma.
 */
export function layoutOf(mm: AddressSpace): string[] {
  return [...mm.vmas()].map((vma) => {
    const range = `${vma.start.toString(16)}-${vma.end.toString(16)}`;
    const rights = formatPermissions(vma.flags);
    const name = vmaName(mm.descriptor, vma);
    const star = vma.anonVma === null ? "" : "*";
    return `${range} ${rights} ${vma.pageOffset.toString(16)}${name && " " + name}${star}`;
  });
}

/** The layout is exactly this, mapCount counts it, and everything validates. */
export function assertLayout(mm: AddressSpace, expected: readonly string[]): void {
  assertEquals(layoutOf(mm), [...expected]);
  assertEquals(mm.mapCount, expected.length);
  mm.validate();
}

/** The call is refused with an MmError of that code. */
export function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}
