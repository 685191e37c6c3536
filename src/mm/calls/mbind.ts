/**
 * mbind: a NUMA policy for a range. Mirrors `do_mbind()` and `mbind_range()` (Linux mm/mempolicy.c). Where the pages
 * lie is not modelled: what is left is that VMAs with different policies stay apart.
 *
 * @module
 */

import { ADDRESS_LIMIT, isPageAligned, roundLength } from "../../abi/page.ts";
import { cannot } from "../error.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { modify, wishFor } from "../vma/modify.ts";

/**
 * Gives `[address, address + length)` a policy.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages. 0, and a length that passes the last
 * address when it is rounded, do nothing.
 * Postcondition: every VMA in the range has the policy. A range with a hole changes nothing.
 *
 * @param policy a text that is equal for equal policies; null for the process's own
 * @throws {MmError} EINVAL unaligned, or a range that wraps · EFAULT a hole · ENOMEM a split would pass
 * max_map_count, or memory ran out; those before have the policy
 */
export function mbind(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  policy: string | null,
): void {
  const end = address + roundLength(length);
  if (!isPageAligned(address)) {
    throw cannot("bind", address, end, "EINVAL", "the address is not page-aligned");
  }
  if (end >= ADDRESS_LIMIT) {
    throw cannot("bind", address, end, "EINVAL", "it ends before it begins");
  }
  if (address < end && mm.tree.findIntersection(address, end) === undefined) {
    throw cannot("bind", address, end, "EFAULT", "nothing is mapped there");
  }
  for (let at = address; at < end;) {
    const vma = mm.tree.load(at);
    // The process's own policy may be asked for over holes: it is what they would get anyhow.
    if (vma === undefined && policy !== null) {
      throw cannot("bind", at, end, "EFAULT", "part of it is not mapped");
    }
    at = vma?.end ?? mm.tree.findVma(at)?.start ?? end;
  }
  for (let at = address; at < end;) {
    const vma = mm.tree.findVma(at);
    if (vma === undefined || vma.start >= end) break;
    const stop = Math.min(end, vma.end);
    const start = Math.max(at, vma.start);
    at = stop;
    if (vma.policy === policy) continue;
    const wish = wishFor(mm, vma, start, stop);
    wish.policy = policy;
    modify(mm, vma, wish);
  }
}
