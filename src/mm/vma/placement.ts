/**
 * Where a mapping goes for which the program named no place. Mirrors `__get_unmapped_area()` and
 * `vm_unmapped_area()` (Linux mm/mmap.c, mm/vma.c), the x86-64 variants, and
 * `__thp_get_unmapped_area()` (mm/huge_memory.c).
 *
 * Ordinarily it goes into the highest gap below `mmapBase`; in the legacy layout, and when nothing
 * fits below, into the lowest gap above. A gap that touches a VMA which grows down ends 256 pages
 * below it.
 *
 * Big mappings begin on a huge-page boundary, by the rules `alignAnonymous`, `alignFiles` and
 * `alignTakesUpperEnd`.
 *
 * @module
 */

import * as mman from "../../abi/mman.ts";
import * as page from "../../abi/page.ts";
import * as rlimits from "../rlimit.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { KernelRules } from "../rules/kernel_rules.ts";
import type { MappedFile, Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { MAP_32BIT, MAP_FIXED, MAP_SHARED, MAP_TYPE } = mman;
const { HUGE_PAGE_SIZE, isAligned, PAGE_SIZE, pageAlignDown, pageAlignUp } = page;
const { STACK_GUARD_GAP } = rlimits;
const { VM_GROWSDOWN } = vmFlags;

/** No place was found. */
export const NOWHERE: number = -1;

/** Where MAP_32BIT looks: `[1 GiB, 2 GiB)`. */
const LOW_WINDOW_START = 0x4000_0000;
const LOW_WINDOW_END = 0x8000_0000;

/**
 * Chooses the address of a mapping, or checks the one that MAP_FIXED demands.
 *
 * O(log n) unless guard gaps make it look again.
 *
 * @param hint where the program would like it, page-aligned, 0 for no wish; with MAP_FIXED the place itself
 * @param length bytes, whole pages
 * @param flags MAP_… bits
 * @param file the open file, null for anonymous memory
 * @param offset in the file, bytes
 * @returns the first byte, or {@linkcode NOWHERE}: ENOMEM
 */
export function place(
  mm: MemoryDescriptor,
  hint: number,
  length: number,
  flags: number,
  file: MappedFile | null,
  offset: number,
): number {
  if (length > mm.taskSize) return NOWHERE;
  const address = flags & MAP_FIXED
    ? hint
    : file !== null && file.hugePageSize !== undefined
    ? placeHuge(mm, hint, length, file.hugePageSize)
    : alignsToHugePages(mm.rules, hint, length, flags, file)
    ? placeAligned(mm, hint, length, flags, offset)
    : placePlain(mm, hint, length, flags);
  return address > mm.taskSize - length ? NOWHERE : address;
}

/** The first address that nothing may occupy below `vma`: its start, or that less its guard gap. */
export function startWithGap(vma: Vma): number {
  return vma.flags & VM_GROWSDOWN ? Math.max(0, vma.start - STACK_GUARD_GAP) : vma.start;
}

function alignsToHugePages(
  rules: KernelRules,
  hint: number,
  length: number,
  flags: number,
  file: MappedFile | null,
): boolean {
  if (file !== null) return rules.alignFiles && file.hugeAligned;
  const { alignAnonymous } = rules;
  if (alignAnonymous === "never" || (flags & MAP_TYPE) === MAP_SHARED) return false;
  if (alignAnonymous === "large") return length >= HUGE_PAGE_SIZE;
  return hint === 0 && isAligned(length, HUGE_PAGE_SIZE);
}

/**
 * Places with room to spare, then moves up to where the file's huge pages fall on the machine's.
 */
function placeAligned(
  mm: MemoryDescriptor,
  hint: number,
  length: number,
  flags: number,
  offset: number,
): number {
  const firstHugePage = Math.ceil(offset / HUGE_PAGE_SIZE) * HUGE_PAGE_SIZE;
  const holdsHugePage = offset + length - firstHugePage >= HUGE_PAGE_SIZE;
  const roomy = holdsHugePage ? placePlain(mm, hint, length + HUGE_PAGE_SIZE, flags) : NOWHERE;
  if (roomy === NOWHERE) return placePlain(mm, hint, length, flags);
  if (roomy === hint) return hint;
  const shift = (offset - roomy) & (HUGE_PAGE_SIZE - 1);
  const takesUpperEnd = shift === 0 && !mm.legacyLayout && mm.rules.alignTakesUpperEnd;
  return takesUpperEnd ? roomy + HUGE_PAGE_SIZE : roomy + shift;
}

/** Whole huge pages of the pool begin on one. Mirrors `hugetlb_get_unmapped_area()`. */
function placeHuge(mm: MemoryDescriptor, hint: number, length: number, size: number): number {
  const wish = Math.ceil(hint / size) * size;
  if (hint !== 0 && isFree(mm, wish, length)) return wish;
  const room = length + size - PAGE_SIZE;
  const address = mm.legacyLayout
    ? placeUpwards(mm, room, mm.mmapBase, mm.mapWindow)
    : placeDownwards(mm, room, PAGE_SIZE, mm.mmapBase);
  if (address === NOWHERE) return NOWHERE;
  return mm.legacyLayout
    ? Math.ceil(address / size) * size
    : Math.floor((address + room - length) / size) * size;
}

function placePlain(mm: MemoryDescriptor, hint: number, length: number, flags: number): number {
  if (flags & MAP_32BIT) return placeLow(mm, hint, length);
  if (length > mm.taskSize - mm.hintMinAddress) return NOWHERE;
  if (hint !== 0 && isFree(mm, pageAlignDown(hint), length)) return pageAlignDown(hint);
  // Asked for more than the usual window, on a machine that has more: it would go to the top, beyond 2^52.
  if (mm.mapWindow < mm.taskSize && pageAlignDown(hint) > mm.mapWindow) return NOWHERE;
  if (mm.legacyLayout) return placeUpwards(mm, length, mm.mmapBase, mm.mapWindow);
  const address = placeDownwards(mm, length, PAGE_SIZE, mm.mmapBase);
  if (address !== NOWHERE) return address;
  return placeUpwards(mm, length, pageAlignUp(Math.floor(mm.mapWindow / 3)), mm.mapWindow);
}

function placeLow(mm: MemoryDescriptor, hint: number, length: number): number {
  if (length > LOW_WINDOW_END) return NOWHERE;
  const fits = hint !== 0 && hint + length <= LOW_WINDOW_END && isFree(mm, hint, length);
  return fits ? hint : placeUpwards(mm, length, LOW_WINDOW_START, LOW_WINDOW_END);
}

/** Mirrors `mmap_address_hint_valid()` too: a hint may not cross the window's end unless it starts above. */
function isFree(mm: MemoryDescriptor, address: number, length: number): boolean {
  if (address > mm.taskSize - length) return false;
  if (address <= mm.mapWindow && address + length > mm.mapWindow) return false;
  const vma = mm.tree.findVma(address);
  return vma === undefined || address + length <= startWithGap(vma);
}

/** The highest fit in `[low, high)`. Mirrors `unmapped_area_topdown()`; obeys the rule `seeksBelowGuardGap`. */
function placeDownwards(mm: MemoryDescriptor, length: number, low: number, high: number): number {
  low = Math.max(low, mm.hintMinAddress);
  for (;;) {
    if (high - low < length) return NOWHERE;
    const address = mm.tree.highestGap(length, low, high);
    if (address === NOWHERE) return NOWHERE;
    const next = mm.tree.findVma(address);
    if (next === undefined || startWithGap(next) >= address + length) return address;
    high = startWithGap(next);
    if (!mm.rules.seeksBelowGuardGap) high = Math.max(high, mm.tree.before(address)?.end ?? low);
  }
}

/** The lowest fit in `[low, high)`. Mirrors `unmapped_area()`. */
function placeUpwards(mm: MemoryDescriptor, length: number, low: number, high: number): number {
  low = Math.max(low, mm.hintMinAddress);
  for (;;) {
    if (high - low < length) return NOWHERE;
    const address = mm.tree.lowestGap(length, low, high);
    if (address === NOWHERE) return NOWHERE;
    const next = mm.tree.findVma(address);
    if (next === undefined || startWithGap(next) >= address + length) return address;
    low = next.end;
  }
}
