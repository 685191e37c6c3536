/**
 * When two neighbours become one VMA, and how. Mirrors `vma_merge_new_range()` and
 * `vma_merge_existing_range()` (Linux mm/vma.c). Obeys the rules `newMapping`, `unwrittenTakesWritten`,
 * `closeHookMerges` and `anonPageOffset`.
 *
 * Two ranges merge only if they agree in everything: same flags, same open file, same name, protection key and memory
 * policy, page offsets that continue, compatible anon_vmas, neither special. anon_vmas are compatible if they
 * are the same one, or if one side has none and the other did not come from a fork (so that merging
 * never ties a child's VMA deeper to its parent). Both neighbours join only if they are compatible
 * with each other too.
 *
 * Every merge is a single store of the survivor over its new range.
 *
 * @module
 */

import * as anonVmas from "../pages/anon_vma.ts";
import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as reverseMap from "../pages/reverse_map.ts";
import type { KernelRules } from "../rules/kernel_rules.ts";
import type { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";
import type { VmFlags } from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { clone, setBounds, takeClone, unlink } = anonVmas;
const { pages } = page;
const { unlinkReverseMap } = reverseMap;
const { VM_MAYWRITE, VM_SHARED, VM_SPECIAL, VM_STICKY } = vmFlags;

/** The rule that keeps two neighbours apart. */
export type MergeObstacle =
  | "not adjacent"
  | "special"
  | "flags"
  | "file"
  | "name"
  | "protection key"
  | "memory policy"
  | "close hook"
  | "page offset"
  | "anonymous page offset"
  | "anon_vma"
  | "forked"
  | "unwritten";

/**
 * Why `upper` cannot be one VMA with `lower` below it, null if it can. `grows` is the one of the
 * two that is a VMA already and would grow over the other.
 */
export function mergeObstacle(
  lower: Vma,
  upper: Vma,
  grows: Vma,
  rules: KernelRules,
): MergeObstacle | null {
  if (lower.end !== upper.start) return "not adjacent";
  if ((lower.flags | upper.flags) & VM_SPECIAL) return "special";
  if ((lower.flags ^ upper.flags) & ~VM_STICKY) return "flags";
  if (lower.file !== upper.file) return "file";
  const length = pages(lower.end - lower.start);
  return attributeObstacle(lower, upper, rules) ??
    (lower.pageOffset + length !== upper.pageOffset
      ? "page offset"
      : rules.anonPageOffset && isPrivateFile(upper) &&
          lower.anonPageOffset + length !== upper.anonPageOffset
      ? "anonymous page offset"
      : anonObstacle(grows, grows === lower ? upper : lower, rules));
}

/** What else was said of one of the two. Mirrors `is_mergeable_vma()`. */
function attributeObstacle(lower: Vma, upper: Vma, rules: KernelRules): MergeObstacle | null {
  if (lower.otherFlags !== upper.otherFlags) return "flags";
  if (lower.anonName !== upper.anonName || lower.special !== upper.special) return "name";
  if (lower.protectionKey !== upper.protectionKey) return "protection key";
  if (lower.policy !== upper.policy) return "memory policy";
  return !rules.closeHookMerges && lower.file?.hooks?.close !== undefined ? "close hook" : null;
}

/** True for a private mapping of a file that may be written. Mirrors `is_cow_mapping()`. */
export function isPrivateFile({ file, flags }: Pick<Vma, "file" | "flags">): boolean {
  return file !== null && (flags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;
}

/** Mirrors `is_mergeable_anon_vma()`: whichever side has pages must not have come from a fork. */
function anonObstacle(
  grows: Pick<Vma, "anonVma" | "anonVmaChain">,
  other: Pick<Vma, "anonVma" | "anonVmaChain">,
  rules: KernelRules,
): MergeObstacle | null {
  if (grows.anonVma === other.anonVma) return null;
  if (grows.anonVma !== null && other.anonVma !== null) return "anon_vma";
  if (grows.anonVma === null && !rules.unwrittenTakesWritten) return "unwritten";
  const written = grows.anonVma === null ? other : grows;
  return written.anonVmaChain.length > 1 ? "forked" : null;
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
 * @param prefers which of them grows where both could, but do not fit each other
 * @returns the VMA that grew, undefined if neither may
 * @throws {MmError} ENOMEM memory ran out
 */
export function mergeNew(
  mm: MemoryDescriptor,
  range: Vma,
  previous: Vma | undefined,
  next: Vma | undefined,
  prefers: KernelRules["newMapping"] = "previous",
): Vma | undefined {
  const { rules } = mm;
  const above = canGrow(next, range, next, rules) ? next : undefined;
  const isUpperFirst = prefers === "next" && above !== undefined;
  // Where the next one is preferred, the previous one is asked whether it takes the next one's pages.
  const wanted = isUpperFirst ? withPagesOf(range, above) : range;
  const lower = canGrow(previous, previous, wanted, rules) ? previous : undefined;
  const fits = isUpperFirst || !lower || !above || (canJoin(lower, above) && isRemovable(above));
  const upper = fits ? above : undefined;

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

/** The range as if it had the anonymous pages of `source`. */
export function withPagesOf(range: Vma, source: Vma): Vma {
  const copy = range.part(range.start, range.end);
  copy.anonVma = source.anonVma;
  copy.anonVmaChain = source.anonVmaChain;
  return copy;
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
export function mergeExisting(mm: MemoryDescriptor, vma: Vma, wish: Vma): Vma | undefined {
  const { start, end } = wish;
  const wholeHead = start === vma.start;
  const wholeTail = end === vma.end;
  if (wish.flags & VM_SPECIAL || !(wholeHead || wholeTail)) return undefined;

  const previous = wholeHead ? mm.tree.before(start) : undefined;
  const next = wholeTail ? mm.tree.after(start) : undefined;
  const lower = canGrow(previous, previous, wish, mm.rules) ? previous : undefined;
  let upper = canGrow(next, wish, next, mm.rules) ? next : undefined;
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
  lower: Vma | undefined,
  upper: Vma | undefined,
  rules: KernelRules,
): grower is Vma {
  return grower !== undefined && lower !== undefined && upper !== undefined &&
    mergeObstacle(lower, upper, grower, rules) === null;
}

/** Grows a VMA upwards over a free range, and merges with nothing. */
export function growAlone(mm: MemoryDescriptor, vma: Vma, end: number): Vma {
  grow(mm, vma, vma, vma.start, end, vma.pageOffset, 0);
  return vma;
}

/** The one of two whose anon_vma a survivor without one is to have. */
function faulted(first: Vma, second: Vma): Vma {
  return first.anonVma === null ? second : first;
}

/**
 * Stores `survivor` over its new range, with the anon_vmas of `source` if it has none of its own, and
 * with the sticky flags of all that it takes over.
 */
function grow(
  mm: MemoryDescriptor,
  survivor: Vma,
  source: Vma,
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
