/**
 * What may be mapped in a process of which a text shows only some calls.
 *
 * Every address is one of three: mapped, as far as the text shows it; free, because a call that it shows unmapped it,
 * or because nothing has had time to be mapped there since exec; or unknown. Here the unknown counts as mapped, so that
 * the model's own rules of placement only find places that are free for certain.
 *
 * A kernel that places downwards takes the highest gap that fits. So each place that it chose says of the unknown above
 * it that no gap there was as long: these are the facts from which later places can be foretold.
 *
 * @module
 */

import { HUGE_PAGE_SIZE, PAGE_SIZE, pageAlignDown, pageAlignUp } from "../../abi/page.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../abi/mman.ts";
import { AddressSpace } from "../../mm/address_space.ts";
import { NOWHERE, place } from "../../mm/vma/placement.ts";
import type { MappedFile } from "../../mm/vma.ts";
import { vmaIn } from "./vma_in.ts";

/** First address that no program of any machine that the model holds can have, bytes. */
export const HIGHEST_ADDRESS: number = 2 ** 52;

/** Where user addresses end on the machines that there are, bytes: 32 bits (3 and 4 GiB), 39, 42, 47, 48, 52. */
const TASK_SIZES = [0xc000_0000, 2 ** 32, 2 ** 39, 2 ** 42, 2 ** 47, 2 ** 48, 2 ** 52];
/** Below this part of the user's addresses a place was not chosen downwards from the stack. */
const TOP_QUARTER = 0.75;
/** As many facts are kept; the oldest goes first. */
const FACTS = 32;

const ALIGNED: MappedFile = {
  name: "",
  device: "00:00",
  inode: 0,
  readable: true,
  writable: true,
  hugeAligned: true,
};
const PLAIN: MappedFile = { ...ALIGNED, hugeAligned: false };

/** No gap of `length` bytes or more lies in the unknown above `above`. */
interface Fact {
  readonly above: number;
  readonly length: number;
}

/** What a new mapping needs. */
export interface Wanted {
  /** Bytes, whole pages, at least one. */
  readonly length: number;
  /** True if it is to begin on a huge page, see `placement.ts`. */
  readonly aligned: boolean;
  /** Offset in its file, bytes. */
  readonly offset: number;
}

/** What may be mapped in one address space. */
export class Occupied {
  readonly #space: AddressSpace;
  /** True while all below the first place is known, as nothing has run there before. */
  #isNew: boolean;
  #isAnchored = false;
  #isForgotten = false;
  #facts: Fact[] = [];
  /** Ends of gaps, as the kernel showed them by where it placed. */
  readonly #tops = new Set<number>();

  private constructor(space: AddressSpace, isNew: boolean) {
    this.#space = space;
    this.#isNew = isNew;
  }

  /** Of a program that has just begun (`isNew`), or of one about which nothing is known. */
  static unknown(isNew: boolean): Occupied {
    const space = new AddressSpace({
      taskSize: HIGHEST_ADDRESS,
      mmapBase: HIGHEST_ADDRESS,
      mmapMinAddress: 0,
    });
    const occupied = new Occupied(space, isNew);
    occupied.map(PAGE_SIZE, HIGHEST_ADDRESS);
    return occupied;
  }

