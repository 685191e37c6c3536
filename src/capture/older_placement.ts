/**
 * The placement of Linux 5.19, computed from a layout: what the recorder gives as a hint in place of
 * NULL to record how a program would have been laid out by an older kernel.
 *
 * Only private anonymous mappings of 2 MiB and more were placed otherwise than now: they were not aligned
 * to huge pages. Large maps of files on disk are aligned since 5.18 and are left to the running kernel.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";
import { hasFlag } from "./layout.ts";

const PAGE = 4096;
/** Free pages kept below a VMA that grows down: `stack_guard_gap`. */
const GUARD_GAP = 256 * PAGE;
/** From here on newer kernels align; shorter mappings are placed as they always were. */
const SMALLEST_ALIGNED = 2 * 1024 * 1024;

const MAP_TYPE = 0xf, MAP_PRIVATE = 0x2, MAP_ANONYMOUS = 0x20;
const MAP_FIXED = 0x10, MAP_32BIT = 0x40, MAP_HUGETLB = 0x40000, MAP_FIXED_NOREPLACE = 0x100000;
const KINDS = MAP_TYPE | MAP_ANONYMOUS | MAP_FIXED | MAP_32BIT | MAP_HUGETLB | MAP_FIXED_NOREPLACE;

/**
 * The address that an `mmap` with these arguments would have got, or nothing where both kernels place
 * it alike or nothing is free: the end of the highest gap below `mmapBase` that is long enough.
 *
 * @param args of `mmap`, as the program gave them
 */
export function olderPlacement(
  layout: readonly MapLine[],
  mmapBase: number,
  args: readonly number[],
): number | undefined {
  const [address = 0, length = 0, , flags = 0] = args;
  const isAlignedNow = length >= SMALLEST_ALIGNED &&
    (flags & KINDS) === (MAP_PRIVATE | MAP_ANONYMOUS);
  if (address !== 0 || !isAlignedNow) return undefined;
  const bytes = Math.ceil(length / PAGE) * PAGE;
  let top = mmapBase;
  for (const line of layout.toReversed()) {
    if (top - line.end >= bytes) break;
    const start = hasFlag(line, "gd") ? line.start - GUARD_GAP : line.start;
    top = Math.min(top, start);
  }
  return top > bytes ? top - bytes : undefined;
}
