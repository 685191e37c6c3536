/**
 * anon_vmas: which VMAs may hold an anonymous page, kept up to date through splits, merges, forks
 * and unmapping. Mirrors Linux mm/rmap.c.
 *
 * Invariants:
 * - `vma.anonVmaChain` and `anonVma.vmas` say the same from both sides;
 * - a VMA with an `anonVma` has it among its links; one without has no links;
 * - `anonVma.byOffset`, where there is one, holds exactly `vmas`, each under the page offsets of its
 *   pages;
 * - `activeVmas` counts the VMAs whose `anonVma` it is; `children` counts the anon_vmas whose
 *   parent it is.
 *
 * Linking needs memory. A `take…` function takes it and may fail, having changed nothing; the
 * function of the same name without `take` then links and cannot fail. A system call takes all it needs
 * before it changes anything, so that nothing ever has to be undone.
 *
 * @module
 */

import type { FaultInjection } from "../fault_injection.ts";
import * as locking from "../locks/locking.ts";
import * as vmas from "../vma.ts";
import type { Vma } from "../vma.ts";
import * as hugePages from "./huge_page.ts";
import * as offsets from "./page_offset.ts";

// The file's own, as V8 looks imported names up at each use.
const { guarded, lockReverseMap, locksOf, startWrite, unlockReverseMap } = locking;
const { splitAt } = hugePages;
const { lastOffset } = offsets;
const { AnonVma, NO_ANON_VMAS } = vmas;
type AnonVma = vmas.AnonVma;

/** What a clone is made from: a VMA, or a range that is to have a VMA's pages. */
export type AnonSource = Pick<Vma, "anonVma"> & { readonly anonVmaChain: readonly AnonVma[] };

/** Takes what {@linkcode attach} needs. */
export function takeAttach(reused: AnonVma | null, faultInjection: FaultInjection): void {
  faultInjection.take("an anon_vma link");
  if (reused === null) faultInjection.take("an anon_vma");
}

/** Gives `vma` its first anon_vma: `reused` if there is one to share, else a new root. */
export function attach(vma: Vma, reused: AnonVma | null): void {
  vma.anonVma = reused ?? new AnonVma();
  vma.anonVma.activeVmas++;
  link(vma, vma.anonVma);
}

/** Takes what {@linkcode clone} needs. */
export function takeClone(source: AnonSource, faultInjection: FaultInjection): void {
  for (let n = source.anonVmaChain.length; n > 0; n--) faultInjection.take("an anon_vma link");
}

/**
 * Gives `target`, whose chain is empty, the chain of `source`, as the other half of a split
 * or the survivor of a merge does. Mirrors `anon_vma_clone()` with `dst->anon_vma` set.
 */
export function clone(target: Vma, source: AnonSource): void {
  for (const anonVma of source.anonVmaChain) link(target, anonVma);
  target.anonVma = source.anonVma;
  if (target.anonVma !== null) target.anonVma.activeVmas++;
}

/** Takes what {@linkcode fork} needs. */
export function takeFork(parent: Vma, faultInjection: FaultInjection): void {
  takeClone(parent, faultInjection);
  if (parent.anonVma === null || reusable(parent) !== null) return;
  faultInjection.take("an anon_vma link");
  faultInjection.take("an anon_vma");
}

/**
 * Gives the child's copy of a VMA its chain: all of the parent's, and an anon_vma of its
 * own, which is a new one or an ancestor's that is not used any more. Mirrors `anon_vma_fork()`.
 */
export function fork(child: Vma, parent: Vma): void {
  if (parent.anonVma === null) return;
  const reused = reusable(parent);
  for (const anonVma of parent.anonVmaChain) link(child, anonVma);
  child.anonVma = reused ?? new AnonVma(parent.anonVma);
  child.anonVma.activeVmas++;
  if (reused === null) link(child, child.anonVma);
}

/** Takes `vma` off all anon_vmas of its chain. Mirrors `unlink_anon_vmas()`. */
export function unlink(vma: Vma): void {
  if (vma.anonVmaChain.length === 0) return;
  const locks = locksOf(vma);
  for (const anonVma of vma.anonVmaChain) {
    if (locks === null) leave(vma, anonVma);
    else guarded(locks, "anon_vma_lock", anonVma.root, () => leave(vma, anonVma));
  }
  if (vma.anonVma !== null) vma.anonVma.activeVmas--;
  vma.anonVma = null;
  vma.anonVmaChain = NO_ANON_VMAS;
}

/**
 * Moves the bounds of a VMA: the only way to do it, because the reverse map goes by page offset, and because a huge
 * page that a border would cut is split first (`vma_adjust_trans_huge()`).
 */
export function setBounds(vma: Vma, start: number, end: number, pageOffset: number): void {
  if (vma.pageTable !== null) return setLockedBounds(vma, start, end, pageOffset);
  changeBounds(vma, start, end, pageOffset);
}

/** The same where pages are modelled, under the locks of the VMA and of the reverse map. */
function setLockedBounds(vma: Vma, start: number, end: number, pageOffset: number): void {
  startWrite(vma);
  const locks = lockReverseMap(vma);
  splitAt(vma.pageTable!, start);
  splitAt(vma.pageTable!, end);
  changeBounds(vma, start, end, pageOffset);
  unlockReverseMap(locks);
}

function changeBounds(vma: Vma, start: number, end: number, pageOffset: number): void {
  vma.start = start;
  vma.end = end;
  vma.anonPageOffset += pageOffset - vma.pageOffset;
  vma.pageOffset = pageOffset;
  if (vma.anonVmaChain.length > 0 || vma.fileMapping !== null) reindex(vma);
}

/** Splits the huge pages of a VMA that two new borders are about to cut, where no bounds change yet. */
export function splitAtBorders(vma: Vma, start: number, end: number): void {
  if (vma.pageTable === null || vma.pageTable.huge.size === 0) return;
  startWrite(vma);
  const locks = lockReverseMap(vma);
  splitAt(vma.pageTable, start);
  splitAt(vma.pageTable, end);
  unlockReverseMap(locks);
}

/** Moves a VMA in the interval trees that hold it; a function of its own to keep `setBounds` small. */
function reindex(vma: Vma): void {
  const last = lastOffset(vma);
  for (const anonVma of vma.anonVmaChain) anonVma.byOffset?.move(vma, vma.pageOffset, last);
  vma.fileMapping?.byOffset.move(vma, vma.pageOffset, last);
}

/**
 * An anon_vma of the parent's chain that a child may take over: no VMA's own any more, and
 * childless or nearly.
 */
function reusable(parent: Vma): AnonVma | null {
  for (const anonVma of parent.anonVmaChain) {
    if (anonVma.children < 2 && anonVma.activeVmas === 0) return anonVma;
  }
  return null;
}

function link(vma: Vma, anonVma: AnonVma): void {
  if (vma.anonVmaChain === NO_ANON_VMAS) vma.anonVmaChain = [anonVma];
  else vma.anonVmaChain.push(anonVma);
  const locks = locksOf(vma);
  if (locks === null) enter(vma, anonVma);
  else guarded(locks, "anon_vma_lock", anonVma.root, () => enter(vma, anonVma));
}

function enter(vma: Vma, anonVma: AnonVma): void {
  anonVma.vmas.add(vma);
  anonVma.byOffset?.add(vma, vma.pageOffset, lastOffset(vma));
}

function leave(vma: Vma, anonVma: AnonVma): void {
  anonVma.vmas.delete(vma);
  anonVma.byOffset?.delete(vma);
  if (anonVma.vmas.size === 0) anonVma.parent.children--;
}
