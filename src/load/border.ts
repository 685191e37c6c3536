/**
 * Where a load may change VMAs that the recorded program did not change so: not where one of its calls would answer
 * otherwise for it.
 *
 * @module
 */

import { PAGE_SIZE } from "../abi/page.ts";
import type { Vma } from "../mm/vma.ts";
import { VM_SHARED } from "../mm/vm_flags.ts";
import type { RunningLife } from "./running_life.ts";

/** VMAs that borders may make beyond those recorded: more never stand at the same time. */
const SPARE = 1_000;

/**
 * True if the page at `address` may be cut out of its VMA: `mremap` and `remap_file_pages` work within one VMA, and
 * every cut counts towards `vm.max_map_count`.
 */
export function mayCut({ job, space }: RunningLife, address: number): boolean {
  const { whole, mostVmas } = job.program;
  if (mostVmas + SPARE > space.descriptor.maxMapCount) return false;
  return !whole.some(({ start, end }) => start < address + PAGE_SIZE && address < end);
}

/**
 * True if the VMA may be written to: the first write gives private memory an anon_vma, which decides what it merges
 * with, and so how much of it one `mremap` takes.
 */
export function mayWrite({ job }: RunningLife, { start, end, flags, anonVma }: Vma): boolean {
  if (anonVma !== null || flags & VM_SHARED) return true;
  return !job.program.whole.some((range) => range.start < end && start < range.end);
}
