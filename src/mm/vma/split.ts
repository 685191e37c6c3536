/**
 * Cutting a VMA so that a range of it becomes a VMA of its own. Mirrors `split_vma()` (Linux
 * mm/vma.c).
 *
 * The tree is written once: one prepared store puts the new middle (or end) in place and by that
 * trims the old entry; where both ends are cut, the old entry's remainder after it only changes
 * its value, which needs no node.
 *
 * @module
 */

import * as anonVmas from "../pages/anon_vma.ts";
import * as hugePool from "./huge_pool.ts";
import { cannot } from "../error.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as hooks from "./hooks.ts";
import * as reverseMap from "../pages/reverse_map.ts";
import type { Vma } from "../vma.ts";

// The file's own, as V8 looks imported names up at each use.
const { clone, setBounds, splitAtBorders, takeClone } = anonVmas;
const { splitsHugePage } = hugePool;
const { tellOpened } = hooks;
const { linkReverseMap } = reverseMap;

/**
 * Makes `[start, end)` of `vma` a VMA of its own, as long as that passes no limit.
 *
 * Precondition: the range lies within `vma`, page-aligned, not empty.
 * Postcondition: the VMA returned is exactly the range; `mapCount` has risen by the number of cuts.
 * A failed call changes nothing, with one exception: where only the second of two cuts is refused, the first, at
 * `start`, stays, as in the kernel, which makes one after the other.
 *
 * @throws {MmError} ENOMEM a cut would pass max_map_count, or memory ran out · EINVAL a special mapping,
 * such as `[vdso]`, or a cut through a huge page
 */
export function isolate(mm: MemoryDescriptor, vma: Vma, start: number, end: number): Vma {
  if (vma.start >= start && vma.end <= end) return vma;
  const { mapCount } = mm.tree;
  if (mapCount >= mm.maxMapCount) {
    throw cannot("split", vma.start, vma.end, "ENOMEM", `${mapCount} VMAs are in use`);
  }
  const isSecondRefused = mapCount + 1 === mm.maxMapCount || splitsHugePage(vma, end);
  if (isSecondRefused && vma.start < start && end < vma.end) {
    return isolate(mm, cut(mm, vma, start, vma.end), start, end);
  }
  return cut(mm, vma, start, end);
}

/**
 * The same without a look at max_map_count. A failed call changes nothing. Mirrors `__split_vma()`.
 *
 * @throws {MmError} ENOMEM memory ran out · EINVAL a special mapping, or a cut through a huge page
 */
export function cut(mm: MemoryDescriptor, vma: Vma, start: number, end: number): Vma {
  const cutsHead = vma.start < start;
  const cutsTail = end < vma.end;
  const cuts = Number(cutsHead) + Number(cutsTail);
  if (cuts === 0) return vma;
  if (vma.special !== null) {
    throw cannot("split", vma.start, vma.end, "EINVAL", `${vma.special} cannot be split`);
  }
  if (splitsHugePage(vma, start) || splitsHugePage(vma, end)) {
    throw cannot("split", vma.start, vma.end, "EINVAL", "it would cut a huge page");
  }
  for (let n = 0; n < cuts; n++) {
    mm.faultInjection.take("a VMA");
    takeClone(vma, mm.faultInjection);
  }
  const range = cutsHead ? vma.part(start, end) : vma;
  const tail = cutsTail ? vma.part(end, vma.end) : undefined;
  const stored = cutsHead ? range : tail!;
  mm.tree.prepare(stored.start, stored.end, stored);

  splitAtBorders(vma, start, end);
  setBounds(vma, vma.start, cutsHead ? start : end, vma.pageOffset);
  mm.tree.commit();
  if (cutsHead) enter(mm, range, vma);
  if (tail !== undefined) {
    if (cutsHead) mm.tree.replace(tail);
    enter(mm, tail, vma);
  }
  return range;
}

function enter(mm: MemoryDescriptor, part: Vma, source: Vma): void {
  clone(part, source);
  linkReverseMap(mm, part, source.fileMapping);
  tellOpened(mm, part);
  mm.tree.mapCount++;
}
