/**
 * The layout as text. Mirrors `show_map_vma()` (Linux fs/proc/task_mmu.c): one line a VMA, as
 * `/proc/PID/maps` has it.
 *
 * @module
 */

import { PAGE_SIZE } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import type { Vma } from "../vma.ts";
import { formatPermissions, formatVmFlags, VM_MAYBE_GUARD, type VmFlags } from "../vm_flags.ts";

/** Column at which names begin. */
const NAME_COLUMN = 73;

/** All VMAs, one line each. */
export function maps(mm: MemoryDescriptor): string {
  let text = "";
  for (const vma of mm.tree.vmas()) text += mapsLine(mm, vma) + "\n";
  return text;
}

/** One VMA's line, without its line feed. */
export function mapsLine(mm: MemoryDescriptor, vma: Vma): string {
  const device = vma.file?.device ?? "00:00";
  const range = `${padded(vma.start)}-${padded(vma.end)}`;
  const offset = padded(fileOffset(vma));
  const head = `${range} ${formatPermissions(vma.flags)} ${offset} ${device} ${
    vma.file?.inode ?? 0
  } `;
  const name = vmaName(mm, vma);
  return name === "" ? head : head.padEnd(NAME_COLUMN) + name;
}

/** The VMA's flags as far as the kernel shows them (`showsGuard`). */
export function visibleFlags(mm: MemoryDescriptor, vma: Vma): VmFlags {
  return mm.rules.showsGuard ? vma.flags : vma.flags & ~VM_MAYBE_GUARD;
}

/** The VMA's flags as `/proc/PID/smaps` shows them (`showsGuard`, `showsLockOnFault`). */
export function vmFlagsText(mm: MemoryDescriptor, vma: Vma): string {
  const text = formatVmFlags(visibleFlags(mm, vma));
  const shown = mm.rules.showsLockOnFault ? text : text.replace(/\blf\b/, "??");
  return vma.otherFlags === "" ? shown : `${shown} ${vma.otherFlags}`;
}

/** Offset of the VMA's first page as the kernel shows it: bytes, 0 without a file. */
export function fileOffset(vma: Vma): number {
  return vma.file === null ? 0 : vma.pageOffset * PAGE_SIZE;
}

/**
 * The VMA's name as the kernel shows it: its file's, `[heap]`, `[stack]`, `[vdso]` and the like,
 * the name its program gave it, or nothing.
 */
export function vmaName(mm: MemoryDescriptor, vma: Vma): string {
  if (vma.file !== null) {
    return vma.anonName === null ? vma.file.name : `[anon_shmem:${vma.anonName}]`;
  }
  if (vma.special !== null) return vma.special;
  if (isHeap(mm, vma)) return "[heap]";
  if (vma.start <= mm.startStack && vma.end >= mm.startStack) return "[stack]";
  return vma.anonName === null ? "" : `[anon:${vma.anonName}]`;
}

/** True for the VMA of the heap, and by the older rule for one that only touches it. */
function isHeap(
  { brk, startBrk, rules }: MemoryDescriptor,
  { start, end }: Vma,
): boolean {
  return rules.showsHeapBeside ? start <= brk && end >= startBrk : start < brk && end > startBrk;
}

function padded(value: number): string {
  return value.toString(16).padStart(8, "0");
}
