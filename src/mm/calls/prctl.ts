/**
 * prctl: a name for anonymous memory, no executable memory any more, same-page merging of all memory. Mirrors
 * `prctl_set_vma()` (Linux kernel/sys.c) and `madvise_set_anon_name()` (mm/madvise.c). A kernel without
 * CONFIG_ANON_VMA_NAME refuses every call with EINVAL; this one has it.
 *
 * @module
 */

import { cannot, MmError } from "../error.ts";
import { ADDRESS_LIMIT, isPageAligned, pageAlignUp, roundLength } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { modify, wishFor } from "../vma/modify.ts";
import { PR_MDWE_NO_INHERIT, PR_MDWE_REFUSE_EXEC_GAIN } from "../../abi/mman.ts";
import { mayMergePages } from "../vma/advice.ts";
import { VM_MERGEABLE } from "../vm_flags.ts";
import type { Vma } from "../vma.ts";

/** Longest name, bytes, its terminating zero included: ANON_VMA_NAME_MAX_LEN. */
const NAME_LIMIT = 80;
/** Printable ASCII but for what would be mistaken for markup in `/proc/PID/maps`. */
const NAME = /^[ -~]*$/;
const FORBIDDEN = /[\\`$[\]]/;

/**
 * Names `[address, address + length)`, or with null takes its name. Obeys the rule `namesSharedMemory`.
 *
 * Precondition: `address` is page-aligned; `length` is rounded up to whole pages, and 0 does
 * nothing. Postcondition: every VMA in the range has the name, beyond holes too; then a hole makes
 * the call fail. Where a VMA refuses, those before it have the name, as in the kernel.
 *
 * @throws {MmError} EINVAL unaligned, a range that wraps, part of a special mapping, or a name with other than plain
 * printable characters or more than 79 of them · EBADF a file is mapped there · ENOMEM a hole · EAGAIN memory
 * ran out, or a split would pass max_map_count
 */
export function setAnonName(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  name: string | null,
): void {
  const end = address + pageAlignUp(length);
  if (name !== null && (name.length >= NAME_LIMIT || !NAME.test(name) || FORBIDDEN.test(name))) {
    throw cannot("name", address, end, "EINVAL", "the name is too long or not plain text");
  }
  if (!isPageAligned(address)) {
    throw cannot("name", address, end, "EINVAL", "the address is not page-aligned");
  }
  if (length !== 0 && (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT)) {
    throw cannot("name", address, end, "EINVAL", "it ends before it begins");
  }
  let hole = false;
  for (let at = address; at < end;) {
    const vma = mm.tree.findVma(at);
    hole ||= vma === undefined || vma.start > at;
    if (vma === undefined || vma.start >= end) break;
    const stop = Math.min(end, vma.end);
    nameVma(mm, vma, Math.max(at, vma.start), stop, name);
    at = stop;
  }
  if (hole) throw cannot("name", address, end, "ENOMEM", "part of it is not mapped");
}

function nameVma(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
  name: string | null,
): void {
  if (vma.file !== null && !(vma.file.unlinked && mm.rules.namesSharedMemory)) {
    throw cannot("name", start, end, "EBADF", "a file is mapped there");
  }
  if (vma.anonName === name) return;
  try {
    const wish = wishFor(mm, vma, start, end);
    wish.anonName = name;
    modify(mm, vma, wish);
  } catch (error) {
    if (!(error instanceof MmError) || error.code !== "ENOMEM") throw error;
    throw new MmError("EAGAIN", error.message);
  }
}

/**
 * PR_SET_MDWE: refuses memory that may be written and executed from now on. Mirrors `prctl_set_mdwe()` (Linux
 * kernel/sys.c). What is mapped so already stays.
 *
 * @param bits PR_MDWE_… bits
 * @throws {MmError} EINVAL unknown bits, or PR_MDWE_NO_INHERIT alone · EPERM other bits were set before
 */
export function setDenyWriteExec(mm: MemoryDescriptor, bits: number): void {
  const isKnown = (bits & ~(PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT)) === 0 &&
    bits !== PR_MDWE_NO_INHERIT;
  if (!isKnown) throw new MmError("EINVAL", "Cannot deny executable memory: the bits are unknown");
  if (mm.denyWriteExec !== 0 && mm.denyWriteExec !== bits) {
    throw new MmError("EPERM", "Cannot permit executable memory again: it was denied for good");
  }
  mm.denyWriteExec = bits;
}

/**
 * PR_SET_MEMORY_MERGE: every VMA that can is marked for same-page merging, and what is mapped from now on; or none any
 * more. Mirrors `ksm_enable_merge_any()` and `ksm_disable_merge_any()` (Linux mm/ksm.c): no VMA is merged by it.
 */
export function setMemoryMerge(mm: MemoryDescriptor, merges: boolean): void {
  mm.mergesAny = merges;
  for (const vma of mm.tree.vmas()) {
    if (!merges) vma.flags &= ~VM_MERGEABLE;
    else if (mayMergePages(vma.flags) && vma.special === null) vma.flags |= VM_MERGEABLE;
  }
}
