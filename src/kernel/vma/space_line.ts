/**
 * An address space of `src/mm` as the driver prints one: map_count and every VMA.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { MappedFile, Vma } from "../../mm/vma.ts";
import type { VmFlags } from "../../mm/vm_flags.ts";

/**
 * The kernel's bit of each of ours, in the order of `src/mm/vm_flags.ts` (Linux include/linux/mm.h, x86-64). Bits above
 * the 31st are those of 64-bit kernels; for sealed memory the driver has a bit of its own, as it moved.
 */
const KERNEL_BITS = [
  ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 15, 16, 17],
  ...[18, 19, 20, 21, 22, 23, 24, 25, 26, 28, 29, 30, 31, 40, 42],
];

/** The lowest of the kernel's bits that hold a protection key. */
const KEY_BIT = 32;

const KNOWN = new Map<VmFlags, number>();

/** The lowest of those that hold the number of what else keeps VMAs apart, and how many numbers there are. */
const KIND_BIT = 43;
const KINDS = 256;

/** Flags of ours as the kernel has them. */
function kernelFlags(flags: VmFlags): number {
  let bits = KNOWN.get(flags);
  if (bits === undefined) {
    bits = 0;
    for (const [at, bit] of KERNEL_BITS.entries()) if (flags & (1 << at)) bits += 2 ** bit;
    KNOWN.set(flags, bits);
  }
  return bits;
}

/** The numbers that files, and what else keeps VMAs apart, have in the operations of one driver. */
export class Numbers {
  readonly #files = new Map<MappedFile, number>();
  readonly #kinds = new Map<string, number>();

  /** The number of an open file, a new one for a new file, from 1; 0 for none. */
  file(file: MappedFile | null): number {
    if (file === null) return 0;
    const number = this.#files.get(file) ?? this.#files.size + 1;
    this.#files.set(file, number);
    return number;
  }

  /** Gives a file a number, unless it has one. */
  give(file: MappedFile, number: number): void {
    if (!this.#files.has(file)) this.#files.set(file, number);
  }

  /**
   * The flags of a VMA as the kernel has them. A memory policy and flags that the model only carries along are told
   * apart by bits of their own, as for merging all that counts is whether they are equal.
   *
   * @throws {RangeError} there are more kinds than numbers
   */
  flags({ flags, protectionKey, policy, otherFlags }: Readonly<Vma>): number {
    const bits = kernelFlags(flags) + protectionKey * 2 ** KEY_BIT;
    if (policy === null && otherFlags === "") return bits;
    const kind = `${policy}/${otherFlags}`;
    const number = this.#kinds.get(kind) ?? this.#kinds.size + 1;
    if (number === KINDS) throw new RangeError("there are too many memory policies");
    this.#kinds.set(kind, number);
    return bits + number * 2 ** KIND_BIT;
  }
}

/** The line that the driver must print: an errno below 0 or 0, map_count, and every VMA. O(VMAs). */
export function spaceLine(space: AddressSpace, error: number, numbers: Numbers): string {
  let line = `${error} ${space.mapCount}`;
  for (const vma of space.vmas()) {
    const { start, end, pageOffset, file, anonVmaChain } = vma;
    const parts = [numbers.flags(vma), pageOffset, numbers.file(file), anonVmaChain.length];
    line += ` ${start.toString(16)}-${end.toString(16)}:${
      parts.map((part) => part.toString(16)).join(":")
    }`;
  }
  return line;
}

/** Two such lines in words: only the VMAs that differ. */
export function showDifference(expected: string, actual: string): string {
  const [ours, theirs] = [expected, actual].map((line) => line.split(" "));
  const only = (one: readonly string[], other: readonly string[]) => {
    const known = new Set(other.slice(2));
    const own = one.slice(2).filter((vma) => !known.has(vma));
    const [error = "0", count = ""] = one;
    const refused = error === "0" ? "" : `errno ${-Number(error)}, `;
    return `${refused}map_count ${count}${
      own.length > 0 ? `, and only there ${own.join(" ")}` : ""
    }`;
  };
  return `expected ${only(ours!, theirs!)}\n  the kernel's vma.c has ${only(theirs!, ours!)}\n` +
    "  (a VMA is start-end:flags:page offset:file:anon_vmas, in hexadecimal)";
}
