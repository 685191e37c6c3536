/**
 * When two neighbours become one VMA, and how. Mirrors `vma_merge_new_range()` and
 * `vma_merge_existing_range()` (Linux mm/vma.c, 6.18).
 *
 * Two ranges merge only if they agree in everything: same flags, same open file, same name, page
 * offsets that continue, compatible anon_vmas, neither special. anon_vmas are compatible if they
 * are the same one, or if one side has none and the other did not come from a fork (so that merging
 * never ties a child's VMA deeper to its parent). Both neighbours join only if they are compatible
 * with each other too.
 *
 * Every merge is a single store of the survivor over its new range.
 *
 * @module
 */

import { clone, setBounds, takeClone, unlink } from "../pages/anon_vma.ts";
import { pages } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { unlinkReverseMap } from "../pages/reverse_map.ts";
import type { AnonVma, MappedFile, Vma } from "../vma.ts";
import { VM_SPECIAL, VM_STICKY, type VmFlags } from "../vm_flags.ts";

/** What a range is, or is about to be. A VMA is one. */
export interface Range {
  /** First byte. */
  readonly start: number;
  /** First byte after the last. */
  readonly end: number;
  /** Protection, sharing and the rest. */
  readonly flags: VmFlags;
  /** Offset of the first page, pages. */
  readonly pageOffset: number;
  /** The open file, null for private anonymous memory. */
  readonly file: MappedFile | null;
  /** Name of a mapping that the kernel itself made. */
  readonly special: string | null;
  /** Name given with PR_SET_VMA_ANON_NAME. */
  readonly anonName: string | null;
  /** Where its pages hang; null if none was written to. */
  readonly anonVma: AnonVma | null;
  /** anon_vmas of the VMA whose pages the range gets; more than one after a fork. */
  readonly anonVmaChain: readonly AnonVma[];
}

/** The rule that keeps two neighbours apart. */
export type MergeObstacle =
  | "not adjacent"
  | "special"
  | "flags"
  | "file"
  | "name"
  | "page offset"
  | "anon_vma"
  | "forked";

/**
 * Why `upper` cannot be one VMA with `lower` below it, null if it can. `grows` is the one of the
 * two that is a VMA already and would grow over the other.
 */
export function mergeObstacle(lower: Range, upper: Range, grows: Range): MergeObstacle | null {
  if (lower.end !== upper.start) return "not adjacent";
  if ((lower.flags | upper.flags) & VM_SPECIAL) return "special";
  if ((lower.flags ^ upper.flags) & ~VM_STICKY) return "flags";
  if (lower.file !== upper.file) return "file";
  if (lower.anonName !== upper.anonName || lower.special !== upper.special) return "name";
  if (lower.pageOffset + pages(lower.end - lower.start) !== upper.pageOffset) return "page offset";
  return anonObstacle(grows, grows === lower ? upper : lower);
}

/** Mirrors `is_mergeable_anon_vma()`: whichever side has pages must not have come from a fork. */
function anonObstacle(grows: Range, other: Range): MergeObstacle | null {
  if (grows.anonVma === other.anonVma) return null;
  if (grows.anonVma !== null && other.anonVma !== null) return "anon_vma";
  const faulted = grows.anonVma === null ? other : grows;
  return faulted.anonVmaChain.length > 1 ? "forked" : null;
}

/** True if the anon_vmas of two neighbours allow one VMA over both. */
function canJoin(lower: Vma, upper: Vma): boolean {
  return lower.anonVma === null || upper.anonVma === null || lower.anonVma === upper.anonVma;
}

/** True if a merge may delete the VMA: its file has no close hook. */
function isRemovable(vma: Vma): boolean {
  return vma.file?.hooks?.close === undefined;
}

/**
 * Lets a neighbour grow over a range that is free, or about to be.
 *
 * Precondition: nothing that stays lies in the range; `previous` and `next` are the VMAs on either
 * side. Postcondition: if a VMA is returned it covers the range; `next` may be gone. A failed call
 * changes nothing.
 *
 * @param next undefined also where only `previous` may grow
 * @returns the VMA that grew, undefined if neither may
 * @throws {MmError} ENOMEM memory ran out
 */
