/**
 * madvise: advice about a range. Mirrors `do_madvise()` (Linux mm/madvise.c).
 *
 * Some advice is written into the VMAs' flags and may split and merge them; the rest is about
 * pages, and is checked and accepted.
 *
 * @module
 */

import { pageOut } from "../pages/migrate.ts";
import * as pageTables from "../pages/page_table.ts";
import { MmError } from "../error.ts";
import * as mman from "../../abi/mman.ts";
import * as faulting from "./fault.ts";
import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as refusing from "../refusal.ts";
import * as modifying from "../vma/modify.ts";
import * as advising from "../vma/advice.ts";
import { lacksHugePages } from "../vma/huge_pool.ts";
import type { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { zapRange } = pageTables;
const { MADV } = mman;
const { fault, mapsHugePage, prepareAnonVma } = faulting;
const { ADDRESS_LIMIT, isPageAligned, PAGE_SIZE, pageAlignUp, roundLength } = page;
const { refuse, refusePart } = refusing;
const { modify, wishFor } = modifying;
const { advisedFlags, pageAdviceRefusal, populates, reachesPastFile } = advising;
const { VM_MAYBE_GUARD } = vmFlags;

/** Advice that only some kernels have, and the rules that say so. */
const BY_RULE: ReadonlyMap<number, readonly AdviceRule[]> = new Map<number, AdviceRule[]>([
  [MADV.POPULATE_READ, ["advisePopulate"]],
  [MADV.POPULATE_WRITE, ["advisePopulate"]],
  [MADV.DONTNEED_LOCKED, ["adviseDontNeedLocked"]],
  [MADV.COLLAPSE, ["adviseCollapse", "adviseHugePages"]],
  [MADV.HUGEPAGE, ["adviseHugePages"]],
  [MADV.NOHUGEPAGE, ["adviseHugePages"]],
  [MADV.MERGEABLE, ["adviseMergeable"]],
  [MADV.UNMERGEABLE, ["adviseMergeable"]],
  [MADV.GUARD_INSTALL, ["adviseGuard"]],
  [MADV.GUARD_REMOVE, ["adviseGuard"]],
]);

type AdviceRule =
  | "advisePopulate"
  | "adviseDontNeedLocked"
  | "adviseCollapse"
  | "adviseHugePages"
  | "adviseMergeable"
  | "adviseGuard";

/**
 * By advice: 1 if every kernel has it, 2 if rules say which; 0 if none has. Poisoning pages is for kernels with
 * CONFIG_MEMORY_FAILURE, and not modelled. (V8 looks into an array at once, and calls a function for a set.)
 */
const KNOWN = new Uint8Array(128);
for (const advice of Object.values(MADV)) KNOWN[advice] = BY_RULE.has(advice) ? 2 : 1;
KNOWN[MADV.HWPOISON] = KNOWN[MADV.SOFT_OFFLINE] = 0;

/** True if the kernel has the advice. Mirrors `madvise_behavior_valid()`. */
export function isKnownAdvice(mm: MemoryDescriptor, advice: number): boolean {
  const known = KNOWN[advice];
  return known === 1 || (known === 2 && BY_RULE.get(advice)!.every((rule) => mm.rules[rule]));
}

/** Advice after which the pages are gone. */
const DISCARDS: ReadonlySet<number> = new Set([
  MADV.DONTNEED,
  MADV.DONTNEED_LOCKED,
  MADV.FREE,
  MADV.REMOVE,
  MADV.GUARD_INSTALL,
]);

/**
 * Advises on `[address, address + length)`.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages, and 0 does
 * nothing. Postcondition: every VMA in the range heeds the advice, beyond holes too; then a hole
 * makes the call fail with ENOMEM. Where a VMA refuses, those before it have heeded it, as in the
 * kernel.
 *
 * @param advice one of {@linkcode MADV}
 * @returns 0, or below 0 EINVAL: unaligned, unknown advice, or a VMA it does not suit · ENOMEM: a hole · EACCES:
 * MADV_REMOVE on what cannot be written · EPERM: it would empty a sealed read-only VMA · EFAULT: MADV_POPULATE_… after
 * the end of a file
 * @throws {MmError} EAGAIN memory ran out, or a split would pass max_map_count
 */
export function madvise(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  advice: number,
): number {
  const end = address + pageAlignUp(length);
  const wraps = length !== 0 &&
    (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT);
  if (!isKnownAdvice(mm, advice)) return refuse(mm, "EINVAL", "the advice is unknown");
  if (!isPageAligned(address)) return refuse(mm, "EINVAL", "the address is not page-aligned");
  if (wraps) return refuse(mm, "EINVAL", "it ends before it begins");

  let hole = false;
  let at = address;
  while (at < end) {
    const vma = mm.tree.findVma(at);
    if (vma === undefined || vma.start >= end) {
      hole = true;
      break;
    }
    if (vma.start > at) hole = true;
    if (hole && populates(advice) && mm.rules.populateStopsAtHole) break;
    if (isAdvised(mm, vma, advice)) at = vma.end;
    else {
      const stop = Math.min(end, vma.end);
      const advised = adviseVma(mm, vma, Math.max(at, vma.start), stop, advice);
      if (typeof advised === "number") return advised;
      at = Math.max(stop, advised.end);
    }
  }
  return hole ? refuse(mm, "ENOMEM", "part of it is not mapped") : 0;
}

/** True if the advice changes nothing of a VMA that allows it, as all advice about pages where none is modelled. */
function isAdvised(mm: MemoryDescriptor, vma: Vma, advice: number): boolean {
  return mm.pageTable === null && !populates(advice) && advice !== MADV.GUARD_INSTALL &&
    pageAdviceRefusal(vma, advice, mm.rules) === undefined &&
    advisedFlags(vma, advice, mm.rules) === vma.flags;
}

/** The VMA that heeds the advice, or the errno below 0. */
function adviseVma(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
  advice: number,
): Vma | number {
  const refusal = pageAdviceRefusal(vma, advice, mm.rules);
  if (refusal !== undefined) {
    return refusePart(mm, start, end, refusal, "the VMA does not allow the advice");
  }
  if (populates(advice) && reachesPastFile(vma, end)) {
    return refusePart(mm, start, end, "EFAULT", "its file ends before it");
  }
  if (populates(advice) && lacksHugePages(mm.hugePool, vma)) {
    return refusePart(mm, start, end, "EFAULT", "no huge page is free");
  }
  if (advice === MADV.GUARD_INSTALL) installGuard(mm, vma);
  const flags = advisedFlags(vma, advice, mm.rules);
  if (flags === undefined) {
    return refusePart(mm, start, end, "EINVAL", "the VMA does not allow the advice");
  }
  advisePages(mm, start, end, advice);
  if (flags === vma.flags) return vma;
  try {
    const wish = wishFor(mm, vma, start, end);
    wish.flags = flags;
    return modify(mm, vma, wish);
  } catch (error) {
    if (!(error instanceof MmError) || error.code !== "ENOMEM") throw error;
    if (!mm.rules.adviseLimitAgain && mm.tree.mapCount >= mm.maxMapCount) throw error;
    throw new MmError("EAGAIN", error.message);
  }
}

/** What advice does to pages, where pages are modelled; the VMA has not refused it. */
function advisePages(mm: MemoryDescriptor, start: number, end: number, advice: number): void {
  if (advice === MADV.POPULATE_READ) {
    const vma = mm.tree.findVma(start);
    if (vma !== undefined && mapsHugePage(mm, vma, start, end)) prepareAnonVma(mm, vma);
  }
  const { pageTable, memory } = mm;
  if (pageTable === null || memory === null) return;
  if (DISCARDS.has(advice)) zapRange(memory, pageTable, start, end);
  else if (advice === MADV.PAGEOUT) pageOut(memory, pageTable, start, end);
  else if (populates(advice)) {
    const access = advice === MADV.POPULATE_WRITE ? "write" : "read";
    for (let at = start; at < end; at += PAGE_SIZE) fault(mm, at, access);
  }
}

/**
 * Guard pages mark the whole VMA, and need an anon_vma in anonymous memory; where nothing else tells fork of them
 * (`showsGuard`), in files too. Mirrors `madvise_guard_install()`.
 */
function installGuard(mm: MemoryDescriptor, vma: Vma): void {
  if (vma.file === null || !mm.rules.showsGuard) prepareAnonVma(mm, vma);
  vma.flags |= VM_MAYBE_GUARD;
}
