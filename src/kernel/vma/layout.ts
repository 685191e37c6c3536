/**
 * Random operations on a layout of VMAs: maps of anonymous memory and of files, unmaps, changes of protection, first
 * writes and remaps, whose ranges often end where others do.
 *
 * @module
 */

import type { Random } from "../../random.ts";
import { type Operation, operation, Verb } from "../operation.ts";

/** Bytes of a page. */
export const PAGE = 0x1000;

/** What every VMA has besides its protection: it may get all of them, and no memory is reserved for it. */
export const COMMON_FLAGS = 0x20_0070;

/** Where the layouts lie, and how many pages they have. */
const BASE = 0x10_0000;
const PAGES = 400;

/** Operations on one layout. */
const LENGTH = 2_000;

/** Files that are mapped, from 1. */
const FILES = 2;

/** Makes the operations of one layout. */
export function randomLayout(random: Random): Operation[] {
  const layout = new Layout(random);
  while (layout.operations.length < LENGTH) layout.add();
  return layout.operations;
}

class Layout {
  readonly operations: Operation[] = [];
  readonly #random: Random;
  readonly #mapped = new Uint8Array(PAGES);

  constructor(random: Random) {
    this.#random = random;
  }

  add(): void {
    const random = this.#random;
    const first = random.below(PAGES);
    const long = random.chance(0.1) ? random.between(1, 80) : random.between(1, 6);
    const pages = Math.min(long, PAGES - first);
    const flags = COMMON_FLAGS | random.pick([0, 1, 3, 3, 3, 5]);
    const kind = random.below(20);
    if (kind < 5) this.#map(operation(Verb.VMA_MAP, ...range(first, pages), flags));
    else if (kind < 8) this.#mapFile(first, pages, flags);
    else if (kind < 11) this.#unmap(first, pages);
    else if (kind < 14) this.#protect(first, pages, flags);
    else if (kind < 17) this.operations.push(operation(Verb.VMA_WRITE, BASE + first * PAGE));
    else this.#remap(first, pages);
  }

  #map(it: Operation): void {
    this.operations.push(it);
    this.#mapped.fill(1, (it.a - BASE) / PAGE, (it.b - BASE) / PAGE);
  }

  /** Mostly the part of the file that lies at its place, so that neighbours continue one another. */
  #mapFile(first: number, pages: number, flags: number): void {
    const offset = this.#random.chance(0.8) ? first : this.#random.below(PAGES);
    const file = this.#random.between(1, FILES);
    const placed = offset * 0x100 + file;
    this.#map(operation(Verb.VMA_MAP_FILE, ...range(first, pages), flags, placed));
  }

  #unmap(first: number, pages: number): void {
    this.operations.push(operation(Verb.VMA_UNMAP, ...range(first, pages)));
    this.#mapped.fill(0, first, first + pages);
  }

  /** Only where there is no hole. */
  #protect(first: number, pages: number, flags: number): void {
    if (this.#mapped.subarray(first, first + pages).includes(0)) return;
    this.operations.push(operation(Verb.VMA_PROTECT, ...range(first, pages), flags));
  }

  /** Grows or shrinks where it is, or moves. */
  #remap(first: number, pages: number): void {
    const random = this.#random;
    if (this.#mapped.subarray(first, first + pages).includes(0)) return;
    const isMove = random.chance(0.6);
    const target = isMove ? random.below(PAGES) : first;
    const wanted = random.chance(0.5) ? pages : random.between(1, 8);
    const length = Math.min(wanted, PAGES - target);
    this.operations.push(
      operation(Verb.VMA_REMAP, ...range(first, pages), ...range(target, length)),
    );
    // What is unmapped thereby only a model could tell: a range that is thought to be mapped may have holes.
    this.#mapped.fill(0, first, first + pages);
    this.#mapped.fill(0, target, target + length);
  }
}

/** First byte, and the first after it. */
function range(first: number, pages: number): [number, number] {
  return [BASE + first * PAGE, BASE + (first + pages) * PAGE];
}
