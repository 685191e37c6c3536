/**
 * What calls do to the contents of memory, told to the naive memory from their arguments, and from what was mapped.
 *
 * @module
 */

import { MADV, MREMAP_FIXED } from "../abi/mman.ts";
import { PAGE_SIZE, pageAlignUp } from "../abi/page.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import { isFileMapping } from "../mm/pages/physical_memory.ts";
import type { PageTableEntry } from "../mm/vma.ts";
import type { CallStep, Step } from "../replay/step.ts";
import type { LeaveRecord } from "../trace/format.ts";
import type { RunningLife } from "./running_life.ts";
import { type PrivateStamps, stampOf } from "./stamps.ts";

/** Advice after which private pages hold what they held before their first write. */
const DISCARDS: ReadonlySet<number> = new Set([
  MADV.DONTNEED,
  MADV.DONTNEED_LOCKED,
  MADV.FREE,
  MADV.REMOVE,
  MADV.GUARD_INSTALL,
]);

/** What must be known from before a call to tell what it did. */
export interface Before {
  /** The end of the heap, bytes. */
  readonly brk: number;
  /** Pages mapped. */
  readonly totalPages: number;
  /** What was mapped of the range that an mremap with a target moves, ascending. */
  readonly source: readonly Mapped[];
}

/** A range that is mapped, as far as it lies in the one asked for. */
interface Mapped {
  readonly start: number;
  readonly end: number;
}

const NOTHING: readonly Mapped[] = [];

/** Looks at an address space before a call. O(VMAs that it moves). */
export function lookBefore(space: AddressSpace, step: Step): Before {
  const { brk, totalPages } = space.descriptor;
  if (step.type !== "call" || step.enter.call !== "mremap") {
    return { brk, totalPages, source: NOTHING };
  }
  const [start = 0, length = 0] = step.enter.args;
  return { brk, totalPages, source: mappedWithin(space, start, start + pageAlignUp(length)) };
}

function mappedWithin(space: AddressSpace, start: number, end: number): Mapped[] {
  const { tree } = space.descriptor;
  const mapped: Mapped[] = [];
  let vma = tree.findVma(start);
  for (; vma !== undefined && vma.start < end; vma = tree.after(vma.start)) {
    mapped.push({ start: Math.max(start, vma.start), end: Math.min(end, vma.end) });
  }
  return mapped;
}

/**
 * Tells the stamps of what a call did that has returned, besides what the kernel shows unmapped after it: that is
 * forgotten for every call.
 *
 * @param space the address space after it
 */
export function mirror(
  stamps: PrivateStamps,
  { enter, record }: CallStep,
  { source }: Before,
  space: AddressSpace,
): void {
  const [address = 0, length = 0, third = 0, flags = 0, target = 0] = enter.args;
  const end = address + pageAlignUp(length);
  // ENOMEM: there was a hole, and the rest was done all the same.
  const isAdvised = record.error === undefined || record.error === "ENOMEM";
  if (enter.call === "madvise") {
    if (isAdvised && DISCARDS.has(third)) stamps.clear(address, end);
    return;
  }
  if (enter.call === "process_madvise") {
    const isOwn = enter.process === enter.pid && DISCARDS.has(flags);
    if (isAdvised && isOwn) advisedOnSeveral(stamps, enter.ranges ?? [], record);
    return;
  }
  if (enter.call === "mremap") {
    const to = record.error === undefined ? record.result : target;
    const lengths = { length: pageAlignUp(length), newLength: pageAlignUp(third) };
    const remap = { start: address, ...lengths, target: to };
    if (record.error === undefined) remapped(stamps, remap, source);
    else if (flags & MREMAP_FIXED) remappedInPart(stamps, remap, space);
    return;
  }
  if (record.error !== undefined) return;
  if (enter.call === "mmap") {
    stamps.clear(record.result, record.result + pageAlignUp(length));
  } else if (enter.call === "shmat") {
    stamps.clear(record.result, space.findVma(record.result)?.end ?? record.result);
  }
}

/**
 * Tells the stamps of a call that memory was refused to. It has done nothing, but for one that replaces what is
 * mapped: that may have unmapped it already. mremap does so on all kernels, mmap and shmat before 6.12, as
 * `replaceAtOnce` says.
 */
export function mirrorRefused(
  { next, space, stamps }: Pick<RunningLife, "next" | "space" | "stamps">,
): void {
  if (next?.step.type !== "call") return;
  const { enter: { call, args }, record } = next.step;
  const unmapsFirst = call === "mremap" ||
    (call === "mmap" || call === "shmat") && !space.descriptor.rules.replaceAtOnce;
  if (!unmapsFirst) return;
  const [, length = 0, third = 0, flags = 0, fixed = 0] = args;
  if (call === "mremap" && flags & MREMAP_FIXED) forget(fixed, fixed + pageAlignUp(third));
  if (record.error === undefined && call === "mmap") {
    forget(record.result, record.result + pageAlignUp(length));
  } else if (record.error === undefined) {
    for (const { start, end } of record.added) forget(start, end);
  }
  for (const { start, end } of next.unmapped) forget(start, end);

  function forget(start: number, end: number): void {
    for (const address of stamps.addressesIn(start, end)) {
      const vma = space.findVma(address);
      if (vma === undefined || vma.start > address) stamps.clear(address, address + PAGE_SIZE);
    }
  }
}

/** A list of ranges is advised on in turn, up to as many bytes as the call tells; the first one in any case. */
function advisedOnSeveral(
  stamps: PrivateStamps,
  ranges: readonly { readonly address: number; readonly length: number }[],
  { result, error }: LeaveRecord,
): void {
  let left = error === undefined ? result : 1;
  for (const { address, length } of ranges) {
    if (left <= 0) return;
    stamps.clear(address, address + pageAlignUp(length));
    left -= length;
  }
}

/** An mremap, lengths in whole pages. */
interface Remapping {
  readonly start: number;
  readonly length: number;
  readonly newLength: number;
  readonly target: number;
}

function remapped(
  stamps: PrivateStamps,
  { start, length, newLength, target }: Remapping,
  source: readonly Mapped[],
): void {
  stamps.clear(start + newLength, start + length); // if it shrinks
  stamps.clear(target + length, target + newLength); // if it grows; from a length of 0 all is new
  if (target === start) return;
  if (newLength !== length) return stamps.move(start, Math.min(length, newLength), target);
  // Of several VMAs each is moved by itself: what lies at the target of a hole between them stays.
  for (const { start: from, end } of source) {
    stamps.move(from, end - from, target + (from - start));
  }
}

/**
 * Of several VMAs those before the one that was refused have moved, and its target may be gone: which, only the address
 * space can tell. Of what was written, what is still shown somewhere is kept.
 */
function remappedInPart(
  stamps: PrivateStamps,
  { start, length, newLength, target }: Remapping,
  space: AddressSpace,
): void {
  const written = stamps.addressesIn(start, start + length);
  const moved = written.map((address) => address - start + target);
  const replaced = stamps.addressesIn(target, target + newLength);
  for (const address of new Set([...written, ...moved, ...replaced])) {
    const entry = space.entry(address);
    if (entry === undefined || isFilePage(entry)) stamps.clear(address, address + PAGE_SIZE);
    else stamps.set(address, stampOf(entry, address));
  }
}

function isFilePage(entry: PageTableEntry): boolean {
  if (entry.kind === "swap") return false;
  const { mapping } = entry.page;
  return mapping !== null && isFileMapping(mapping);
}
