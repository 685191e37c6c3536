/**
 * fork: a second address space with the same contents. Mirrors `dup_mmap()` (Linux kernel/fork.c,
 * mm/mmap.c).
 *
 * @module
 */

import { account, accountedPages, chargeCommit, mayCommit } from "../vma/accounting.ts";
import { fork as forkAnonVma, takeFork, unlink } from "../pages/anon_vma.ts";
import { PR_MDWE_NO_INHERIT } from "../../abi/mman.ts";
import { cannot } from "../error.ts";
import { pages } from "../../abi/page.ts";
import { lockForCall, startWrite } from "../locks/locking.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { tellClosed, tellOpened } from "../vma/hooks.ts";
import { copyRange } from "../pages/page_table.ts";
import { linkReverseMap, unlinkReverseMap } from "../pages/reverse_map.ts";
import type { PageTable, Vma } from "../vma.ts";
import { VM_DONTCOPY, VM_LOCKED_MASK, VM_NOHUGEPAGE, VM_WIPEONFORK } from "../vm_flags.ts";

/**
 * Copies the address space.
 *
 * Postcondition: the child has every VMA but those with VM_DONTCOPY, none locked; those that were
 * written to have the parent's anon_vmas in their chain, and one of their own, those with VM_WIPEONFORK on
 * none. A failed call changes nothing.
 *
 * @returns the child
 * @throws {MmError} ENOMEM so much memory cannot be promised, or memory ran out
 */
export function fork(mm: MemoryDescriptor): MemoryDescriptor {
  const child = mm.sibling();
  lockForCall(child, "write");
  const copies: Vma[] = [];
  try {
    child.tree = mm.tree.duplicate(child.faultInjection, (vma) => {
      if (vma.flags & VM_DONTCOPY) return undefined;
      const copy = copyVma(mm, child, vma);
      copies.push(copy);
      return copy;
    });
  } catch (error) {
    for (const copy of copies) discard(mm, child, copy);
    unlockChild(child);
    throw error;
  }
  child.tree.mapCount = copies.length;
  if (mm.pageTable !== null) copyPages(mm.pageTable, child.pageTable!, copies);
  child.startBrk = mm.startBrk;
  child.brk = mm.brk;
  child.startStack = mm.startStack;
  child.defaultFlags = mm.defaultFlags & VM_NOHUGEPAGE;
  child.readImpliesExec = mm.readImpliesExec;
  child.mergesAny = mm.mergesAny;
  child.denyWriteExec = mm.denyWriteExec & PR_MDWE_NO_INHERIT ? 0 : mm.denyWriteExec;
  child.tree.guard = child.locks === null ? null : child.pageTable;
  unlockChild(child);
  return child;
}

function unlockChild(child: MemoryDescriptor): void {
  child.locks?.release("mmap_lock", child.pageTable!);
}

/** Shares the pages of what was written to; the rest is faulted in again where it is needed. */
function copyPages(parent: PageTable, child: PageTable, copies: readonly Vma[]): void {
  for (const { start, end, anonVma } of copies) {
    if (anonVma !== null) copyRange(parent, child, start, end);
  }
}

function copyVma(mm: MemoryDescriptor, child: MemoryDescriptor, vma: Vma): Vma {
  startWrite(vma);
  const size = pages(vma.end - vma.start);
  const charge = accountedPages(vma.flags, size);
  if (!mayCommit(mm, charge)) {
    throw cannot("copy", vma.start, vma.end, "ENOMEM", "so much memory cannot be promised");
  }
  mm.faultInjection.take("a VMA");
  const keeps = (vma.flags & VM_WIPEONFORK) === 0;
  if (keeps) takeFork(vma, mm.faultInjection);

  const copy = vma.part(vma.start, vma.end);
  copy.flags = vma.flags & ~VM_LOCKED_MASK;
  if (keeps) forkAnonVma(copy, vma);
  account(child, copy.flags, size);
  chargeCommit(child, charge);
  linkReverseMap(child, copy, vma.fileMapping);
  tellOpened(mm, copy);
  return copy;
}

function discard(mm: MemoryDescriptor, child: MemoryDescriptor, copy: Vma): void {
  unlink(copy);
  unlinkReverseMap(copy);
  chargeCommit(child, -accountedPages(copy.flags, pages(copy.end - copy.start)));
  tellClosed(mm, copy);
}
