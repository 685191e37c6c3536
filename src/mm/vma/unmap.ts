/**
 * Removing what is mapped in a range, for every call that unmaps or replaces: munmap, mmap, brk, mremap, shmdt. Mirrors
 * `vms_gather_munmap_vmas()` and `vms_complete_munmap_vmas()` (Linux mm/vma.c).
 *
 * A removal goes in two steps. `gatherRemoval` splits at both ends, on the VMAs though not yet in
 * the tree, and takes all it needs; until then nothing is final, and `abort` puts the ends back.
 * One store, of nothing or of what takes the place, then makes it so in the tree, and `complete`
 * settles the rest without being able to fail.
 *
 * ```
 *        head             whole            tail
 *   |--------|-----| |-----------| |--------|-------|
 *            |<------ start … end --------->|
 * ```
 * Where one VMA reaches over both ends, the removal is a hole in it and the tail is a new VMA.
 *
 * @module
 */

import * as accounting from "./accounting.ts";
import * as anonVmas from "../pages/anon_vma.ts";
import { cannot } from "../error.ts";
import type { Errno } from "../../abi/errno.ts";
import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as locking from "../locks/locking.ts";
import * as hugePool from "./huge_pool.ts";
import * as hooks from "./hooks.ts";
import * as pageTables from "../pages/page_table.ts";
import * as reverseMap from "../pages/reverse_map.ts";
import * as splitting from "./split.ts";
import type { Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { account, accountedPages, chargeCommit } = accounting;
const { clone, setBounds, splitAtBorders, takeClone, unlink } = anonVmas;
const { pages } = page;
const { startWrite } = locking;
const { splitsHugePage } = hugePool;
const { tellClosed, tellOpened } = hooks;
const { zapRange } = pageTables;
const { linkReverseMap, unlinkReverseMap } = reverseMap;
const { cut } = splitting;
const { VM_SEALED } = vmFlags;

/** VMAs on their way out, cut at both ends. */
export class Removal {
  /** The address space. */
  mm: MemoryDescriptor;
  /** First byte. */
  start: number = NaN;
  /** First byte after the last. */
  end: number = NaN;
  /** The VMA that keeps its part below `start`. */
  head: Vma | undefined;
  /** The VMA that keeps its part from `end` on; new if the removal is a hole. */
  tail: Vma | undefined;
  /** True if head and tail were one VMA. */
  hole = false;
  /** VMAs that go as they are, in the first {@linkcode wholeCount} places. */
  readonly whole: (Vma | undefined)[] = [];
  /** How many. */
  wholeCount = 0;
  /** Pages that go. */
  pages = 0;
  /** Charged pages that go. */
  accountedPages = 0;
  #headEnd: number = NaN;
  #tailStart: number = NaN;

  /** A removal of nothing yet. */
  constructor(mm: MemoryDescriptor) {
    this.mm = mm;
  }

  /**
   * An empty removal of `[start, end)`. The one that was done with last is used again: a file's hook may remove
   * something from another address space meanwhile, and then needs another.
   */
  static begin(mm: MemoryDescriptor, start: number, end: number): Removal {
    const removal = Removal.#spare ?? new Removal(mm);
    Removal.#spare = undefined;
    removal.mm = mm;
    removal.start = start;
    removal.end = end;
    removal.pages = removal.accountedPages = 0;
    return removal;
  }

  static #spare: Removal | undefined;

  /** Forgets its VMAs; it may be used again. */
  #done(): void {
    this.head = this.tail = undefined;
    this.hole = false;
    for (let i = 0; i < this.wholeCount; i++) this.whole[i] = undefined;
    this.wholeCount = 0;
    Removal.#spare = this;
  }

  /** Counts `[start, end)` of `vma` among what goes. */
  count(vma: Vma, start: number, end: number): void {
    this.pages += pages(end - start);
    this.accountedPages += accountedPages(vma.flags, pages(end - start));
  }

  /** Cuts the ends off. Everything was checked and taken before. */
  cut(hole: Vma | undefined): void {
    const { head, tail, start, end } = this;
    if (head !== undefined) this.#headEnd = head.end;
    if (tail !== undefined) this.#tailStart = tail.start;
    this.hole = hole !== undefined;
    if (hole !== undefined) {
      this.tail = hole;
      splitAtBorders(head!, start, end);
      clone(hole, head!);
    } else if (tail !== undefined) {
      setBounds(tail, end, tail.end, tail.pageOffset + pages(end - tail.start));
    }
    if (head !== undefined) setBounds(head, head.start, start, head.pageOffset);
  }

  /** Puts the ends back: nothing has happened. */
  abort(): void {
    const { head, tail } = this;
    if (head !== undefined) setBounds(head, head.start, this.#headEnd, head.pageOffset);
    if (tail !== undefined && this.hole) unlink(tail);
    else if (tail !== undefined) {
      const offset = tail.pageOffset - pages(tail.start - this.#tailStart);
      setBounds(tail, this.#tailStart, tail.end, offset);
    }
    this.#done();
  }

  /** Settles counts, anon_vmas and hooks, after the tree was written. Cannot fail. */
  complete(): void {
    const { mm, head, tail, hole, whole, wholeCount } = this;
    if (mm.pageTable !== null) zapRange(mm.memory!, mm.pageTable, this.start, this.end);
    if (hole) {
      linkReverseMap(mm, tail!);
      this.#leave(head!, this.start, this.end);
    } else {
      if (head !== undefined) this.#leave(head, this.start, this.#headEnd);
      if (tail !== undefined) this.#leave(tail, this.#tailStart, this.end);
    }
    for (let i = 0; i < wholeCount; i++) leaveWhole(mm, whole[i]!);
    mm.tree.mapCount += Number(hole) - wholeCount;
    this.#done();
  }

  /** Takes the part `[start, end)` of `vma` off the counts and calls its file's hooks. */
  #leave(vma: Vma, start: number, end: number): void {
    const { mm } = this;
    account(mm, vma.flags, -pages(end - start));
    chargeCommit(mm, -accountedPages(vma.flags, pages(end - start)));
    if (vma.file?.hooks === undefined) return;
    if (this.hole) tellOpened(mm, this.tail!);
    const part = vma.part(start, end);
    tellOpened(mm, part);
    tellClosed(mm, part);
  }
}

/**
 * Gathers what lies in `[start, end)` for removal, with both ends cut.
 *
 * Precondition: `first` is the first VMA that intersects the range.
 * Postcondition: tree, counts and anon_vmas still say what they said; the VMAs at the ends have
 * their new bounds. A failed call changes nothing, but for EPERM and EINVAL: where it is another VMA
 * than the first that may not go, or the first may not be cut at `end`, the first one has been split at
 * `start`, as in the kernel.
 *
 * @throws {MmError} ENOMEM a hole would pass max_map_count, or memory ran out · EPERM a VMA is
 * sealed · EINVAL a special mapping would be split
 */
export function gatherRemoval(
  mm: MemoryDescriptor,
  first: Vma,
  start: number,
  end: number,
): Removal {
  const removal = Removal.begin(mm, start, end);
  const hole = first.start < start && end < first.end;
  if (hole && mm.tree.mapCount >= mm.maxMapCount) {
    throw cannot("unmap", start, end, "ENOMEM", `${mm.tree.mapCount} VMAs are in use`);
  }
  let vma: Vma | undefined = first;
  for (; vma !== undefined && vma.start < end; vma = mm.tree.after(vma.start)) {
    const refusal = refusalOf(vma, start, end);
    if (refusal !== undefined) {
      // By the time the kernel looks here, it has cut the first VMA, and leaves it so.
      const head = removal.head ?? (isRefusedAtEnd(vma, start, end) ? vma : undefined);
      if (head !== undefined) cut(mm, head, start, head.end);
      throw cannot("unmap", start, end, ...refusal);
    }
    startWrite(vma);
    removal.count(vma, Math.max(start, vma.start), Math.min(end, vma.end));
    if (vma.start < start) removal.head = vma;
    else if (vma.end > end) removal.tail = vma;
    else removal.whole[removal.wholeCount++] = vma;
    if (vma.end >= end) break;
  }
  if (!hole) removal.cut(undefined);
  else {
    mm.faultInjection.take("a VMA");
    takeClone(first, mm.faultInjection);
    removal.cut(first.part(end, first.end));
  }
  return removal;
}

/** True if a VMA may be cut at the start of a range within it, and then not at the end. */
function isRefusedAtEnd(vma: Vma, start: number, end: number): boolean {
  return (vma.flags & VM_SEALED) === 0 && vma.start < start && !splitsHugePage(vma, start) &&
    splitsHugePage(vma, end);
}

/** Why a VMA may not go, or not in part; undefined if it may. */
function refusalOf(vma: Vma, start: number, end: number): [Errno, string] | undefined {
  if (vma.flags & VM_SEALED) return ["EPERM", "a VMA in it is sealed"];
  if (splitsHugePage(vma, start) || splitsHugePage(vma, end)) {
    return ["EINVAL", "it would cut a huge page"];
  }
  const partly = vma.start < start || end < vma.end;
  return partly && vma.special !== null ? ["EINVAL", `${vma.special} cannot be split`] : undefined;
}

/**
 * Removes what lies in `[start, end)`.
 *
 * Precondition: page-aligned, not empty.
 * Postcondition: no VMA intersects the range. A failed call unmaps nothing.
 *
 * @throws {MmError} ENOMEM · EPERM · EINVAL, as {@linkcode gatherRemoval}
 */
export function unmapRange(mm: MemoryDescriptor, start: number, end: number): void {
  const first = mm.tree.findIntersection(start, end);
  if (first === undefined) return;
  if (first.start === start && first.end === end) return unmapWhole(mm, first);
  const removal = gatherRemoval(mm, first, start, end);
  try {
    mm.tree.prepare(start, end, undefined);
  } catch (error) {
    removal.abort();
    throw error;
  }
  mm.tree.commit();
  if (removal.hole) mm.tree.replace(removal.tail!);
  removal.complete();
}

/** Removes exactly one VMA, as most calls do: there is nothing to cut, to gather or to put back. */
function unmapWhole(mm: MemoryDescriptor, vma: Vma): void {
  const { start, end } = vma;
  const refusal = refusalOf(vma, start, end);
  if (refusal !== undefined) throw cannot("unmap", start, end, ...refusal);
  startWrite(vma);
  mm.tree.prepare(start, end, undefined);
  mm.tree.commit();
  if (mm.pageTable !== null) zapRange(mm.memory!, mm.pageTable, start, end);
  leaveWhole(mm, vma);
  mm.tree.mapCount--;
}

/** Takes a VMA that is in the tree no more off counts, anon_vmas and file. */
function leaveWhole(mm: MemoryDescriptor, vma: Vma): void {
  const size = pages(vma.end - vma.start);
  account(mm, vma.flags, -size);
  chargeCommit(mm, -accountedPages(vma.flags, size));
  tellClosed(mm, vma);
  unlink(vma);
  unlinkReverseMap(vma);
}
