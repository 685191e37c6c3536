/**
 * The stack of a new program: built as high as addresses go, because it is not known yet what the
 * program is and where its stack belongs; then shifted down. Mirrors `bprm_mm_init()`,
 * `setup_arg_pages()` (Linux fs/exec.c) and `relocate_vma_down()` (mm/vma_exec.c).
 *
 * ```
 *                                       |-- arguments --| task size
 *            |<----------- one VMA over both -----------|     widened
 *            |-- arguments --| top                            pages moved, the rest given up
 *   |- room -|-- arguments --| top                            128 KiB more to begin with
 * ```
 * Its page offset stays the one of the place where it was built: the reverse map finds the pages
 * all the way.
 *
 * @module
 */

import { account, accountedPages, chargeCommit } from "../vma/accounting.ts";
import { setBounds } from "../pages/anon_vma.ts";
import { cannot } from "../error.ts";
import { fault, growDown } from "./fault.ts";
import { PAGE_SIZE, pageAlignDown, pages } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { moveRange } from "../pages/page_table.ts";
import { linkReverseMap } from "../pages/reverse_map.ts";
import { Vma } from "../vma.ts";
import {
  VM_ACCOUNT,
  VM_GROWSDOWN,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from "../vm_flags.ts";

/** The stack that exec is to build. */
export interface ImageStack {
  /** Where it ends, bytes, page-aligned: below the task size by what was drawn at random. */
  readonly top: number;
  /** Arguments, environment and what else the kernel puts there first, bytes. */
  readonly bytes: number;
}

const STACK_FLAGS = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_GROWSDOWN |
  VM_ACCOUNT;

/** Bytes by which a stack is grown before the program begins. */
const FIRST_GROWTH = 0x2_0000;

/**
 * Builds the stack.
 *
 * Precondition: nothing is mapped. Postcondition: one VMA ends at `stack.top`, with the arguments in
 * its last pages and, as far as RLIMIT_STACK allows, 128 KiB of room below them. After a failure the
 * address space is good for nothing but `exit`, as in the kernel, which then kills the process.
 *
 * @throws {MmError} ENOMEM the place is not above mmap_min_addr, a limit, or memory ran out · EFAULT
 * RLIMIT_STACK leaves no room to grow
 */
export function buildStack(mm: MemoryDescriptor, stack: ImageStack): Vma {
  const vma = storeHigh(mm);
  const lowest = pageAlignDown(mm.mapWindow - Math.max(1, stack.bytes));
  for (let at = mm.mapWindow - PAGE_SIZE; at >= lowest; at -= PAGE_SIZE) fault(mm, at, "write");
  const shift = mm.mapWindow - stack.top;
  if (vma.start - shift <= mm.hintMinAddress) {
    const { start, end } = vma;
    throw cannot("shift", start, end, "ENOMEM", "its place is not above mmap_min_addr");
  }
  if (shift > 0) mm.faultInjection.withReserve(2, () => shiftDown(mm, vma, shift));
  const most = pageAlignDown(mm.limits.stack);
  const base = Math.max(vma.end - most, vma.start - FIRST_GROWTH);
  try {
    if (base < vma.start) growDown(mm, vma, pageAlignDown(base));
  } catch {
    throw cannot("expand", vma.start, vma.end, "EFAULT", "a limit keeps the stack from growing");
  }
  return vma;
}

/** One page below the task size. Mirrors `__bprm_mm_init()`. */
function storeHigh(mm: MemoryDescriptor): Vma {
  const start = mm.mapWindow - PAGE_SIZE;
  const vma = new Vma(start, mm.mapWindow, STACK_FLAGS, pages(start), null);
  mm.faultInjection.take("a VMA");
  mm.tree.prepare(start, mm.mapWindow, vma);
  mm.tree.commit();
  mm.tree.mapCount++;
  linkReverseMap(mm, vma);
  account(mm, STACK_FLAGS, 1);
  chargeCommit(mm, accountedPages(STACK_FLAGS, 1));
  return vma;
}

/** Moves the VMA and its pages down by `shift` bytes: widens it, moves, gives up the upper part. */
function shiftDown(mm: MemoryDescriptor, vma: Vma, shift: number): void {
  const { start, end, pageOffset } = vma;
  mm.tree.prepare(start - shift, end, vma);
  setBounds(vma, start - shift, end, pageOffset);
  mm.tree.commit();
  if (mm.pageTable !== null) moveRange(mm.pageTable, start, end - start, start - shift);
  mm.tree.prepare(end - shift, end, undefined);
  setBounds(vma, start - shift, end - shift, pageOffset);
  mm.tree.commit();
}
