/**
 * Changing what a range of a VMA is: by merging it into a like neighbour, else by cutting it out.
 * Mirrors `vma_modify()` (Linux mm/vma.c).
 *
 * @module
 */

import * as locking from "../locks/locking.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";
import * as merging from "./merge.ts";
import * as splitting from "./split.ts";

// The file's own, as V8 looks imported names up at each use.
const { startWrite } = locking;
const { mergeExisting } = merging;
const { isolate } = splitting;

/**
 * The range `[start, end)` of `vma` as it is, for a caller to say what of it is to be otherwise: flags, name,
 * protection key, policy, or the flags that are carried along. Valid until the next one is asked for.
 *
 * Precondition: the range lies within `vma`, page-aligned, not empty.
 */
export function wishFor(mm: MemoryDescriptor, vma: Vma, start: number, end: number): Vma {
  mm.wish.imitate(vma, start, end);
  return mm.wish;
}

/**
 * Changes a range of `vma` to what `wish` says of it.
 *
 * Precondition: `wish` is that of {@linkcode wishFor}.
 * Postcondition: the VMA returned covers the range and is what was asked for. A failed call changes
 * nothing, but that it may leave the VMA cut at the range's start, as {@linkcode isolate} says.
 *
 * @throws {MmError} ENOMEM a split would pass max_map_count, or memory ran out
 */
export function modify(mm: MemoryDescriptor, vma: Vma, wish: Vma): Vma {
  const merged = mergeExisting(mm, vma, wish);
  if (merged !== undefined) return merged;
  const range = isolate(mm, vma, wish.start, wish.end);
  startWrite(range);
  range.flags = wish.flags;
  range.anonName = wish.anonName;
  range.protectionKey = wish.protectionKey;
  range.policy = wish.policy;
  range.otherFlags = wish.otherFlags;
  return range;
}