  /**
   * Of a layout that is known as a whole. Where placement begins is not: of what lies above the highest VMA that is
   * not the stack's or the vdso's nothing is known.
   */
  static ofLayout(lines: readonly { start: number; end: number; name: string }[]): Occupied {
    const occupied = Occupied.unknown(true);
    const top = lines.findLast(({ name }) => !/^\[(stack|vdso|vvar|vsyscall)/.test(name))?.end ?? 0;
    if (top < TOP_QUARTER * taskSizeAbove(top)) return Occupied.unknown(false);
    occupied.unmap(PAGE_SIZE, top);
    for (const { start, end } of lines) occupied.map(start, end);
    occupied.#isAnchored = true;
    return occupied;
  }

  /** The child's after a fork. */
  fork(): Occupied {
    const child = new Occupied(this.#space.fork(), this.#isNew);
    child.#isAnchored = this.#isAnchored;
    child.#facts = [...this.#facts];
    for (const top of this.#tops) child.#tops.add(top);
    return child;
  }

  /** Something is mapped there. */
  map(start: number, end: number): void {
    const first = pageAlignDown(start), last = pageAlignUp(end);
    if (first < 0 || last > HIGHEST_ADDRESS || first >= last) return;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    this.#space.mmap({ address: first, length: last - first, protection: 0, flags });
  }

  /** Nothing is mapped there. */
  unmap(start: number, end: number): void {
    const first = pageAlignUp(start), last = pageAlignDown(end);
    if (first < 0 || last > HIGHEST_ADDRESS || first >= last) return;
    this.#isForgotten = false;
    this.#space.munmap(first, last - first);
  }

  /** Nothing of what was known holds any longer. */
  forget(): void {
    if (this.#isForgotten) return;
    this.map(PAGE_SIZE, HIGHEST_ADDRESS);
    this.#isNew = false;
    this.#facts = [];
    this.#tops.clear();
    this.#isForgotten = true;
  }

  /** Part of what was unknown was unmapped: how far the gap reaches that there now is, is not known. */
  disturb(): void {
    this.#isNew = false;
  }

  /** True if nothing is mapped there for certain. */
  isFree(start: number, end: number): boolean {
    return vmaIn(this.#space, start, end) === undefined;
  }

  /**
   * Where the kernel would place a mapping.
   *
   * @param isMapped tells whether an address is mapped for certain
   * @returns undefined if it cannot be known
   */
  foretell(wanted: Wanted, isMapped: (address: number) => boolean): number | undefined {
    const found = this.#place(wanted);
    if (found === NOWHERE) return undefined;
    // How far up the gap goes must be known, or it may go on into the unknown.
    const gapEnd = this.#space.findVma(found + wanted.length)?.start;
    if (gapEnd === undefined || !(this.#tops.has(gapEnd) || isMapped(gapEnd))) return undefined;
    const needed = wanted.length + (wanted.aligned ? HUGE_PAGE_SIZE : 0);
    const isHighest = (fact: Fact) => fact.length <= needed && (this.#isNew || fact.above <= found);
    if (!this.#facts.some(isHighest)) return undefined;
    return this.#isNew || this.#isHighestGap(gapEnd) ? found : undefined;
  }

  /** The kernel chose this place. */
  learn(address: number, wanted: Wanted): void {
    this.#isForgotten = false;
    // A place so low was not chosen downwards from the stack: it tells nothing of what lies above.
    if (address < TOP_QUARTER * taskSizeAbove(address)) {
      this.#isNew = false;
      return;
    }
    if (this.#isNew && !this.#isAnchored) this.#anchor(address, wanted);
    const length = wanted.length + (wanted.aligned ? HUGE_PAGE_SIZE : 0);
    this.#facts = this.#facts.filter((fact) => fact.above < address || fact.length < length);
    this.#facts.push({ above: address, length });
    if (this.#facts.length > FACTS) this.#facts.shift();
    if (!wanted.aligned) this.#tops.add(address + wanted.length);
  }

  /** The first place in a new program: everything below it is free, down to the program and its heap. */
  #anchor(address: number, wanted: Wanted): void {
    this.#isAnchored = true;
    const lowest = TOP_QUARTER * taskSizeAbove(address);
    this.unmap(pageAlignUp(lowest), address + wanted.length);
  }

  #place({ length, aligned, offset }: Wanted): number {
    const file = aligned ? ALIGNED : PLAIN;
    return place(this.#space.descriptor, 0, length, 0, file, offset);
  }

  /** Whether no gap of a page or more is known above a gap that ends there. */
  #isHighestGap(end: number): boolean {
    return this.#place({ length: PAGE_SIZE, aligned: false, offset: 0 }) < end;
  }
}

/** Where the user's addresses end on the smallest machine that has the address. */
function taskSizeAbove(address: number): number {
  return TASK_SIZES.find((size) => address < size) ?? HIGHEST_ADDRESS;
}
