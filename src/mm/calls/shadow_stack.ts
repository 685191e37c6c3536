/**
 * map_shadow_stack: memory for return addresses that only the processor writes to, with a thread's calls. Mirrors
 * `sys_map_shadow_stack()` and `alloc_shstk()` (Linux arch/x86/kernel/shstk.c).
 *
 * Made by what the sources say: no processor that has shadow stacks was at hand to compare with. The gap that later
 * kernels keep before one is not modelled, nor the stacks that the kernel itself maps for new threads.
 *
 * @module
 */

import { ADDRESS_LIMIT, isPageAligned, pages, roundLength } from "../../abi/page.ts";
import { MAP_FIXED } from "../../abi/mman.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { refuse, refuseCount } from "../refusal.ts";
import { mayLock } from "../vma/accounting.ts";
import { mapRegion } from "../vma/map_region.ts";
import { NOWHERE, place } from "../vma/placement.ts";
import { VM_LOCKED, VM_MAYEXEC, VM_MAYREAD, VM_MAYWRITE, VM_READ, VM_WRITE } from "../vm_flags.ts";
import { fault, prepareAnonVma } from "./fault.ts";
import { tryPopulate } from "./populate.ts";

/** The kernel writes a token at its end, by which a thread may take it. */
export const SHADOW_STACK_SET_TOKEN = 1;
/** Bytes of a token. */
const TOKEN = 8;
/** Bytes below which none lies. */
const LOWEST = 2 ** 32;
/** What smaps shows of one; the model only carries it along. */
const LETTERS = "ss";

/**
 * Maps a shadow stack and says where.
 *
 * Postcondition: a VMA with the flag `ss` covers the range, which merges with its like alone; with a token it has an
 * anon_vma. A failed call changes nothing.
 *
 * @param address first byte, page-aligned, or 0 for anywhere above 4 GiB; nothing may be mapped there
 * @param length bytes, rounded up to whole pages
 * @param flags {@linkcode SHADOW_STACK_SET_TOKEN} or 0
 * @returns the first byte, or the errno below 0: EOPNOTSUPP the processor has none · EINVAL unknown flags, an unaligned
 * address, no length · ENOSPC no room for a token · ERANGE below 4 GiB · EOVERFLOW too long · EEXIST something is
 * mapped there · ENOMEM no gap, or a limit · EAGAIN more than may be locked
 */
export function mapShadowStack(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  flags: number,
): number {
  if (!mm.shadowStacks) return refuse(mm, "EOPNOTSUPP", "the processor has no shadow stacks");
  if (flags & ~SHADOW_STACK_SET_TOKEN) return refuse(mm, "EINVAL", "the flags are unknown");
  if (flags !== 0 && length < TOKEN) return refuse(mm, "ENOSPC", "there is no room for a token");
  if (address !== 0 && address < LOWEST) return refuse(mm, "ERANGE", "it begins below 4 GiB");
  if (length === 0) return refuse(mm, "EINVAL", "it is empty");
  const size = roundLength(length);
  if (size === 0) return refuse(mm, "EOVERFLOW", "it is longer than all addresses");
  const start = mapAt(mm, address, size);
  if (start < 0 || flags === 0) return start;
  prepareAnonVma(mm, mm.tree.load(start)!);
  if (mm.pageTable !== null) fault(mm, start + length - TOKEN, "write");
  return start;
}

function mapAt(mm: MemoryDescriptor, address: number, size: number): number {
  if (mm.tree.mapCount > mm.maxMapCount) return refuseCount(mm, mm.tree.mapCount);
  const start = place(mm, address, size, address === 0 ? 0 : MAP_FIXED, null, 0);
  if (start === NOWHERE || start < LOWEST || start >= ADDRESS_LIMIT) {
    return refuse(mm, "ENOMEM", "no gap is large enough");
  }
  if (!isPageAligned(start)) return refuse(mm, "EINVAL", "the address is not page-aligned");
  if (address !== 0 && mm.tree.findIntersection(start, start + size) !== undefined) {
    return refuse(mm, "EEXIST", "something is mapped there");
  }
  const vmFlags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | mm.defaultFlags;
  if (!mayLock(mm, vmFlags, pages(size))) {
    return refuse(mm, "EAGAIN", "RLIMIT_MEMLOCK forbids it");
  }
  mm.wish.renew(start, start + size, vmFlags, pages(start), null);
  mm.wish.otherFlags = LETTERS;
  const answer = mapRegion(mm);
  if (answer < 0) return answer;
  if (vmFlags & VM_LOCKED) tryPopulate(mm, start, start + size);
  return start;
}
