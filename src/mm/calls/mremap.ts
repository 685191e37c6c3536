/**
 * mremap: a mapping grows, shrinks or moves. Mirrors `do_mremap()` (Linux mm/mremap.c).
 *
 * What is checked, and in which order; `vma/move.ts` does it. Kernels without the rule `moveSeveralVmas` have an order
 * of their own, below. Obeys the rules `mremapReserve`, `mremapChecksFirst`, `shrinkLooksUp` and `dontUnmapFiles` too.
 *
 * @module
 */

import { ADDRESS_LIMIT, isPageAligned, pages, roundLength } from "../../abi/page.ts";
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../abi/mman.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { mayExpand, mayLock } from "../vma/accounting.ts";
import {
  canExpandInPlace,
  expandInPlace,
  move,
  placeFor,
  refuse,
  type Remap,
  structures,
} from "../vma/move.ts";
import { unmapRange } from "../vma/unmap.ts";
import type { Vma } from "../vma.ts";
import {
  VM_DONTEXPAND,
  VM_LOCKED,
  VM_MAYSHARE,
  VM_PFNMAP,
  VM_SEALED,
  VM_SHARED,
} from "../vm_flags.ts";
import { munmap } from "./munmap.ts";
import { tryPopulate } from "./populate.ts";
import { isWatched } from "./userfault.ts";

const KNOWN_FLAGS = MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

/**
 * Resizes the mapping at `address` from `oldLength` to `newLength` bytes, moving it where it must
 * and may.
 *
 * Precondition: as the errors tell; lengths are rounded up to whole pages.
 * Postcondition: the mapping has its new length at the address returned; its old place is free, or
 * with MREMAP_DONTUNMAP empty. `oldLength` 0 makes a second mapping of shared memory. A failed call
 * changes nothing, but for MREMAP_FIXED over several VMAs, where those before the one that failed
 * have moved, as in the kernel.
 *
 * @param flags MREMAP_… bits
 * @param newAddress where to, with MREMAP_FIXED; a hint with MREMAP_DONTUNMAP
 * @returns the first byte
 * @throws {MmError} EINVAL unaligned, unknown flags, a range that overlaps its target, part of a special
 * mapping · EFAULT nothing is mapped, the range leaves its VMA, or a System V segment, or memory that a
 * userfaultfd serves, is one of several to be moved · ENOMEM no room, a limit, or memory ran out · EAGAIN
 * more than may be locked · EPERM it is sealed
 */
export function mremap(
  mm: MemoryDescriptor,
  address: number,
  oldLength: number,
  newLength: number,
  flags = 0,
  newAddress = 0,
): number {
  const remap: Remap = {
    address,
    oldLength: roundLength(oldLength),
    newLength: roundLength(newLength),
    flags,
    newAddress,
  };
  if (!mm.rules.moveSeveralVmas) return remapSingle(mm, remap, oldLength !== newLength);
  checkArguments(mm, remap);
  if (flags & MREMAP_FIXED && remap.oldLength === remap.newLength) return moveAll(mm, remap);
  const vma = checkedVma(mm, remap);
  return perform(mm, vma, remap);
}

/** Does what the table says, and faults in what has grown under a lock. */
function perform(mm: MemoryDescriptor, vma: Vma, remap: Remap): number {
  const result = BEHAVIOUR[changeOf(remap)][freedomOf(remap)](mm, vma, remap);
  if (vma.flags & VM_LOCKED) {
    tryPopulate(mm, result + remap.oldLength, result + remap.newLength);
  }
  return result;
}

/** What mremap does to one VMA; gives the first byte of the result. */
type Behaviour = (mm: MemoryDescriptor, vma: Vma, remap: Remap) => number;

/** What mremap does, by what happens to the length and by what the flags permit. */
const BEHAVIOUR: Readonly<Record<Change, Readonly<Record<Freedom, Behaviour>>>> = {
  //        no flags           MREMAP_MAYMOVE          MREMAP_FIXED, MREMAP_DONTUNMAP
  same: { stays: leaveAlone, mayMove: leaveAlone, hasTarget: moveTo },
  shrinks: { stays: shrink, mayMove: shrink, hasTarget: moveTo },
  grows: { stays: expand, mayMove: expandOrMove, hasTarget: moveTo },
};

