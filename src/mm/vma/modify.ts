/**
 * Changing what a range of a VMA is: by merging it into a like neighbour, else by cutting it out.
 * Mirrors `vma_modify()` (Linux mm/vma.c).
 *
 * @module
 */

import { startWrite } from "../locks/locking.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { mergeExisting } from "./merge.ts";
import { pages } from "../../abi/page.ts";
import { isolate } from "./split.ts";
import type { Vma } from "../vma.ts";
import type { VmFlags } from "../vm_flags.ts";

/**
 * Gives `[start, end)` of `vma` new flags, and perhaps another name.
 *
 * Precondition: the range lies within `vma`, page-aligned, not empty.
 * Postcondition: the VMA returned covers the range and has the flags. A failed call changes
 * nothing.
 *
 * @throws {MmError} ENOMEM a split would pass max_map_count, or memory ran out
 */
export function modify(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
  flags: VmFlags,
  anonName: string | null = vma.anonName,
): Vma {
  const pageOffset = vma.pageOffset + pages(start - vma.start);
  const { file, special, anonVma, anonVmaChain } = vma;
  const wish = { start, end, flags, pageOffset, file, special, anonName, anonVma, anonVmaChain };
  const merged = mergeExisting(mm, vma, wish);
  if (merged !== undefined) return merged;
  const range = isolate(mm, vma, start, end);
  startWrite(range);
  range.flags = flags;
  range.anonName = anonName;
  return range;
}
