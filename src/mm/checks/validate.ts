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
 * One walk meets each VMA and checks what can be told of it, a second one what its anon_vmas say; neither takes
 * anything from the heap for a VMA.
 *
 * @module
 */

import * as arithmetic from "../../tree/arithmetic.ts";
import * as cursors from "../../tree/cursor.ts";
import { poolOf } from "../../tree/maple_tree.ts";
import * as layout from "../../tree/node_layout.ts";
import * as navigate from "../../tree/navigate.ts";
import * as accounting from "../vma/accounting.ts";
import { MmInvariantError } from "../error.ts";
import * as page from "../../abi/page.ts";
import { MemoryDescriptor } from "../memory_descriptor.ts";
import { validatePages } from "./validate_pages.ts";
import type { AnonVma, Vma } from "../vma.ts";

// What is used for every VMA is the file's own: V8 looks imported names up each time.
const { following } = arithmetic;
const { Cursor } = cursors;
const { MAX_INDEX } = layout;
const { find, next } = navigate;
const { account, accountedPages } = accounting;
const { isPageAligned, pages } = page;

/**
 * Checks everything. O(n log n).
 *
 * @throws {MmInvariantError} naming the rule and the VMA
 * @throws {InvariantError} from the tree's own validation
 */
export function validate(mm: MemoryDescriptor): void {
  validateOwn(mm);
  checkUsers(mm);
}

/**
 * Checks everything but the far side of anon_vma links: what other processes' VMAs hang on. O(n log n), however many
 * processes were forked from this one.
 *
 * @throws {MmInvariantError} naming the rule and the VMA
 * @throws {InvariantError} from the tree's own validation
 */
export function validateOwn(mm: MemoryDescriptor): void {
  mm.tree.validateTree();
  const sums = emptySums();
  const walked = checkVmas(mm, sums);
  if (walked !== mm.tree.mapCount) {
    broken(`mapCount is ${mm.tree.mapCount}, but a walk meets ${walked} VMAs`);
  }
  checkTotals(mm, sums);
  if (mm.pageTable !== null) validatePages(mm, mm.pageTable);
}

function broken(rule: string, vma?: Vma): never {
  throw new MmInvariantError(rule, vma);
}

/** Checks the VMAs by a linear walk, and adds them up; gives their number. */
function checkVmas(mm: MemoryDescriptor, sums: MemoryDescriptor): number {
  const { tree, taskSize } = mm;
  const pool = poolOf(tree.tree);
  const cursor = new Cursor(pool, 0, 0, undefined);
  let previous: Vma | undefined;
  let walked = 0;
  let vma = pool.decode(find(cursor, MAX_INDEX));
  if (tree.findVma(0) !== vma) broken("a search from 0 does not find the first VMA");
  while (vma !== undefined) {
    if (vma.start !== following(cursor.before)) {
      broken("start is not the index under which the tree holds it", vma);
    }
    if (vma.end !== following(cursor.last)) {
      broken("end is not the last index under which the tree holds it", vma);
    }
    checkBounds(vma, previous === undefined ? 0 : previous.end, taskSize);
    const fault = tree.lookUpFault(vma, previous);
    if (fault !== undefined) broken(fault, vma);
    checkLinks(vma);
    const size = pages(vma.end - vma.start);
    account(sums, vma.flags, size);
    sums.committedPages += accountedPages(vma.flags, size);
    walked++;
    previous = vma;
    vma = pool.decode(next(cursor, MAX_INDEX));
  }
  if (previous !== undefined && tree.findVma(previous.end) !== undefined) {
    broken("a search from its end misses the next", previous);
  }
  return walked;
}

