/**
 * Moving a VMA, or part of it, and growing it where it is: what mremap is made of. Mirrors `move_vma()`,
 * `dontunmap_complete()` (Linux mm/mremap.c), `copy_vma()` and `vma_merge_extend()` (mm/vma.c).
 *
 * A move is an insertion at the new place and a removal at the old one; pages keep their offsets, so that the reverse
 * map still finds them, unless nothing was ever written. Obeys the rules `dontUnmapKeepsApart`,
 * `dontUnmapSplitsLocked`, `dontUnmapResetsOffset`, `dontUnmapAccountsNext`, `dontUnmapDropsAccount`, `mremapReserve`
 * and `closeHookMerges`.
 *
 * @module
 */

import type { Errno } from "../../abi/errno.ts";
import { MAP_FIXED, MREMAP_DONTUNMAP, MREMAP_FIXED } from "../../abi/mman.ts";
import { PAGE_SIZE, pages } from "../../abi/page.ts";
import { cannot, type MmError } from "../error.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { clone, takeClone, unlink } from "../pages/anon_vma.ts";
import { moveRange } from "../pages/page_table.ts";
import { linkReverseMap } from "../pages/reverse_map.ts";
import type { Vma } from "../vma.ts";
import { VM_ACCOUNT, VM_LOCKED, VM_LOCKED_MASK } from "../vm_flags.ts";
import { account, accountedPages, chargeCommit, mayCommit } from "./accounting.ts";
import { tellOpened } from "./hooks.ts";
import { growAlone, mergeNew, withPagesOf } from "./merge.ts";
import { NOWHERE, place } from "./placement.ts";
import { isolate } from "./split.ts";
import { unmapRange } from "./unmap.ts";

/** What `mremap` is asked for, lengths in whole pages. */
export interface Remap {
  readonly address: number;
  readonly oldLength: number;
  readonly newLength: number;
  readonly flags: number;
  readonly newAddress: number;
}

/** Structures that unmapping part of a VMA, and copying it, may take at most. */
export function structures(vma: Vma | undefined): number {
  return vma === undefined ? 0 : 3 * (2 + vma.anonVmaChain.length);
}

/**
 * Where the mapping is to go.
 *
 * @throws {MmError} ENOMEM no gap is large enough
 */
export function placeFor(mm: MemoryDescriptor, vma: Vma, remap: Remap, hint: number): number {
  // Shared memory has a file, by which alone it is placed: MAP_SHARED would say no more.
  const flags = remap.flags & MREMAP_FIXED ? MAP_FIXED : 0;
  const offset = vma.file === null
    ? 0
    : (vma.pageOffset + pages(remap.address - vma.start)) * PAGE_SIZE;
  const target = place(mm, hint, remap.newLength, flags, vma.file, offset);
  if (target === NOWHERE) throw refuse(remap, "ENOMEM", "no gap is large enough");
  return target;
}

/** True if the range ends where its VMA does, and what follows is free. */
export function canExpandInPlace(mm: MemoryDescriptor, vma: Vma, remap: Remap): boolean {
  if (remap.address + remap.oldLength !== vma.end) return false;
  const end = remap.address + remap.newLength;
  return end <= mm.taskSize && mm.tree.findIntersection(vma.end, end) === undefined;
}

/**
 * Grows the VMA over the free range after it, and merges with what follows if it can. Mirrors
 * `vma_merge_extend()`, which does not ask whether a VMA that was written to came from a fork: what it
 * grows by is given as if it did not.
 */
export function expandInPlace(mm: MemoryDescriptor, vma: Vma, remap: Remap): void {
  const start = vma.end;
  const end = remap.address + remap.newLength;
  const growth = pages(end - start);
  const charge = accountedPages(vma.flags, growth);
  if (!mayCommit(mm, charge)) throw refuse(remap, "ENOMEM", "so much memory cannot be promised");
  const extension = vma.part(start, end);
  extension.anonVma = vma.anonVma;
  const grown = !mm.rules.closeHookMerges && vma.file?.hooks?.close !== undefined
    ? growAlone(mm, vma, end)
    : mergeNew(mm, extension, vma, mm.tree.after(vma.start));
  if (grown === undefined) throw refuse(remap, "ENOMEM", "the VMA cannot be extended");
  account(mm, grown.flags, growth);
  chargeCommit(mm, charge);
}

/**
 * Maps at `target` what is mapped at the old place, and unmaps that. Mirrors `move_vma()` and
 * `copy_vma()`.
 */
