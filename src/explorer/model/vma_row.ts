/**
 * One address space at one moment, as data: nothing here changes when the model goes on.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import { PAGE_SIZE } from "../../abi/page.ts";
import type { Vma } from "../../mm/vma.ts";
import {
  formatPermissions,
  formatVmFlags,
  VM_EXEC,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  type VmFlags,
} from "../../mm/vm_flags.ts";
import type { Engine } from "./link.ts";

/** What a VMA is, for its colour and its pattern. */
export type VmaKind =
  | "heap"
  | "stack"
  | "text"
  | "data"
  | "anonymous"
  | "shared"
  | "guard"
  | "kernel";

/** One entry of the tree and the VMA that it stands for. */
export interface VmaRow {
  /** Tells the VMAs of a view apart: two rows with the same number are one VMA. */
  readonly identity: number;
  /** The range under which the tree holds it, inclusive. */
  readonly first: number;
  /** Its last index; below `first` in a stale slot. */
  readonly last: number;
  /** What the VMA says of itself: first byte. */
  readonly start: number;
  /** First byte after it. */
  readonly end: number;
  readonly permissions: string;
  readonly flags: VmFlags;
  readonly vmFlags: string;
  /** Pages. */
  readonly pageOffset: number;
  /** Bytes, of a file. */
  readonly offset: number;
  readonly device: string;
  readonly inode: number;
  readonly name: string;
  readonly kind: VmaKind;
  /** It has been written to: it has an anon_vma. */
  readonly written: boolean;
}

/** One address space at one moment. */
export interface SpaceView {
  /** By address, as a walk over the tree meets them. */
  readonly rows: readonly VmaRow[];
  readonly mapCount: number;
  readonly limit: number;
  /** Bytes mapped. */
  readonly bytes: number;
}

/** VMAs that are kept beyond those of one address space. */
const MOST_KEPT = 1000;

/**
 * Rows by VMA: of thousands few change in a step, and the rest is not made anew. A VMA keeps its number as long as the
 * cache knows it.
 */
export class Rows {
  readonly #rows = new Map<Vma, VmaRow>();
  #made = 0;
  #largest = 0;

  /** Before a view is made: forgets VMAs that are no more, once there are many. Within a view, numbers must stay. */
  begin(): void {
    if (this.#rows.size > 2 * this.#largest + MOST_KEPT) this.#rows.clear();
  }

  /** The row of a VMA that the tree holds under `first … last`. */
  of(engine: Engine, space: AddressSpace, vma: Vma, first: number, last: number): VmaRow {
    if (space.mapCount > this.#largest) this.#largest = space.mapCount;
    const known = this.#rows.get(vma);
    const name = engine.vmaName(space.descriptor, vma);
    if (known !== undefined && isUpToDate(known, vma, name, first, last)) return known;
    const row = makeRow(engine, vma, name, first, last, known?.identity ?? ++this.#made);
    this.#rows.set(vma, row);
    return row;
  }

  /** The row that was made last for a VMA. */
  known(vma: Vma): VmaRow | undefined {
    return this.#rows.get(vma);
  }
}

function isUpToDate(row: VmaRow, vma: Vma, name: string, first: number, last: number): boolean {
  return row.first === first && row.last === last && row.start === vma.start &&
    row.end === vma.end && row.flags === vma.flags && row.name === name &&
    row.written === (vma.anonVma !== null) && row.pageOffset === vma.pageOffset;
}

/** Entries that a walk over a broken tree may meet beyond `mapCount` before it is cut off. */
const MOST_EXTRA = 1000;

/** One entry of the tree: its range, inclusive, and what it stands for. */
export interface TreeEntry {
  readonly first: number;
  readonly last: number;
  readonly vma: Vma;
}

/**
 * Walks over the entries of a tree that may be broken: so far as that comes to an end.
 *
 * @returns why the walk broke off, undefined if it did not
 */
export function walkEntries(
  space: AddressSpace,
  visit: (entry: TreeEntry) => void,
): string | undefined {
  let left = space.mapCount + MOST_EXTRA;
  try {
    for (const entry of space.descriptor.tree.ranges()) {
      if (left-- <= 0) return "a walk over the tree does not end";
      visit(entry);
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `a walk over the tree fails: ${error.message}`;
  }
  return undefined;
}

/** Reads an address space. O(VMAs). */
export function readSpace(engine: Engine, space: AddressSpace, cache: Rows): SpaceView {
  const mm = space.descriptor;
  const rows: VmaRow[] = [];
  walkEntries(space, ({ first, last, vma }) => {
    rows.push(cache.of(engine, space, vma, first, last));
  });
  const bytes = mm.totalPages * PAGE_SIZE;
  return { rows, mapCount: space.mapCount, limit: mm.maxMapCount, bytes };
}

function makeRow(
  engine: Engine,
  vma: Vma,
  name: string,
  first: number,
  last: number,
  identity: number,
): VmaRow {
  return {
    identity,
    first,
    last,
    start: vma.start,
    end: vma.end,
    ...flagTexts(vma.flags),
    flags: vma.flags,
    pageOffset: vma.pageOffset,
    offset: engine.fileOffset(vma),
    device: vma.file?.device ?? "00:00",
    inode: vma.file?.inode ?? 0,
    name,
    kind: kindOf(vma, name),
    written: vma.anonVma !== null,
  };
}

interface FlagTexts {
  readonly permissions: string;
  readonly vmFlags: string;
}

/** Programs have few sets of flags and thousands of VMAs. */
const texts = new Map<VmFlags, FlagTexts>();

function flagTexts(flags: VmFlags): FlagTexts {
  let known = texts.get(flags);
  if (known === undefined) {
    known = { permissions: formatPermissions(flags), vmFlags: formatVmFlags(flags) };
    texts.set(flags, known);
  }
  return known;
}

function kindOf(vma: Vma, name: string): VmaKind {
  const { flags } = vma;
  if (vma.special !== null) return "kernel";
  if (!(flags & (VM_READ | VM_WRITE | VM_EXEC))) return "guard";
  if (name === "[heap]") return "heap";
  if (name === "[stack]") return "stack";
  if (flags & VM_SHARED) return "shared";
  if (vma.file === null) return "anonymous";
  return flags & VM_EXEC ? "text" : "data";
}

/** Whether the tree holds a VMA where it says it is. */
export function isMisplaced(row: VmaRow): boolean {
  return row.first !== row.start || row.last !== row.end - 1;
}
