/**
 * The calls that are to take nothing from the JavaScript heap, and the memory that they are about.
 *
 * @module
 */

import * as answers from "../../src/mm/answers.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { MADV, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../src/abi/mman.ts";

/** Calls a round. */
export const CALLS = 20_000;
/** A byte a call; a single number on the heap for each call would be 16. */
export const LIMIT: number = CALLS;

const MS_SYNC = 4;
const VMAS = 60;
const LENGTH = 0x4000;

const mm = new AddressSpace({ mmapBase: 0x7fff_0000_0000 });
/** Where each VMA begins. A map keeps its numbers as objects on the heap: to take one out and pass it on makes none. */
export const starts = new Map<number, number>();
for (let i = 0; i < VMAS; i++) {
  const protection = i % 2 === 0 ? PROT_READ : PROT_READ | PROT_WRITE;
  starts.set(i, mm.mmap({ length: LENGTH, protection, flags: MAP_PRIVATE | MAP_ANONYMOUS }));
}

const { descriptor } = mm;
/** By start: an address where no page begins, and one where nothing is mapped. */
const odd = new Map<number, number>();
const holes = new Map<number, number>();
for (const start of starts.values()) {
  odd.set(start, start + 8);
  holes.set(start, start - 0x10_0000_0000);
}
const EMPTY = { length: 0, protection: PROT_READ, flags: MAP_PRIVATE | MAP_ANONYMOUS };
const PROTECTION = PROT_READ | PROT_WRITE;

/** Calls that look, or change nothing. */
export const CASES: Readonly<Record<string, (start: number) => void>> = {
  findVma: (start) => mm.findVma(start),
  msync: (start) => mm.msync(start, LENGTH, MS_SYNC),
  "mlock of nothing": (start) => mm.mlock(start, 0),
  "madvise about pages": (start) => mm.madvise(start, LENGTH, MADV.DONTNEED),
  "brk to where it is": () => mm.brk(0),
};

/** Calls that are refused, and with which errno. */
export const REFUSED: Readonly<Record<string, [errno: number, call: (start: number) => number]>> = {
  "munmap where no page begins": [
    22,
    (start) => answers.answerMunmap(descriptor, odd.get(start)!, LENGTH),
  ],
  "munmap of an empty range": [22, (start) => answers.answerMunmap(descriptor, start, 0)],
  "mmap of nothing": [22, () => answers.answerMmap(descriptor, EMPTY)],
  "mprotect of a hole": [
    12,
    (start) => answers.answerMprotect(descriptor, holes.get(start)!, LENGTH, PROTECTION),
  ],
  "madvise on a hole": [
    12,
    (start) => answers.answerMadvise(descriptor, holes.get(start)!, LENGTH, MADV.DONTNEED),
  ],
  "unknown advice": [22, (start) => answers.answerMadvise(descriptor, start, LENGTH, 99)],
  "mseal of a hole": [12, (start) => answers.answerMseal(descriptor, holes.get(start)!, LENGTH, 0)],
  "msync of a hole": [
    12,
    (start) => answers.answerMsync(descriptor, holes.get(start)!, LENGTH, MS_SYNC),
  ],
};
