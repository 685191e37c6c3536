/**
 * Random operations on a layout of VMAs: maps of memory and of files, private and shared, unmaps, changes of
 * protection, first writes, remaps, a heap that grows and shrinks, and forks, after which the child goes on. Ranges
 * often end where others do.
 *
 * @module
 */

import type { Random } from "../../random.ts";
import type { KernelRules } from "../../mm/rules/kernel_rules.ts";
import { type Operation, operation, Verb } from "../operation.ts";
import { DROPS_ACCOUNT, FILE_NUMBERS, MapFlag, RemapFlag, SPACE_NUMBERS } from "./operands.ts";

/** Bytes of a page. */
export const PAGE = 0x1000;

/** What every VMA but the heap has besides its protection: it may get all of them, and no memory is reserved for it. */
const COMMON_FLAGS = 0x20_0070;

/** The kernel's VM_SHARED and VM_MAYSHARE. */
const SHARED_FLAGS = 0x88;

/** The heap's: to be read and written, it may be all, and memory is reserved for it. */
const HEAP_FLAGS = 0x10_0073;

/** Where the heap begins, in pages of the layout, and how many it may have. */
const HEAP_FIRST = 340;
const HEAP_PAGES = 60;

/** Where the layouts lie, and how many pages they have. */
const BASE = 0x10_0000;
const PAGES = 400;

/** Operations on one layout. */
const LENGTH = 2_000;

/** Files that are mapped, from 1. Shared memory has the numbers after them. */
const FILES = 2;

/** Of so many operations one is a fork. */
const FORK_EVERY = 300;

/** Makes the operations of one layout. */
export function randomLayout(random: Random, rules: KernelRules): Operation[] {
  const layout = new Layout(random, rules);
  while (layout.operations.length < LENGTH) layout.add();
  return layout.operations;
}

class Layout {
  readonly operations: Operation[];
  readonly #random: Random;
  readonly #rules: KernelRules;
  readonly #mapped = new Uint8Array(PAGES);
  #files = FILES;
  #spaces = 0;

  constructor(random: Random, rules: KernelRules) {
    this.#random = random;
    this.#rules = rules;
    const heap = BASE + HEAP_FIRST * PAGE;
    this.operations = [operation(Verb.VMA_HEAP, heap, heap)];
  }

  add(): void {
    const random = this.#random;
    const first = random.below(PAGES);
    const long = random.chance(0.1) ? random.between(1, 80) : random.between(1, 6);
    const pages = Math.min(long, PAGES - first);
    const flags = COMMON_FLAGS | random.pick([0, 1, 3, 3, 3, 5]);
    if (random.below(FORK_EVERY) === 0) this.#fork();
    const kind = random.below(22);
    if (kind < 5) this.#map(operation(Verb.VMA_MAP, ...range(first, pages), flags));
    else if (kind === 20) this.#moveBreak();
    else if (kind === 21) this.#mapShared(first, pages, flags | SHARED_FLAGS);
    else if (kind < 8) this.#mapFile(first, pages, flags);
    else if (kind < 11) this.#unmap(first, pages);
    else if (kind < 14) this.#protect(first, pages, flags);
    else if (kind < 17) this.operations.push(operation(Verb.VMA_WRITE, BASE + first * PAGE));
    else this.#remap(first, pages);
  }

  #map(it: Operation): void {
    this.operations.push(it);
    this.#mapped.fill(1, Math.floor((it.a - BASE) / PAGE), (it.b - BASE) / PAGE);
  }

  /** Mostly the part of the file that lies at its place, so that neighbours continue one another. */
  #mapFile(first: number, pages: number, flags: number): void {
    const offset = this.#random.chance(0.8) ? first : this.#random.below(PAGES);
    const file = this.#random.between(1, FILES);
    const placed = offset * FILE_NUMBERS + file;
    const shared = this.#random.chance(0.2) ? SHARED_FLAGS : 0;
    this.#map(operation(Verb.VMA_MAP_FILE, ...range(first, pages), flags | shared, placed));
  }

  /** Shared memory: a file of its own each time. */
  #mapShared(first: number, pages: number, flags: number): void {
    const [start, end] = range(first, pages);
    this.#files++;
    this.#map(
      operation(Verb.VMA_MAP_FILE, start + MapFlag.SHARED_MEMORY, end, flags, this.#files),
    );
  }

  /** Grows or shrinks the heap, or tries to: something may be mapped where it would grow to. */
  #moveBreak(): void {
    const pages = this.#random.below(HEAP_PAGES);
    const end = BASE + (HEAP_FIRST + pages) * PAGE;
    this.operations.push(operation(Verb.VMA_BRK, end, HEAP_FLAGS));
    // Where it ended before only a model could tell.
    this.#mapped.fill(0, HEAP_FIRST);
  }

  /** The child goes on; the parent stays, and its VMAs take part in the anon_vmas of the child's. */
  #fork(): void {
    if (this.#spaces + 1 === SPACE_NUMBERS) return;
    this.#spaces++;
    this.operations.push(
      operation(Verb.VMA_FORK, this.#spaces),
      operation(Verb.VMA_SPACE, this.#spaces),
    );
  }

  #unmap(first: number, pages: number): void {
    this.operations.push(operation(Verb.VMA_UNMAP, ...range(first, pages)));
    this.#mapped.fill(0, first, first + pages);
  }

  /** Only where there is no hole. */
  #protect(first: number, pages: number, flags: number): void {
    if (this.#mapped.subarray(first, first + pages).includes(0)) return;
    const access = (flags & 7) | (this.#rules.readOnlyDropsAccount ? DROPS_ACCOUNT : 0);
    this.operations.push(operation(Verb.VMA_PROTECT, ...range(first, pages), access));
  }

  /** Grows or shrinks where it is, or moves, or has a copy elsewhere and stays empty. */
  #remap(first: number, pages: number): void {
    const random = this.#random;
    if (this.#mapped.subarray(first, first + pages).includes(0)) return;
    const isMove = random.chance(0.6);
    const target = isMove ? random.below(PAGES) : first;
    const wanted = random.chance(0.5) ? pages : random.between(1, 8);
    const length = Math.min(wanted, PAGES - target);
    const [newStart, newEnd] = range(target, length);
    const keeps = isMove && length === pages && random.chance(0.3) ? this.#keeping() : 0;
    this.operations.push(
      operation(Verb.VMA_REMAP, ...range(first, pages), newStart, newEnd + keeps),
    );
    // What is unmapped thereby only a model could tell: a range that is thought to be mapped may have holes.
    this.#mapped.fill(0, first, first + pages);
    this.#mapped.fill(0, target, target + length);
  }

  /** MREMAP_DONTUNMAP. What it does to accounted memory is no matter of vma.c, and differs. */
  #keeping(): number {
    const resets = this.#rules.dontUnmapResetsOffset ? RemapFlag.RESETS_OFFSET : 0;
    return RemapFlag.KEEPS | RemapFlag.SPARES_ACCOUNTED | resets;
  }
}

/** First byte, and the first after it. */
function range(first: number, pages: number): [number, number] {
  return [BASE + first * PAGE, BASE + (first + pages) * PAGE];
}
