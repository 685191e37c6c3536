/**
 * The operations on an address space of `src/mm`, and its VMAs as the driver prints them.
 *
 * @module
 */

import { MAP_ANONYMOUS, MAP_FIXED, MAP_NORESERVE, MAP_PRIVATE } from "../../abi/mman.ts";
import { MREMAP_FIXED, MREMAP_MAYMOVE } from "../../abi/mman.ts";
import { AddressSpace } from "../../mm/address_space.ts";
import { kernelRules } from "../../mm/rules/kernel_rules.ts";
import type { MappedFile } from "../../mm/vma.ts";
import { type Operation, Verb } from "../operation.ts";
import { COMMON_FLAGS, PAGE } from "./layout.ts";

/** Files by their number; 0 is none. */
const FILES: readonly MappedFile[] = Array.from({ length: 4 }, (_, number) => ({
  name: `/file${number}`,
  device: "00:01",
  inode: number + 1,
  readable: true,
  writable: true,
  hugeAligned: false,
}));

/** Performs operations as a kernel's `mm/vma.c` must. */
export class VmaModel {
  readonly #mm: AddressSpace;

  /** @param release of the kernel: which VMAs merge differs between them */
  constructor(release: string) {
    this.#mm = new AddressSpace({ mmapBase: 0x7fff_0000_0000, rules: kernelRules(release) });
  }

  /** Performs an operation; the errno below 0 or 0, map_count, and every VMA. */
  perform(operation: Operation): string {
    const error = this.#perform(operation);
    const hex = (number: number) => number.toString(16);
    const vmas = Array.from(this.#mm.vmas(), ({ start, end, flags, pageOffset }) => {
      return ` ${hex(start)}-${hex(end)}:${hex((flags & 7) | COMMON_FLAGS)}:${hex(pageOffset)}`;
    });
    return `${error} ${this.#mm.mapCount}${vmas.join("")}`;
  }

  #perform(operation: Operation): number {
    try {
      this.#call(operation);
      return 0;
    } catch (error) {
      if (error instanceof Error && "errno" in error) return -Number(error.errno);
      throw error;
    }
  }

  #call({ verb, a, b, c, d }: Operation): void {
    const mm = this.#mm;
    const flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
    const map = { address: a, length: b - a, protection: c & 7 };
    switch (verb) {
      case Verb.VMA_MAP:
        mm.mmap({ ...map, flags: flags | MAP_ANONYMOUS });
        break;
      case Verb.VMA_MAP_FILE:
        mm.mmap({ ...map, flags, file: FILES[d & 3]!, offset: Math.floor(d / 0x100) * PAGE });
        break;
      case Verb.VMA_UNMAP:
        mm.munmap(a, b - a);
        break;
      case Verb.VMA_PROTECT:
        mm.mprotect(a, b - a, c & 7);
        break;
      case Verb.VMA_WRITE:
        mm.fault(a, "write");
        break;
      case Verb.VMA_REMAP:
        this.#remap(a, b, c, d);
    }
  }

  /** What mremap() refuses before it comes to vma.c is not asked. */
  #remap(start: number, end: number, newStart: number, newEnd: number): void {
    const vma = this.#mm.findVma(start);
    if (vma === undefined || vma.start > start || vma.end < end) return;
    const [length, newLength] = [end - start, newEnd - newStart];
    if (newStart === start) this.#mm.mremap(start, length, newLength);
    else if (newStart >= end || start >= newEnd) {
      this.#mm.mremap(start, length, newLength, MREMAP_FIXED | MREMAP_MAYMOVE, newStart);
    }
  }
}
