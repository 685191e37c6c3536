/**
 * Changing what a range of a VMA is: by merging it into a like neighbour, else by cutting it out.
 * Mirrors `vma_modify()` (Linux mm/vma.c).
 *
 * @module
 */

import { startWrite } from "../locks/locking.ts";
import { pages } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";
import { mergeExisting, rangeOf } from "./merge.ts";
import { isolate } from "./split.ts";

/** What a range is to be from now on; what is not given stays. */
export type Change = Partial<
  Pick<Vma, "flags" | "anonName" | "protectionKey" | "policy" | "otherFlags">
>;

/**
 * Changes `[start, end)` of `vma`.
 *
 * Precondition: the range lies within `vma`, page-aligned, not empty.
 * Postcondition: the VMA returned covers the range and is what was asked for. A failed call changes
 * nothing.
 *
 * @throws {MmError} ENOMEM a split would pass max_map_count, or memory ran out
 */
export function modify(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
  change: Change,
): Vma {
  const before = pages(start - vma.start);
  const wish = {
    ...rangeOf(vma),
    start,
    end,
    pageOffset: vma.pageOffset + before,
    anonPageOffset: vma.anonPageOffset + before,
    ...change,
  };
  const merged = mergeExisting(mm, vma, wish);
  if (merged !== undefined) return merged;
  const range = isolate(mm, vma, start, end);
  startWrite(range);
  return Object.assign(range, change);
}