/** The rules that can be told from a VMA alone and from where the one below ends. */
function checkBounds(vma: Vma, below: number, taskSize: number): void {
  const { start, end, pageOffset } = vma;
  if (start >= end) broken("it is empty", vma);
  if (!isPageAligned(start) || !isPageAligned(end)) broken("it is not page-aligned", vma);
  if (start < below) broken("it overlaps the one below", vma);
  if (end > taskSize) broken("it ends beyond the user's addresses", vma);
  if (!Number.isSafeInteger(pageOffset)) broken("its page offset is no whole number", vma);
  if (pageOffset < 0) broken("its page offset is negative", vma);
}

/** Every link of a VMA, and that its anon_vma knows of it. */
function checkLinks(vma: Vma): void {
  const { anonVma, anonVmaChain } = vma;
  const { length } = anonVmaChain;
  if (length === 0) {
    if (anonVma !== null) broken("its anon_vma is not among its links", vma);
    return;
  }
  const { root } = anonVmaChain[0]!;
  let isOwnAmong = false;
  for (let i = 0; i < length; i++) {
    const linked = anonVmaChain[i]!;
    for (let j = 0; j < i; j++) {
      if (anonVmaChain[j] === linked) broken("an anon_vma is twice in its chain", vma);
    }
    if (!linked.vmas.has(vma)) broken("an anon_vma of its chain does not list it", vma);
    if (linked.root !== root) broken("its links belong to two trees", vma);
    if (linked === anonVma) isOwnAmong = true;
  }
  if (anonVma === null) broken("links without an anon_vma", vma);
  if (!isOwnAmong) broken("its anon_vma is not among its links", vma);
}

/** How often anon_vmas were checked: each is marked with the number of the check that met it. */
let checks = 0;

/** The links of all anon_vmas that are met, and the counts that depend on them. */
function checkUsers(mm: MemoryDescriptor): void {
  const check = ++checks;
  const pool = poolOf(mm.tree.tree);
  const cursor = new Cursor(pool, 0, 0, undefined);
  for (
    let vma = pool.decode(find(cursor, MAX_INDEX));
    vma !== undefined;
    vma = pool.decode(next(cursor, MAX_INDEX))
  ) {
    const { anonVmaChain } = vma;
    for (let i = 0; i < anonVmaChain.length; i++) {
      const anonVma = anonVmaChain[i]!;
      if (anonVma.check === check) continue;
      anonVma.check = check;
      checkUsersOf(anonVma);
    }
  }
}

function checkUsersOf(anonVma: AnonVma): void {
  let active = 0;
  for (const vma of anonVma.vmas) {
    if (!vma.anonVmaChain.includes(anonVma)) {
      broken("an anon_vma lists it, but is not in its chain", vma);
    }
    if (vma.anonVma === anonVma) active++;
  }
  if (active === anonVma.activeVmas) return;
  broken(`an anon_vma counts ${anonVma.activeVmas} VMAs of its own, but has ${active}`);
}

/** What sums are made in: an address space, as the calls count into one, kept for all checks. */
let kept: MemoryDescriptor | undefined;

const SUMS = [
  "totalPages",
  "lockedPages",
  "dataPages",
  "executablePages",
  "stackPages",
  "committedPages",
] as const;

function emptySums(): MemoryDescriptor {
  const sums = kept ??= new MemoryDescriptor();
  sums.totalPages = sums.lockedPages = sums.dataPages = 0;
  sums.executablePages = sums.stackPages = sums.committedPages = 0;
  return sums;
}

/** Sums by kind, made anew with the same rule that says which kind a VMA is. */
function checkTotals(mm: MemoryDescriptor, sums: MemoryDescriptor): void {
  const isRight = mm.totalPages === sums.totalPages && mm.lockedPages === sums.lockedPages &&
    mm.dataPages === sums.dataPages && mm.executablePages === sums.executablePages &&
    mm.stackPages === sums.stackPages && mm.committedPages === sums.committedPages;
  if (isRight) return;
  for (const name of SUMS) {
    if (mm[name] !== sums[name]) {
      broken(`${name} is ${mm[name]}, but the VMAs have ${sums[name]}`);
    }
  }
}