export function move(mm: MemoryDescriptor, vma: Vma, remap: Remap, target: number): number {
  const { address, oldLength, newLength, flags } = remap;
  const size = pages(newLength);
  const stays = (flags & MREMAP_DONTUNMAP) !== 0;
  const splits = stays && (vma.flags & VM_LOCKED) !== 0 && mm.rules.dontUnmapSplitsLocked;
  if (!hasReserve(mm, splits)) {
    throw refuse(remap, "ENOMEM", `${mm.tree.mapCount} VMAs are in use`);
  }
  const isPart = address > vma.start || address + oldLength < vma.end;
  if (vma.special !== null && isPart) {
    throw refuse(remap, "EINVAL", `${vma.special} cannot be split`);
  }
  if (splits) vma = isolate(mm, vma, address, address + oldLength);
  const charge = accountedPages(vma.flags, stays ? pages(oldLength) : size - pages(oldLength));
  if (!mayCommit(mm, charge)) throw refuse(remap, "ENOMEM", "so much memory cannot be promised");
  // The kernel asks after the move, and then takes it back. Mirrors `aio_ring_mremap()` (Linux fs/aio.c).
  const owner = vma.file?.ringOwner;
  if (owner !== undefined && owner !== mm) {
    throw refuse(remap, "EINVAL", "the ring belongs to no context of this process");
  }

  copyVma(mm, vma, remap, target);
  if (mm.pageTable !== null) moveRange(mm.pageTable, address, oldLength, target);
  account(mm, vma.flags, size);
  chargeCommit(mm, accountedPages(vma.flags, size));
  if (stays && mm.rules.dontUnmapAccountsNext) accountNext(mm, vma, address, oldLength);
  if (stays) leaveEmpty(mm, address, oldLength);
  else if (oldLength > 0) unmapRange(mm, address, address + oldLength);
  return target;
}

/** True if the VMAs that a move may need stay below max_map_count. */
function hasReserve(mm: MemoryDescriptor, splits: boolean): boolean {
  if (mm.rules.mremapReserve === "to a target") return mm.tree.mapCount < mm.maxMapCount - 3;
  return mm.tree.mapCount + 2 + Number(splits) <= mm.maxMapCount;
}

/** Puts the copy at its target: merged into a neighbour there, or a VMA of its own. */
function copyVma(mm: MemoryDescriptor, vma: Vma, remap: Remap, target: number): void {
  const copy = vma.part(remap.address, vma.end);
  copy.start = target;
  copy.end = target + remap.newLength;
  // Pages that were never written have no offset to keep; in place they may merge.
  if (vma.anonVma === null) {
    copy.anonPageOffset = pages(target);
    if (vma.file === null) copy.pageOffset = copy.anonPageOffset;
  }
  const keepsSource = (remap.flags & MREMAP_DONTUNMAP) !== 0 && vma.file === null &&
    vma.anonVma === null && mm.rules.dontUnmapKeepsApart;
  const neighbours = [mm.tree.before(target), mm.tree.findVma(target)]
    .map((neighbour) => keepsSource && neighbour === vma ? undefined : neighbour);
  const merged = mergeNew(
    mm,
    withPagesOf(copy, vma),
    neighbours[0],
    neighbours[1],
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

/**
 * MREMAP_DONTUNMAP: what stays is unlocked and, if it was moved as a whole, as if never written. Where it is one VMA
 * with the copy, that one reaches further.
 */
function leaveEmpty(mm: MemoryDescriptor, address: number, length: number): void {
  const old = mm.tree.load(address)!;
  if (old.flags & VM_LOCKED) mm.lockedPages -= pages(old.end - old.start);
  old.flags &= ~VM_LOCKED_MASK;
  if (mm.rules.dontUnmapDropsAccount) leakCharge(mm, old);
  if (old.start !== address || old.end !== address + length) return;
  unlink(old);
  if (!mm.rules.dontUnmapResetsOffset) return;
  old.anonPageOffset = pages(old.start);
  if (old.file === null) old.pageOffset = old.anonPageOffset;
}

/** The fault that `dontUnmapDropsAccount` stands for: what is promised is never given back. */
function leakCharge(mm: MemoryDescriptor, vma: Vma): void {
  const charged = accountedPages(vma.flags, pages(vma.end - vma.start));
  mm.committedPages -= charged;
  mm.commit.leakedPages += charged;
  vma.flags &= ~VM_ACCOUNT;
}

/** The fault of old kernels that `dontUnmapAccountsNext` stands for. */
function accountNext(mm: MemoryDescriptor, vma: Vma, address: number, length: number): void {
  const isMiddle = vma.start < address && address + length < vma.end;
  const next = mm.tree.after(vma.start);
  if (!(vma.flags & VM_ACCOUNT) || !isMiddle || next === undefined) return;
  if (next.flags & VM_ACCOUNT) return;
  next.flags |= VM_ACCOUNT;
  chargeCommit(mm, pages(next.end - next.start));
}

/** A refusal of the call, with the range that it was to remap. */
export function refuse(remap: Remap, code: Errno, why: string): MmError {
  return cannot("remap", remap.address, remap.address + remap.oldLength, code, why);
}
