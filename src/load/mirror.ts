/**
 * What calls do to the contents of memory, told to the naive memory from their arguments alone.
 *
 * @module
 */

import { MADV, MREMAP_DONTUNMAP } from "../abi/mman.ts";
import { pageAlignUp } from "../abi/page.ts";
import type { CallStep } from "../replay/step.ts";
import type { PrivateStamps } from "./stamps.ts";

/** Advice after which private pages hold what they held before their first write. */
const DISCARDS: ReadonlySet<number> = new Set([
  MADV.DONTNEED,
  MADV.DONTNEED_LOCKED,
  MADV.FREE,
  MADV.REMOVE,
  MADV.GUARD_INSTALL,
]);

/**
 * Tells the stamps of what a call did that has returned.
 *
 * @param brk the end of the heap before the call, bytes
 */
export function mirror(stamps: PrivateStamps, { enter, record }: CallStep, brk: number): void {
  const [address = 0, length = 0, third = 0, flags = 0] = enter.args;
  const end = address + pageAlignUp(length);
  if (enter.call === "madvise") {
    // ENOMEM: there was a hole, and the rest was done all the same.
    const done = record.error === undefined || record.error === "ENOMEM";
    if (done && DISCARDS.has(third)) stamps.clear(address, end);
    return;
  }
  if (record.error !== undefined) return;
  if (enter.call === "munmap") stamps.clear(address, end);
  else if (enter.call === "mmap") {
    stamps.clear(record.result, record.result + pageAlignUp(length));
  } else if (enter.call === "brk") {
    if (record.result < brk) stamps.clear(pageAlignUp(record.result), pageAlignUp(brk));
  } else if (enter.call === "mremap") {
    remapped(stamps, address, pageAlignUp(length), pageAlignUp(third), flags, record.result);
  }
}

function remapped(
  stamps: PrivateStamps,
  start: number,
  length: number,
  newLength: number,
  flags: number,
  target: number,
): void {
  if (length === 0) return; // another view of shared memory
  if (newLength < length) stamps.clear(start + newLength, start + length);
  if (target === start && !(flags & MREMAP_DONTUNMAP)) return;
  stamps.move(start, Math.min(length, newLength), target);
}