export function mergeNew(
  mm: MemoryDescriptor,
  range: Range,
  previous: Vma | undefined,
  next: Vma | undefined,
): Vma | undefined {
  const lower = canGrow(previous, previous, range) ? previous : undefined;
  let upper = canGrow(next, range, next) ? next : undefined;
  if (lower && upper && !(canJoin(lower, upper) && isRemovable(upper))) upper = undefined;

  const sticky = (range.flags | (upper?.flags ?? 0)) & VM_STICKY;
  if (lower && upper) {
    grow(mm, lower, faulted(upper, range), lower.start, upper.end, lower.pageOffset, sticky);
    remove(mm, upper);
  } else if (lower) {
    grow(mm, lower, range, lower.start, range.end, lower.pageOffset, sticky);
  } else if (upper) {
    grow(mm, upper, range, range.start, upper.end, range.pageOffset, sticky);
  }
  return lower ?? upper;
}

/**
 * Merges `[start, end)` of `vma`, which is about to become like `wish`, into the neighbour that is
 * like it already.
 *
 * Precondition: the range lies within `vma`, and `wish` describes it.
 * Postcondition: if a VMA is returned it covers the range; up to two VMAs are gone. A failed call
 * changes nothing.
 *
 * @returns the neighbour that grew, undefined if neither may
 * @throws {MmError} ENOMEM memory ran out
 */
export function mergeExisting(mm: MemoryDescriptor, vma: Vma, wish: Range): Vma | undefined {
  const { start, end } = wish;
  const wholeHead = start === vma.start;
  const wholeTail = end === vma.end;
  if (wish.flags & VM_SPECIAL || !(wholeHead || wholeTail)) return undefined;

  const previous = wholeHead ? mm.tree.before(start) : undefined;
  const next = wholeTail ? mm.tree.after(start) : undefined;
  const lower = canGrow(previous, previous, wish) ? previous : undefined;
  let upper = canGrow(next, wish, next) ? next : undefined;
  if (lower && upper && !(canJoin(lower, upper) && isRemovable(upper))) upper = undefined;
  if (wholeHead && wholeTail && !isRemovable(vma)) return undefined;

  const sticky = (wish.flags | (upper?.flags ?? 0)) & VM_STICKY;
  if (lower && upper) {
    grow(mm, lower, faulted(upper, vma), lower.start, upper.end, lower.pageOffset, sticky);
    remove(mm, vma);
    remove(mm, upper);
  } else if (lower) {
    grow(mm, lower, vma, lower.start, end, lower.pageOffset, sticky);
    if (wholeTail) remove(mm, vma);
    else setBounds(vma, end, vma.end, vma.pageOffset + pages(end - vma.start));
  } else if (upper) {
    grow(mm, upper, vma, start, upper.end, wish.pageOffset, sticky);
    if (wholeHead) remove(mm, vma);
    else setBounds(vma, vma.start, start, vma.pageOffset);
  }
  return lower ?? upper;
}

/** True if the VMA `grower` may grow over the other of `lower` and `upper`. */
function canGrow(
  grower: Vma | undefined,
  lower: Range | undefined,
  upper: Range | undefined,
): grower is Vma {
  return grower !== undefined && lower !== undefined && upper !== undefined &&
    mergeObstacle(lower, upper, grower) === null;
}

/** The one of two whose anon_vma a survivor without one is to have. */
function faulted(first: Range, second: Range): Range {
  return first.anonVma === null ? second : first;
}

/**
 * Stores `survivor` over its new range, with the anon_vmas of `source` if it has none of its own, and
 * with the sticky flags of all that it takes over.
 */
function grow(
  mm: MemoryDescriptor,
  survivor: Vma,
  source: Range,
  start: number,
  end: number,
  pageOffset: number,
  sticky: VmFlags,
): void {
  const adopts = survivor.anonVma === null && source.anonVma !== null;
  if (adopts) takeClone(source, mm.faultInjection);
  mm.tree.prepare(start, end, survivor);
  if (adopts) clone(survivor, source);
  survivor.flags |= sticky;
  setBounds(survivor, start, end, pageOffset);
  mm.tree.commit();
}

function remove(mm: MemoryDescriptor, vma: Vma): void {
  unlink(vma);
  unlinkReverseMap(vma);
  mm.tree.mapCount--;
}
