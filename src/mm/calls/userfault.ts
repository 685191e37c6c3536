/**
 * userfaultfd: memory whose faults another thread serves. Mirrors `userfaultfd_register()` and
 * `userfaultfd_unregister()` (Linux fs/userfaultfd.c). Who fills the pages is not modelled; what is left are the flags
 * `um`, `uw` and `ui`, which cut VMAs and keep them apart.
 *
 * @module
 */

import { isPageAligned, roundLength } from "../../abi/page.ts";
import { cannot } from "../error.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";
import { modify, wishFor } from "../vma/modify.ts";

/** What may be watched, with the flag that shows it, in the kernel's order. Linux include/uapi/linux/userfaultfd.h. */
const MODES: readonly (readonly [bit: number, letters: string])[] = [
  [1, "um"],
  [2, "uw"],
  [4, "ui"],
];

const LETTERS: ReadonlySet<string> = new Set(MODES.map(([, letters]) => letters));

/**
 * Has faults on `[address, address + length)` served by a descriptor, or no longer.
 *
 * Precondition: whole pages. Postcondition: the VMAs in the range have the flags of `modes`, and no others of these;
 * one that had them all before keeps what else it had. Holes are passed over.
 *
 * @param modes UFFDIO_REGISTER_MODE_… bits, 0 to end it
 * @throws {MmError} EINVAL unaligned, or nothing is mapped there · ENOMEM a split would pass max_map_count, or memory
 * ran out; those before are changed
 */
export function setUserfault(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  modes: number,
): void {
  const end = address + roundLength(length);
  if (!isPageAligned(address) || end - address !== length) {
    throw cannot("watch", address, end, "EINVAL", "it is not a range of whole pages");
  }
  let vma = mm.tree.findIntersection(address, end);
  if (vma === undefined) {
    throw cannot("watch", address, end, "EINVAL", "nothing is mapped there");
  }
  const watched = MODES.flatMap(([bit, letters]) => modes & bit ? [letters] : []);
  while (vma !== undefined && vma.start < end) {
    const stop = Math.min(end, vma.end);
    const flags = watchedFlags(vma.otherFlags, watched);
    if (flags !== vma.otherFlags) {
      const wish = wishFor(mm, vma, Math.max(address, vma.start), stop);
      wish.otherFlags = flags;
      vma = modify(mm, vma, wish);
    }
    vma = mm.tree.findVma(Math.max(stop, vma.end));
  }
}

/** A VMA's carried flags once it is watched so; none is watched less for being watched again. */
function watchedFlags(before: string, watched: readonly string[]): string {
  const letters = before.split(" ").filter((each) => each !== "");
  if (watched.length > 0 && watched.every((each) => letters.includes(each))) return before;
  return [...watched, ...letters.filter((each) => !LETTERS.has(each))].join(" ");
}

/** True if a userfaultfd serves faults of the VMA. Mirrors `userfaultfd_armed()`. */
export function isWatched({ otherFlags }: Pick<Vma, "otherFlags">): boolean {
  return otherFlags !== "" && otherFlags.split(" ").some((each) => LETTERS.has(each));
}
