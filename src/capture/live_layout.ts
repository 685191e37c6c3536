/**
 * The layout of an address space as the records so far show it, changed in place: what a call costs does not depend on
 * how many VMAs there are.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";
import { hasFlag } from "./layout.ts";

/** VMAs, and which of them may yet be written to for the first time, or grow. */
export class LiveLayout {
  #lines: MapLine[];
  #unwritten: MapLine[] = [];
  #stacks: MapLine[] = [];

  /** Starts with VMAs in ascending order. */
  constructor(lines: readonly MapLine[]) {
    this.#lines = [...lines];
    this.#classify();
  }

  /** All VMAs, ascending. They change with the next call; a record takes a copy. */
  get lines(): readonly MapLine[] {
    return this.#lines;
  }

  /** The private VMAs that a program may write to and, as far as is known, has not, ascending. */
  get unwritten(): readonly MapLine[] {
    return this.#unwritten;
  }

  /** The VMAs that grow down, ascending. */
  get stacks(): readonly MapLine[] {
    return this.#stacks;
  }

  /** Index of the first VMA that ends after an address. O(log n). */
  indexFrom(address: number): number {
    return indexFrom(this.#lines, address);
  }

  /** True if a file is mapped somewhere in a range. */
  hasFile(start: number, length: number): boolean {
    for (let i = this.indexFrom(start); i < this.#lines.length; i++) {
      if (this.#lines[i]!.start >= start + length) return false;
      if (this.#lines[i]!.inode !== 0) return true;
    }
    return false;
  }

  /** Puts other VMAs in the place of those with index `first` to `end`, exclusive. */
  replace(first: number, end: number, lines: readonly MapLine[]): void {
    for (let i = first; i < end; i++) this.#withdraw(this.#lines[i]!);
    if (lines.length < 1000) this.#lines.splice(first, end - first, ...lines);
    else this.#lines = [...this.#lines.slice(0, first), ...lines, ...this.#lines.slice(end)];
    for (const line of lines) this.#enlist(line);
  }

  /** Puts other VMAs in the place of all. */
  replaceAll(lines: readonly MapLine[]): void {
    this.#lines = [...lines];
    this.#classify();
  }

  /** Puts a VMA that differs from one of the layout in its start or in having been written to in its place. */
  update(old: MapLine, now: MapLine): void {
    const at = this.indexFrom(old.start);
    this.replace(at, at + 1, [now]);
  }

  #classify(): void {
    this.#unwritten = this.#lines.filter(mayBeWritten);
    this.#stacks = this.#lines.filter(growsDown);
  }

  #withdraw(line: MapLine): void {
    if (mayBeWritten(line)) remove(this.#unwritten, line);
    if (growsDown(line)) remove(this.#stacks, line);
  }

  #enlist(line: MapLine): void {
    if (mayBeWritten(line)) insert(this.#unwritten, line);
    if (growsDown(line)) insert(this.#stacks, line);
  }
}

/** Index of the first of ascending ranges that ends after an address. */
export function indexFrom(lines: readonly { readonly end: number }[], address: number): number {
  let low = 0, high = lines.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (lines[middle]!.end > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Pages of hugetlbfs do not count as anonymous ones. */
function mayBeWritten(line: MapLine): boolean {
  const { permissions, written } = line;
  return written !== true && permissions[1] === "w" && permissions[3] === "p" &&
    !hasFlag(line, "ht");
}

function growsDown(line: MapLine): boolean {
  return hasFlag(line, "gd");
}

function remove(lines: MapLine[], line: MapLine): void {
  lines.splice(indexFrom(lines, line.start), 1);
}

function insert(lines: MapLine[], line: MapLine): void {
  lines.splice(indexFrom(lines, line.start), 0, line);
}
