/**
 * Checks an address space from scratch: no count and no cached value is assumed to be right.
 *
 * Rules: the tree is sound · each VMA's bounds are the range under which the tree holds it (`start
 * == index`) · VMAs are page-aligned, not empty, in order, without overlap, within the user's
 * addresses · `mapCount` equals the walk · for each VMA, a lookup from the root at its first and
 * last byte and a search by cursor find what a linear walk finds · anon_vma links agree from both
 * sides and the counts of anon_vmas with them · pages by kind equal their sums · where pages are modelled, the rules
 * of `validate_pages.ts`.
 *
 * @module
 */

import { account, accountedPages } from "../vma/accounting.ts";
import { MmInvariantError } from "../error.ts";
import { isPageAligned, pages } from "../../abi/page.ts";
import { MemoryDescriptor } from "../memory_descriptor.ts";
import { validatePages } from "./validate_pages.ts";
import type { AnonVma, Vma } from "../vma.ts";

/**
 * Checks everything. O(n log n).
 *
 * @throws {MmInvariantError} naming the rule and the VMA
 * @throws {InvariantError} from the tree's own validation
 */
export function validate(mm: MemoryDescriptor): void {
  checkUsers(checkOwn(mm));
}

/**
 * Checks everything but the far side of anon_vma links: what other processes' VMAs hang on. O(n log n), however many
 * processes were forked from this one.
 *
 * @throws {MmInvariantError} naming the rule and the VMA
 * @throws {InvariantError} from the tree's own validation
 */
export function validateOwn(mm: MemoryDescriptor): void {
  checkOwn(mm);
}

/** The anon_vmas that were met. */
function checkOwn(mm: MemoryDescriptor): ReadonlySet<AnonVma> {
  mm.tree.validateTree();
  const walk = checkRanges(mm);
  checkLookups(mm, walk);
  const seen = checkLinks(walk);
  checkTotals(mm, walk);
  if (mm.pageTable !== null) validatePages(mm, mm.pageTable);
  return seen;
}

function expect(holds: boolean, rule: string, vma?: Vma): void {
  if (!holds) throw new MmInvariantError(rule, vma);
}

/** The VMAs by a linear walk, each compared with its place in the tree. */
function checkRanges(mm: MemoryDescriptor): Vma[] {
  const walk: Vma[] = [];
  let end = 0;
  for (const { first, last, vma } of mm.tree.ranges()) {
    expect(vma.start === first, "start is not the index under which the tree holds it", vma);
    expect(vma.end === last + 1, "end is not the last index under which the tree holds it", vma);
    expect(vma.start < vma.end, "it is empty", vma);
    expect(isPageAligned(vma.start) && isPageAligned(vma.end), "it is not page-aligned", vma);
    expect(vma.start >= end, "it overlaps the one below", vma);
    expect(vma.end <= mm.taskSize, "it ends beyond the user's addresses", vma);
    expect(Number.isSafeInteger(vma.pageOffset), "its page offset is no whole number", vma);
    expect(vma.pageOffset >= 0, "its page offset is negative", vma);
    end = vma.end;
    walk.push(vma);
  }
  const rule = `mapCount is ${mm.tree.mapCount}, but a walk meets ${walk.length} VMAs`;
  expect(walk.length === mm.tree.mapCount, rule);
  return walk;
}

/** Lookups from the root and by cursor against the walk. */
function checkLookups(mm: MemoryDescriptor, walk: readonly Vma[]): void {
  expect(mm.tree.findVma(0) === walk[0], "a search from 0 does not find the first VMA");
  walk.forEach((vma, position) => {
    expect(mm.tree.load(vma.start) === vma, "a lookup of its first byte misses it", vma);
    expect(mm.tree.load(vma.end - 1) === vma, "a lookup of its last byte misses it", vma);
    expect(mm.tree.findVma(vma.start) === vma, "a search from its first byte misses it", vma);
    const next = walk[position + 1];
    expect(mm.tree.findVma(vma.end) === next, "a search from its end misses the next", vma);
    expect(mm.tree.before(vma.start) === walk[position - 1], "the VMA below is another", vma);
  });
}

/** Every link of the VMAs, and that its anon_vma knows of it. */
function checkLinks(walk: readonly Vma[]): ReadonlySet<AnonVma> {
  const seen = new Set<AnonVma>();
  for (const vma of walk) {
    expect(
      new Set(vma.anonVmaChain).size === vma.anonVmaChain.length,
      "an anon_vma is twice in its chain",
      vma,
    );
    if (vma.anonVma === null) {
      expect(vma.anonVmaChain.length === 0, "links without an anon_vma", vma);
    } else {expect(
        vma.anonVmaChain.includes(vma.anonVma),
        "its anon_vma is not among its links",
        vma,
      );}
    for (const anonVma of vma.anonVmaChain) {
      expect(anonVma.vmas.has(vma), "an anon_vma of its chain does not list it", vma);
      expect(anonVma.root === vma.anonVmaChain[0]!.root, "its links belong to two trees", vma);
      seen.add(anonVma);
    }
  }
  return seen;
}

/** The links of anon_vmas, and the counts that depend on them. */
function checkUsers(seen: ReadonlySet<AnonVma>): void {
  for (const anonVma of seen) {
    let active = 0;
    for (const vma of anonVma.vmas) {
      expect(
        vma.anonVmaChain.includes(anonVma),
        "an anon_vma lists it, but is not in its chain",
        vma,
      );
      if (vma.anonVma === anonVma) active++;
    }
    const rule = `an anon_vma counts ${anonVma.activeVmas} VMAs of its own, but has ${active}`;
    expect(active === anonVma.activeVmas, rule);
  }
}

/** Sums by kind, made anew with the same rule that says which kind a VMA is. */
function checkTotals(mm: MemoryDescriptor, walk: readonly Vma[]): void {
  const sum = new MemoryDescriptor();
  for (const vma of walk) {
    const size = pages(vma.end - vma.start);
    account(sum, vma.flags, size);
    sum.committedPages += accountedPages(vma.flags, size);
  }
  const names = [
    "totalPages",
    "lockedPages",
    "dataPages",
    "executablePages",
    "stackPages",
    "committedPages",
  ] as const;
  for (const name of names) {
    expect(mm[name] === sum[name], `${name} is ${mm[name]}, but the VMAs have ${sum[name]}`);
  }
}
