/**
 * The operations on address spaces of `src/mm`.
 *
 * @module
 */

import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../abi/mman.ts";
import { AddressSpace } from "../../mm/address_space.ts";
import { kernelRules } from "../../mm/rules/kernel_rules.ts";
import type { MappedFile } from "../../mm/vma.ts";
import { VM_ACCOUNT } from "../../mm/vm_flags.ts";
import { type Operation, Verb } from "../operation.ts";
import { PAGE } from "./layout.ts";
import { FILE_NUMBERS, RemapFlag, VM_SHARED_BIT } from "./operands.ts";
import { Numbers, spaceLine } from "./space_line.ts";

const ENOMEM = 12;

/** Performs operations as a kernel's `mm/vma.c` must. */
export class VmaModel {
  readonly #release: string;
  readonly #spaces = new Map<number, AddressSpace>();
  readonly #files = new Map<number, MappedFile>();
  readonly #numbers = new Numbers();
  #mm: AddressSpace;

  /** @param release of the kernel: which VMAs merge differs between them */
  constructor(release: string) {
    this.#release = release;
    this.#mm = this.#space(0);
  }

  /** Performs an operation; what the driver must print. */
  perform(operation: Operation): string {
    const error = this.#perform(operation);
    return spaceLine(this.#mm, error, this.#numbers);
  }

  #perform(operation: Operation): number {
    try {
      return this.#call(operation);
    } catch (error) {
      if (error instanceof Error && "errno" in error) return -Number(error.errno);
      throw error;
    }
  }

  #call({ verb, a, b, c, d }: Operation): number {
    const mm = this.#mm;
    switch (verb) {
      case Verb.VMA_MAP:
      case Verb.VMA_MAP_FILE:
        this.#map(a, b, c, d);
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
        this.#remap(a, b, c, Math.floor(d / PAGE) * PAGE, d % PAGE);
        break;
      case Verb.VMA_HEAP:
        mm.descriptor.startBrk = a;
        mm.descriptor.brk = b;
        break;
      case Verb.VMA_BRK:
        return mm.brk(a) === a ? 0 : -ENOMEM;
      case Verb.VMA_FORK:
        this.#spaces.set(a, mm.fork());
        break;
      case Verb.VMA_SPACE:
        this.#mm = this.#space(a);
    }
    return 0;
  }

  #space(number: number): AddressSpace {
    const space = this.#spaces.get(number) ??
      new AddressSpace({ mmapBase: 0x7fff_0000_0000, rules: kernelRules(this.#release) });
    this.#spaces.set(number, space);
    return space;
  }

  #map(a: number, end: number, flags: number, d: number): void {
    const address = Math.floor(a / PAGE) * PAGE;
    const isMemory = d === 0 || a % PAGE === 1;
    const number = d % FILE_NUMBERS;
    this.#mm.mmap({
      address,
      length: end - address,
      protection: flags & 7,
      flags: MAP_FIXED | MAP_NORESERVE | (flags & VM_SHARED_BIT ? MAP_SHARED : MAP_PRIVATE) |
        (isMemory ? MAP_ANONYMOUS : 0),
      file: isMemory ? null : this.#file(number),
      offset: isMemory ? 0 : Math.floor(d / FILE_NUMBERS) * PAGE,
    });
    const made = this.#mm.findVma(address)?.file;
    if (isMemory && made) this.#numbers.give(made, number);
  }

  #file(number: number): MappedFile {
    const file = this.#files.get(number) ?? {
      name: `/file${number}`,
      device: "00:01",
      inode: number,
      readable: true,
      writable: true,
      hugeAligned: false,
    };
    this.#files.set(number, file);
    this.#numbers.give(file, number);
    return file;
  }

  /** What mremap() refuses before it comes to vma.c is not asked. */
  #remap(start: number, end: number, newStart: number, newEnd: number, flags: number): void {
    const vma = this.#mm.findVma(start);
    if (vma === undefined || vma.start > start || vma.end < end) return;
    if (flags & RemapFlag.SPARES_ACCOUNTED && vma.flags & VM_ACCOUNT) return;
    const [length, newLength] = [end - start, newEnd - newStart];
    if (newStart === start) this.#mm.mremap(start, length, newLength);
    else if (newStart >= end || start >= newEnd) {
      const keeps = flags & RemapFlag.KEEPS ? MREMAP_DONTUNMAP : 0;
      this.#mm.mremap(start, length, newLength, MREMAP_FIXED | MREMAP_MAYMOVE | keeps, newStart);
    }
  }
}