type Change = "same" | "shrinks" | "grows";
type Freedom = "stays" | "mayMove" | "hasTarget";

function changeOf({ oldLength, newLength }: Remap): Change {
  return newLength === oldLength ? "same" : newLength < oldLength ? "shrinks" : "grows";
}

function freedomOf({ flags }: Remap): Freedom {
  return hasTarget(flags) ? "hasTarget" : flags & MREMAP_MAYMOVE ? "mayMove" : "stays";
}

function hasTarget(flags: number): boolean {
  return (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0;
}

function leaveAlone(_mm: MemoryDescriptor, _vma: Vma, remap: Remap): number {
  return remap.address;
}

function shrink(mm: MemoryDescriptor, _vma: Vma, remap: Remap): number {
  return cutTail(mm, remap);
}

function cutTail(mm: MemoryDescriptor, remap: Remap): number {
  unmap(mm, remap.address + remap.newLength, remap.oldLength - remap.newLength);
  return remap.address;
}

/** Unmaps a range, and throws what `munmap` answers. */
function unmap(mm: MemoryDescriptor, address: number, length: number): void {
  if (munmap(mm, address, length) < 0) throw mm.refusal.error("unmap", address, address + length);
}

function expand(mm: MemoryDescriptor, vma: Vma, remap: Remap): number {
  if (!canExpandInPlace(mm, vma, remap)) throw refuse(remap, "ENOMEM", "there is no room to grow");
  expandInPlace(mm, vma, remap);
  return remap.address;
}

function expandOrMove(mm: MemoryDescriptor, vma: Vma, remap: Remap): number {
  if (canExpandInPlace(mm, vma, remap)) return expand(mm, vma, remap);
  const target = placeFor(mm, vma, remap, 0);
  return mm.faultInjection.withReserve(structures(vma), () => move(mm, vma, remap, target));
}

/** A reason to refuse a call with EINVAL before any VMA is looked at. */
interface Refusal {
  readonly why: string;
  readonly applies: (remap: Remap, taskSize: number) => boolean;
}

/** In the kernel's order. */
const REFUSALS: readonly Refusal[] = [
  { why: "the flags are unknown", applies: ({ flags }) => (flags & ~KNOWN_FLAGS) !== 0 },
  { why: "the address is not page-aligned", applies: ({ address }) => !isPageAligned(address) },
  { why: "its new length is 0", applies: ({ newLength }) => newLength === 0 },
  {
    why: "it is longer than the user's addresses",
    applies: ({ newLength }, taskSize) => newLength > taskSize,
  },
];

/** Those of a call with a target, which follow. */
const TARGET_REFUSALS: readonly Refusal[] = [
  {
    why: "its target ends beyond the user's addresses",
    applies: ({ newAddress, newLength }, taskSize) => newAddress > taskSize - newLength,
  },
  {
    why: "its target is not page-aligned",
    applies: ({ newAddress }) => !isPageAligned(newAddress),
  },
  {
    why: "it has a target but may not move",
    applies: ({ flags }) => (flags & MREMAP_MAYMOVE) === 0,
  },
  {
    why: "MREMAP_DONTUNMAP does not resize",
    applies: (remap) => (remap.flags & MREMAP_DONTUNMAP) !== 0 && changeOf(remap) !== "same",
  },
  { why: "it overlaps its target", applies: overlapsTarget },
];

function overlapsTarget({ address, oldLength, newLength, newAddress }: Remap): boolean {
  const oldEnd = (address + oldLength) % ADDRESS_LIMIT;
  return oldEnd > newAddress && newAddress + newLength > address;
}

/** What can be said before any VMA is looked at. Mirrors `check_mremap_params()`. */
function checkArguments(mm: MemoryDescriptor, remap: Remap): void {
  const refusals = hasTarget(remap.flags) ? [...REFUSALS, ...TARGET_REFUSALS] : REFUSALS;
  for (const { why, applies } of refusals) {
    if (applies(remap, mm.taskSize)) throw refuse(remap, "EINVAL", why);
  }
  checkReserve(mm, remap);
}

/** Refuses what may run into max_map_count half way. Mirrors `check_map_count_against_split_early()`. */
function checkReserve(mm: MemoryDescriptor, remap: Remap): void {
  const { mapCount } = mm.tree;
  const refused = mm.rules.mremapReserve === "always"
    ? mapCount + 4 + Number((remap.flags & MREMAP_DONTUNMAP) !== 0) > mm.maxMapCount
    : hasTarget(remap.flags) && mapCount + 2 >= mm.maxMapCount - 3;
  if (refused) throw refuse(remap, "ENOMEM", `${mapCount} VMAs are in use`);
}

/** The VMA at the address, if it can do what is asked. Mirrors `check_prep_vma()`. */
function checkedVma(mm: MemoryDescriptor, remap: Remap): Vma {
  const vma = mappedAt(mm, remap);
  if (vma.flags & VM_SEALED) throw refuse(remap, "EPERM", "it is sealed");
  if (remap.newLength > remap.oldLength || hasTarget(remap.flags)) checkResize(mm, vma, remap);
  return vma;
}

function mappedAt(mm: MemoryDescriptor, remap: Remap): Vma {
  const vma = mm.tree.load(remap.address);
  if (vma === undefined) throw refuse(remap, "EFAULT", "nothing is mapped there");
  return vma;
}

/** Refuses what the VMA, or a limit, does not allow. Mirrors what was `vma_to_resize()`. */
function checkResize(mm: MemoryDescriptor, vma: Vma, remap: Remap): void {
  const { address, oldLength, newLength, flags } = remap;
  if (oldLength === 0 && !(vma.flags & (VM_SHARED | VM_MAYSHARE))) {
    throw refuse(remap, "EINVAL", "private memory cannot be mapped twice");
  }
  if (flags & MREMAP_DONTUNMAP && !mayStayBehind(mm, vma)) {
    throw refuse(remap, "EINVAL", "the VMA may not be expanded");
  }
  if (Math.min(oldLength, newLength) > vma.end - address) {
    throw refuse(remap, "EFAULT", "it leaves its VMA");
  }
  if (newLength <= oldLength) return;
  if (vma.flags & (VM_DONTEXPAND | VM_PFNMAP)) {
    throw refuse(remap, "EFAULT", "the VMA may not be expanded");
  }
  const growth = pages(newLength - oldLength);
  if (!mayLock(mm, vma.flags, growth)) throw refuse(remap, "EAGAIN", "RLIMIT_MEMLOCK forbids it");
  if (!mayExpand(mm, vma.flags, growth)) {
    throw refuse(remap, "ENOMEM", "a resource limit forbids it");
  }
}

/** True if MREMAP_DONTUNMAP may leave the VMA behind. */
function mayStayBehind(mm: MemoryDescriptor, { flags, file }: Vma): boolean {
  return !(flags & (VM_DONTEXPAND | VM_PFNMAP)) && (file === null || mm.rules.dontUnmapFiles);
}

/** Moves every VMA in the range, the gaps between them kept. Mirrors `remap_move()`. */
function moveAll(mm: MemoryDescriptor, remap: Remap): number {
  const end = remap.address + remap.oldLength;
  const shift = remap.newAddress - remap.address;
  let vma = mm.tree.findIntersection(remap.address, end);
  if (vma === undefined || vma.start > remap.address) {
    throw refuse(remap, "EFAULT", "nothing is mapped there");
  }
  let at = remap.address;
  while (vma !== undefined) {
    if ((at > remap.address || vma.end < end) && movesAlone(vma)) {
      throw refuse(remap, "EFAULT", "one of the VMAs moves only by itself");
    }
    const length = Math.min(end, vma.end) - at;
    const part = { ...remap, address: at, oldLength: length, newLength: length };
    const moved: Remap = { ...part, newAddress: at + shift };
    moveTo(mm, checkedVma(mm, moved), moved);
    vma = mm.tree.findIntersection(at + length, end);
    if (vma !== undefined) at = vma.start;
  }
  return remap.newAddress;
}

/** Segments place their mappings themselves, and userfaultfd is told of each move. Mirrors `vma_multi_allowed()`. */
function movesAlone(vma: Vma): boolean {
  return vma.file?.segment !== undefined || isWatched(vma);
}

/** Moves to the address given, with all that takes in hand. Mirrors `mremap_to()`. */
function moveTo(mm: MemoryDescriptor, source: Vma, remap: Remap): number {
  const { address, oldLength, newLength, flags, newAddress } = remap;
  const replaced = flags & MREMAP_FIXED
    ? mm.tree.findIntersection(newAddress, newAddress + newLength)
    : undefined;
  return mm.faultInjection.withReserve(structures(source) + structures(replaced), () => {
    if (replaced !== undefined) unmapRange(mm, newAddress, newAddress + newLength);
    if (newLength < oldLength) unmap(mm, address + newLength, oldLength - newLength);
    // What was unmapped may have been cut from the same VMA.
    const vma = mm.tree.load(address);
    if (vma === undefined) throw refuse(remap, "EFAULT", "its target lay over it");
    if (flags & MREMAP_DONTUNMAP && !mayExpand(mm, vma.flags, pages(oldLength))) {
      throw refuse(remap, "ENOMEM", "a resource limit forbids it");
    }
    const kept = { ...remap, oldLength: Math.min(oldLength, newLength) };
    return move(mm, vma, kept, placeFor(mm, vma, remap, newAddress));
  });
}

/**
 * The order of kernels that move one VMA at a time (up to 6.16): the VMA is found before the target is looked at, and
 * the target unmapped before the VMA's length is.
 *
 * @param resizes true if the lengths as given differ
 */
function remapSingle(mm: MemoryDescriptor, remap: Remap, resizes: boolean): number {
  const why = refusalBeforeLookup(remap, resizes);
  if (why !== undefined) throw refuse(remap, "EINVAL", why);
  if (mm.rules.mremapChecksFirst && hasTarget(remap.flags)) {
    checkAlignment(remap);
    checkReserve(mm, remap);
  }
  if (mm.rules.shrinkLooksUp && mappedAt(mm, remap).flags & VM_SEALED) {
    throw refuse(remap, "EPERM", "it is sealed");
  }
  if (hasTarget(remap.flags)) return moveSingle(mm, remap);
  if (remap.newLength < remap.oldLength) return cutTail(mm, remap);
  if (remap.newLength === remap.oldLength) return remap.address;
  const vma = mappedAt(mm, remap);
  checkResize(mm, vma, remap);
  return perform(mm, vma, remap);
}

function refusalBeforeLookup(remap: Remap, resizes: boolean): string | undefined {
  const { address, newLength, flags } = remap;
  if (flags & ~KNOWN_FLAGS) return "the flags are unknown";
  if (hasTarget(flags) && !(flags & MREMAP_MAYMOVE)) return "it has a target but may not move";
  if (flags & MREMAP_DONTUNMAP && resizes) return "MREMAP_DONTUNMAP does not resize";
  if (!isPageAligned(address)) return "the address is not page-aligned";
  return newLength === 0 ? "its new length is 0" : undefined;
}

function checkAlignment(remap: Remap): void {
  if (isPageAligned(remap.newAddress)) return;
  throw refuse(remap, "EINVAL", "its target is not page-aligned");
}

function moveSingle(mm: MemoryDescriptor, remap: Remap): number {
  const { address, oldLength, newLength, newAddress, flags } = remap;
  checkAlignment(remap);
  if (newLength > mm.taskSize || newAddress > mm.taskSize - newLength) {
    throw refuse(remap, "EINVAL", "its target ends beyond the user's addresses");
  }
  if (overlapsTarget(remap)) throw refuse(remap, "EINVAL", "it overlaps its target");
  checkReserve(mm, remap);
  if (flags & MREMAP_FIXED) unmap(mm, newAddress, newLength);
  if (oldLength > newLength) unmap(mm, address + newLength, oldLength - newLength);
  const kept = { ...remap, oldLength: Math.min(oldLength, newLength) };
  const vma = mappedAt(mm, kept);
  checkResize(mm, vma, kept);
  const isLocked = (vma.flags & VM_LOCKED) !== 0;
  const target = moveTo(mm, vma, kept);
  if (isLocked) tryPopulate(mm, target + oldLength, target + newLength);
  return target;
}
