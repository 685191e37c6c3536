/**
 * mremap: a mapping grows, shrinks or moves. Mirrors `do_mremap()` (Linux mm/mremap.c, 6.18).
 *
 * A move is an insertion at the new place and a removal at the old one; pages keep their offsets,
 * so that the reverse map still finds them, unless nothing was ever written.
 *
 * @module
 */

import {
  account,
  accountedPages,
  chargeCommit,
  mayCommit,
  mayExpand,
  mayLock,
} from "../vma/accounting.ts";
import { clone, takeClone, unlink } from "../pages/anon_vma.ts";
import { cannot, type MmError } from "../error.ts";
import type { Errno } from "../../abi/errno.ts";
import { MAP_FIXED, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../abi/mman.ts";
import { ADDRESS_LIMIT, isPageAligned, PAGE_SIZE, pages, roundLength } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { mergeNew } from "../vma/merge.ts";
import { munmap } from "./munmap.ts";
import { unmapRange } from "../vma/unmap.ts";
import { tellOpened } from "../vma/hooks.ts";
import { moveRange } from "../pages/page_table.ts";
import { tryPopulate } from "./populate.ts";
import { NOWHERE, place } from "../vma/placement.ts";
import { linkReverseMap } from "../pages/reverse_map.ts";
import type { Vma } from "../vma.ts";
import {
  VM_DONTEXPAND,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYSHARE,
  VM_PFNMAP,
  VM_SEALED,
  VM_SHARED,
} from "../vm_flags.ts";

const KNOWN_FLAGS = MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

/** What `mremap` is asked for, lengths in whole pages. */
interface Remap {
  readonly address: number;
  readonly oldLength: number;
  readonly newLength: number;
  readonly flags: number;
  readonly newAddress: number;
}

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
 * mapping · EFAULT nothing is mapped, the range leaves its VMA, or a System V segment is one of several to
 * be moved · ENOMEM no room, a limit, or memory ran out · EAGAIN more than may be locked · EPERM it is
 * sealed
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
  checkArguments(mm, remap);
  if (flags & MREMAP_FIXED && remap.oldLength === remap.newLength) return moveAll(mm, remap);
  const vma = checkedVma(mm, remap);
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
  shrinks: { stays: cutTail, mayMove: cutTail, hasTarget: moveTo },
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

function cutTail(mm: MemoryDescriptor, _vma: Vma, remap: Remap): number {
  munmap(mm, remap.address + remap.newLength, remap.oldLength - remap.newLength);
  return remap.address;
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
  if (hasTarget(remap.flags) && mm.tree.mapCount + 2 >= mm.maxMapCount - 3) {
    throw refuse(remap, "ENOMEM", `${mm.tree.mapCount} VMAs are in use`);
  }
}

/** The VMA at the address, if it can do what is asked. Mirrors `check_prep_vma()`. */
function checkedVma(mm: MemoryDescriptor, remap: Remap): Vma {
  const { address, oldLength, newLength, flags } = remap;
  const vma = mm.tree.load(address);
  if (vma === undefined) throw refuse(remap, "EFAULT", "nothing is mapped there");
  if (vma.flags & VM_SEALED) throw refuse(remap, "EPERM", "it is sealed");
  if (newLength <= oldLength && !hasTarget(flags)) return vma;

  if (oldLength === 0 && !(vma.flags & (VM_SHARED | VM_MAYSHARE))) {
    throw refuse(remap, "EINVAL", "private memory cannot be mapped twice");
  }
  if (flags & MREMAP_DONTUNMAP && vma.flags & (VM_DONTEXPAND | VM_PFNMAP)) {
    throw refuse(remap, "EINVAL", "the VMA may not be expanded");
  }
  if (Math.min(oldLength, newLength) > vma.end - address) {
    throw refuse(remap, "EFAULT", "it leaves its VMA");
  }
  if (newLength <= oldLength) return vma;
  if (vma.flags & (VM_DONTEXPAND | VM_PFNMAP)) {
    throw refuse(remap, "EFAULT", "the VMA may not be expanded");
  }
  const growth = pages(newLength - oldLength);
  if (!mayLock(mm, vma.flags, growth)) throw refuse(remap, "EAGAIN", "RLIMIT_MEMLOCK forbids it");
  if (!mayExpand(mm, vma.flags, growth)) {
    throw refuse(remap, "ENOMEM", "a resource limit forbids it");
  }
  return vma;
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
    // System V segments place their mappings themselves. Mirrors `vma_multi_allowed()`.
    if (vma.file?.segment && (at > remap.address || vma.end < end)) {
      throw refuse(remap, "EFAULT", "a shared memory segment moves only by itself");
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

/** Moves to the address given, with all that takes in hand. Mirrors `mremap_to()`. */
function moveTo(mm: MemoryDescriptor, source: Vma, remap: Remap): number {
  const { address, oldLength, newLength, flags, newAddress } = remap;
  const replaced = flags & MREMAP_FIXED
    ? mm.tree.findIntersection(newAddress, newAddress + newLength)
    : undefined;
  return mm.faultInjection.withReserve(structures(source) + structures(replaced), () => {
    if (replaced !== undefined) unmapRange(mm, newAddress, newAddress + newLength);
    if (newLength < oldLength) munmap(mm, address + newLength, oldLength - newLength);
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

/** Structures that unmapping part of a VMA, and copying it, may take at most. */
function structures(vma: Vma | undefined): number {
  return vma === undefined ? 0 : 3 * (2 + vma.anonVmaChain.length);
}

function placeFor(mm: MemoryDescriptor, vma: Vma, remap: Remap, hint: number): number {
  // Shared memory has a file, by which alone it is placed: MAP_SHARED would say no more.
  const flags = remap.flags & MREMAP_FIXED ? MAP_FIXED : 0;
  const offset = vma.file === null
    ? 0
    : (vma.pageOffset + pages(remap.address - vma.start)) * PAGE_SIZE;
  const target = place(mm, { hint, length: remap.newLength, flags, file: vma.file, offset });
  if (target === NOWHERE) throw refuse(remap, "ENOMEM", "no gap is large enough");
  return target;
}

function canExpandInPlace(mm: MemoryDescriptor, vma: Vma, remap: Remap): boolean {
  if (remap.address + remap.oldLength !== vma.end) return false;
  const end = remap.address + remap.newLength;
  return end <= mm.taskSize && mm.tree.findIntersection(vma.end, end) === undefined;
}

/**
 * Grows the VMA over the free range after it, and merges with what follows if it can. Mirrors
 * `vma_merge_extend()`, which does not ask whether a VMA that was written to came from a fork: what it
 * grows by is given as if it did not.
 */
function expandInPlace(mm: MemoryDescriptor, vma: Vma, remap: Remap): void {
  const start = vma.end;
  const end = remap.address + remap.newLength;
  const growth = pages(end - start);
  const charge = accountedPages(vma.flags, growth);
  if (!mayCommit(mm, charge)) throw refuse(remap, "ENOMEM", "so much memory cannot be promised");
  const extension = vma.part(vma.start, vma.end);
  extension.start = start;
  extension.end = end;
  extension.pageOffset = vma.pageOffset + pages(start - vma.start);
  extension.anonVma = vma.anonVma;
  const grown = mergeNew(mm, extension, vma, mm.tree.after(vma.start));
  if (grown === undefined) throw refuse(remap, "ENOMEM", "the VMA cannot be extended");
  account(mm, grown.flags, growth);
  chargeCommit(mm, charge);
}

/**
 * Maps at `target` what is mapped at the old place, and unmaps that. Mirrors `move_vma()` and
 * `copy_vma()`.
 */
function move(mm: MemoryDescriptor, vma: Vma, remap: Remap, target: number): number {
  const { address, oldLength, newLength, flags } = remap;
  const size = pages(newLength);
  const stays = (flags & MREMAP_DONTUNMAP) !== 0;
  if (mm.tree.mapCount >= mm.maxMapCount - 3) {
    throw refuse(remap, "ENOMEM", `${mm.tree.mapCount} VMAs are in use`);
  }
  const isPart = address > vma.start || address + oldLength < vma.end;
  if (vma.special !== null && isPart) {
    throw refuse(remap, "EINVAL", `${vma.special} cannot be split`);
  }
  const charge = accountedPages(vma.flags, stays ? pages(oldLength) : size - pages(oldLength));
  if (!mayCommit(mm, charge)) throw refuse(remap, "ENOMEM", "so much memory cannot be promised");

  copyVma(mm, vma, address, target, newLength);
  if (mm.pageTable !== null) moveRange(mm.pageTable, address, oldLength, target);
  account(mm, vma.flags, size);
  chargeCommit(mm, accountedPages(vma.flags, size));
  if (stays) leaveEmpty(mm, address, oldLength);
  else if (oldLength > 0) unmapRange(mm, address, address + oldLength);
  return target;
}

/** Puts the copy at its target: merged into a neighbour there, or a VMA of its own. */
function copyVma(
  mm: MemoryDescriptor,
  vma: Vma,
  address: number,
  target: number,
  length: number,
): void {
  const copy = vma.part(address, vma.end);
  copy.start = target;
  copy.end = target + length;
  // Pages that were never written have no offset to keep; in place they may merge.
  if (vma.file === null && vma.anonVma === null) copy.pageOffset = pages(target);
  const merged = mergeNew(
    mm,
    { ...rangeOf(copy), anonVma: vma.anonVma, anonVmaChain: vma.anonVmaChain },
    mm.tree.before(target),
    mm.tree.findVma(target),
  );
  if (merged !== undefined) return;
  mm.faultInjection.take("a VMA");
  takeClone(vma, mm.faultInjection);
  mm.tree.prepare(copy.start, copy.end, copy);
  clone(copy, vma);
  mm.tree.commit();
  mm.tree.mapCount++;
  linkReverseMap(mm, copy);
  tellOpened(mm, copy);
}

function rangeOf(vma: Vma): Pick<
  Vma,
  "start" | "end" | "flags" | "pageOffset" | "file" | "special" | "anonName"
> {
  const { start, end, flags, pageOffset, file, special, anonName } = vma;
  return { start, end, flags, pageOffset, file, special, anonName };
}

/**
 * MREMAP_DONTUNMAP: what stays is unlocked and, if it was moved as a whole, as if never written; only
 * its page offset is still that of its first place. Where it is one VMA with the copy, that one
 * reaches further. Mirrors `dontunmap_complete()`.
 */
function leaveEmpty(mm: MemoryDescriptor, address: number, length: number): void {
  const old = mm.tree.load(address)!;
  if (old.flags & VM_LOCKED) mm.lockedPages -= pages(old.end - old.start);
  old.flags &= ~VM_LOCKED_MASK;
  if (old.start === address && old.end === address + length) unlink(old);
}

function refuse(remap: Remap, code: Errno, why: string): MmError {
  return cannot("remap", remap.address, remap.address + remap.oldLength, code, why);
}
