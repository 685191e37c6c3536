/**
 * Page faults. What they do to VMAs is always modelled: the first write gives a VMA its anon_vma, and a touch
 * below a stack makes it grow. Mirrors `__anon_vma_prepare()` (Linux mm/rmap.c),
 * `find_mergeable_anon_vma()` and `expand_downwards()` (mm/vma.c).
 *
 * @module
 */

import * as accounting from "../vma/accounting.ts";
import * as anonVmas from "../pages/anon_vma.ts";
import { demandForFault } from "../locks/locking.ts";
import { cannot, type MmError } from "../error.ts";
import * as page from "../../abi/page.ts";
import * as rlimits from "../rlimit.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as entering from "../pages/pte_fault.ts";
import type { KernelRules } from "../rules/kernel_rules.ts";
import * as merging from "../vma/merge.ts";
import type { AnonVma, Vma } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const { account, accountedPages, chargeCommit, mayCommit, mayExpand, mayLock } = accounting;
const { attach, setBounds, takeAttach } = anonVmas;
const { HUGE_PAGE_SIZE, PAGE_SIZE, pageAlignDown, pages } = page;
const { STACK_GUARD_GAP } = rlimits;
const { enterPage } = entering;
const { isPrivateFile } = merging;
const {
  VM_ACCESS_FLAGS,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_HUGEPAGE,
  VM_NOHUGEPAGE,
  VM_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_STICKY,
  VM_WRITE,
} = vmFlags;

/** What touches the page. `force`: a debugger's write, which private mappings cannot refuse. */
export type Access = "read" | "write" | "execute" | "force";

/** What growing a stack, its anon_vma and its page may take: tree nodes, anon_vma, link, page. */
const STRUCTURES = 4;

const NEEDS = { read: VM_READ, write: VM_WRITE, execute: VM_EXEC, force: 0 } as const;

/**
 * Touches the page that holds `address`.
 *
 * Postcondition: the address is mapped; after a write to private memory its VMA has an anon_vma. A
 * failed call changes nothing. Where pages are modelled, the page is entered as `page_fault.ts` says.
 *
 * @throws {MmError} EFAULT nothing is mapped there and no stack above may grow to it, or the
 * protection forbids the access · ENOMEM a stack may not grow so far, or memory ran out · EPERM a
 * stack would grow below mmap_min_addr · EAGAIN the page is under migration, where the kernel waits
 */
export function fault(mm: MemoryDescriptor, address: number, access: Access): void {
  if (mm.pageTable === null) {
    touch(mm, address, access);
    return;
  }
  mm.faultInjection.reserve(STRUCTURES);
  try {
    const vma = touch(mm, address, access);
    if (mm.locks !== null) demandForFault(mm, vma);
    enterPage(mm, vma, address, isWrite(access));
  } finally {
    mm.faultInjection.giveBack();
  }
}

/** What a fault does to VMAs; the one that holds the address then. */
function touch(mm: MemoryDescriptor, address: number, access: Access): Vma {
  const vma = mm.tree.findVma(address);
  if (vma === undefined || (vma.start > address && !(vma.flags & VM_GROWSDOWN))) {
    throw fails(address, "EFAULT", "nothing is mapped there");
  }
  if (NEEDS[access] & ~vma.flags) {
    throw fails(address, "EFAULT", `the VMA may not be accessed: ${access}`);
  }
  if (vma.start > address) growDown(mm, vma, pageAlignDown(address));
  if (isWrite(access) && !(vma.flags & VM_SHARED)) prepareAnonVma(mm, vma);
  else if (mapsHugePage(mm, vma, address, address + 1)) prepareAnonVma(mm, vma);
  return vma;
}

/** True if the access makes private memory a page of its own. */
export function isWrite(access: Access): boolean {
  return access === "write" || access === "force";
}

/**
 * True if reading somewhere in `[start, end)` maps the huge zero page, for which a VMA gets an anon_vma that no count
 * of pages shows. Mirrors `do_huge_pmd_anonymous_page()` (Linux mm/huge_memory.c).
 */
