/**
 * Calling the hooks of files. Mirrors the calls of `vm_ops->open`, `vm_ops->close` and `f_op->mmap` (Linux
 * mm/vma.c).
 *
 * The kernel's `open` and `close` cannot fail. Ours may throw, as any function may: the system call is then finished
 * all the same, so that VMAs, tree and counts stay right, and throws the first of these errors at its end.
 *
 * @module
 */

import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";

/** Calls `open` for a VMA that was made by a split, a move or a fork. */
export function tellOpened(mm: MemoryDescriptor, vma: Vma): void {
  const hooks = vma.file?.hooks;
  if (hooks?.open === undefined) return;
  try {
    hooks.open(vma);
  } catch (error) {
    mm.hookError ??= { error };
  }
}

/** Calls `close` for a VMA that is gone. */
export function tellClosed(mm: MemoryDescriptor, vma: Vma): void {
  const hooks = vma.file?.hooks;
  if (hooks?.close === undefined) return;
  try {
    hooks.close(vma);
  } catch (error) {
    mm.hookError ??= { error };
  }
}

/**
 * Asks the file whether the VMA may map it.
 *
 * @throws what the hook throws to refuse it
 */
export function askToMap(vma: Vma): void {
  vma.file?.hooks?.map?.(vma);
}
