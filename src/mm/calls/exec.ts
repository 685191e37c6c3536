/**
 * exec: another program's address space in the place of this one. Mirrors what `begin_new_exec()`,
 * `setup_arg_pages()` and `load_elf_binary()` (Linux fs/exec.c, fs/binfmt_elf.c) leave behind.
 *
 * @module
 */

import { PR_MDWE_NO_INHERIT } from "../../abi/mman.ts";
import { account, accountedPages, chargeCommit } from "../vma/accounting.ts";
import { attach } from "../pages/anon_vma.ts";
import { buildStack, type ImageStack } from "./exec_stack.ts";
import { exit } from "./exit.ts";
import { isPageAligned, pages } from "../../abi/page.ts";
import { checkAddress, checkInteger, checkLimit, checkRange } from "../arguments.ts";
import { cannot } from "../error.ts";
import type { ResourceLimits } from "../rlimit.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { linkReverseMap } from "../pages/reverse_map.ts";
import { type MappedFile, Vma } from "../vma.ts";
import type { VmFlags } from "../vm_flags.ts";

/** One VMA of a program's first layout. */
export interface ImageVma {
  /** First byte. */
  readonly start: number;
  /** First byte after the last. */
  readonly end: number;
  /** Protection, sharing and the rest. */
  readonly flags: VmFlags;
  /** Offset in the file, pages; for anonymous memory left out. */
  readonly pageOffset?: number;
  /** The open file; none for anonymous memory. */
  readonly file?: MappedFile | null;
  /** `[vdso]` and its like. */
  readonly special?: string | null;
  /** Flags that are carried along, two letters each; none unless given. */
  readonly otherFlags?: string;
  /** True if it was written to: it has an anon_vma. */
  readonly written?: boolean;
}

/** An address space as a program finds it when it begins. */
export interface Image {
  /** In the order of their addresses. */
  readonly vmas: readonly ImageVma[];
  /** Where the heap begins, bytes. */
  readonly startBrk: number;
  /** The first stack pointer, bytes. */
  readonly startStack: number;
  /** Where placement begins, bytes. */
  readonly mmapBase: number;
  /** Placement goes upwards. */
  readonly legacyLayout?: boolean;
  /** The program begins with the personality READ_IMPLIES_EXEC. */
  readonly readImpliesExec?: boolean;
  /** The stack to build; none where it is among the VMAs already. */
  readonly stack?: ImageStack;
  /** Soft limits, bytes; those not given stay. */
  readonly limits?: Partial<ResourceLimits>;
}

/**
 * Replaces the whole address space by a program's first layout.
 *
 * Postcondition: exactly the image's VMAs are mapped; each that was written to has an anon_vma of
 * its own.
 *
 * @throws {MmError} EINVAL the image makes no sense, before anything changes · and as {@linkcode buildStack}; the old
 * program is gone by then
 * @throws {MmInvariantError} as {@linkcode exit}
 */
export function exec(mm: MemoryDescriptor, image: Image): void {
  checkImage(mm, image);
  exit(mm);
  mm.defaultFlags = 0;
  inherit(mm, mm);
  mm.startBrk = mm.brk = image.startBrk;
  mm.startStack = image.startStack;
  mm.mmapBase = image.mmapBase;
  mm.legacyLayout = image.legacyLayout ?? false;
  mm.readImpliesExec = image.readImpliesExec ?? false;
  Object.assign(mm.limits, image.limits);
  if (image.stack !== undefined) buildStack(mm, image.stack);
  for (const part of image.vmas) load(mm, part);
}

/**
 * What a program's address space has from the one before: PR_SET_MDWE, unless it said that it is not to be inherited,
 * and PR_SET_MEMORY_MERGE. Mirrors `mmf_init_flags()`, and `SET_PERSONALITY2()` for a program that has a header for its
 * stack.
 */
export function inherit(from: MemoryDescriptor, to: MemoryDescriptor): void {
  to.denyWriteExec = from.denyWriteExec & PR_MDWE_NO_INHERIT ? 0 : from.denyWriteExec;
  to.mergesAny = from.mergesAny;
  to.readImpliesExec = false;
}

/** Refuses an image whose numbers are no addresses, or whose VMAs overlap or are not in order. */
function checkImage(mm: MemoryDescriptor, image: Image): void {
  const { startBrk, startStack, mmapBase, stack, limits = {} } = image;
  for (const address of [startBrk, startStack, mmapBase]) checkAddress("exec with", address);
  if (stack !== undefined) checkRange("build a stack at", stack.top, stack.bytes);
  for (const [name, value] of Object.entries(limits)) checkLimit(name, value);
  let below = 0;
  for (const { start, end, flags, pageOffset = 0 } of image.vmas) {
    checkRange("exec with", start, end - start);
    checkInteger("exec", "flags", flags);
    checkAddress("exec with page offset", pageOffset);
    const fits = isPageAligned(start) && isPageAligned(end) && start < end && start >= below;
    if (!fits || end > mm.taskSize) {
      throw cannot(
        "exec with",
        start,
        end,
        "EINVAL",
        "it is no range of pages after the one before",
      );
    }
    below = end;
  }
}

function load(mm: MemoryDescriptor, part: ImageVma): void {
  const { start, end, flags } = part;
  const vma = new Vma(start, end, flags, part.pageOffset ?? pages(start), part.file ?? null);
  vma.special = part.special ?? null;
  vma.otherFlags = part.otherFlags ?? "";
  mm.tree.prepare(start, end, vma);
  mm.tree.commit();
  mm.tree.mapCount++;
  if (part.written) attach(vma, null);
  linkReverseMap(mm, vma);
  account(mm, flags, pages(end - start));
  chargeCommit(mm, accountedPages(flags, pages(end - start)));
}