export function mapsHugePage(
  mm: MemoryDescriptor,
  vma: Vma,
  start: number,
  end: number,
): boolean {
  const { flags } = vma;
  if (mm.hugePages === "never" || vma.file !== null || vma.special !== null) return false;
  if (mm.hugePages === "madvise" && !(flags & VM_HUGEPAGE)) return false;
  if (flags & (VM_SHARED | VM_NOHUGEPAGE | VM_SPECIAL)) return false;
  const first = Math.max(
    Math.floor(start / HUGE_PAGE_SIZE),
    Math.ceil(vma.start / HUGE_PAGE_SIZE),
  ) * HUGE_PAGE_SIZE;
  return first < Math.min(end, vma.end) && first + HUGE_PAGE_SIZE <= vma.end;
}

/** Gives `vma` an anon_vma unless it has one. A failed call changes nothing. */
export function prepareAnonVma(mm: MemoryDescriptor, vma: Vma): void {
  if (vma.anonVma !== null) return;
  const reused = reusableAnonVma(mm, vma);
  takeAttach(reused, mm.faultInjection);
  attach(vma, reused);
}

/**
 * A neighbour's anon_vma, if the two could merge but for protection: so that they can once it
 * agrees.
 */
function reusableAnonVma(mm: MemoryDescriptor, vma: Vma): AnonVma | null {
  const next = mm.tree.after(vma.start);
  if (next !== undefined && isOwn(next) && couldMerge(vma, next, mm.rules)) return next.anonVma;
  const previous = mm.tree.before(vma.start);
  if (previous !== undefined && isOwn(previous) && couldMerge(previous, vma, mm.rules)) {
    return previous.anonVma;
  }
  return null;
}

function isOwn(vma: Vma): boolean {
  return vma.anonVma !== null && vma.anonVmaChain.length === 1;
}

/** Mirrors `anon_vma_compatible()`. */
function couldMerge(lower: Vma, upper: Vma, rules: KernelRules): boolean {
  return lower.end === upper.start && lower.file === upper.file &&
    lower.policy === upper.policy && lower.protectionKey === upper.protectionKey &&
    lower.otherFlags === upper.otherFlags &&
    ((lower.flags ^ upper.flags) & ~(VM_ACCESS_FLAGS | VM_STICKY)) === 0 &&
    upper.pageOffset === lower.pageOffset + pages(upper.start - lower.start) &&
    (!rules.anonPageOffset || !isPrivateFile(upper) ||
      upper.anonPageOffset === lower.anonPageOffset + pages(upper.start - lower.start));
}

/** Grows a stack down to `start`, page-aligned. A failed call changes nothing. */
export function growDown(mm: MemoryDescriptor, vma: Vma, start: number): void {
  if (start < mm.hintMinAddress) throw fails(start, "EPERM", "it is below mmap_min_addr");
  const below = mm.tree.before(vma.start);
  if (
    below !== undefined && !(below.flags & VM_GROWSDOWN) && below.flags & VM_ACCESS_FLAGS &&
    start - below.end < STACK_GUARD_GAP
  ) throw fails(start, "ENOMEM", "the stack would come too close to the VMA below");

  const growth = pages(vma.start - start);
  const allowed = growth <= vma.pageOffset && mayExpand(mm, vma.flags, growth) &&
    vma.end - start <= mm.limits.stack && mayLock(mm, vma.flags, growth) && mayCommit(mm, growth);
  if (!allowed) throw fails(start, "ENOMEM", "a limit keeps the stack from growing");

  const reused = vma.anonVma === null ? reusableAnonVma(mm, vma) : null;
  if (vma.anonVma === null) takeAttach(reused, mm.faultInjection);
  mm.tree.prepare(start, vma.end, vma);
  if (vma.anonVma === null) attach(vma, reused);
  setBounds(vma, start, vma.end, vma.pageOffset - growth);
  mm.tree.commit();
  account(mm, vma.flags, growth);
  chargeCommit(mm, accountedPages(vma.flags, growth));
}

function fails(address: number, code: "EFAULT" | "ENOMEM" | "EPERM", why: string): MmError {
  const page = pageAlignDown(address);
  return cannot("fault in", page, page + PAGE_SIZE, code, why);
}
