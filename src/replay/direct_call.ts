/**
 * Recorded calls as data: what a replay that compares nothing does without a closure, without checking again that
 * arguments are numbers, and without an error object for a call that is refused.
 *
 * @module
 */

import * as answers from "../mm/answers.ts";
import type { MmapRequest } from "../mm/calls/mmap.ts";
import type { MemoryDescriptor } from "../mm/memory_descriptor.ts";

// The file's own, as V8 looks imported names up at each use.
const {
  answerBrk,
  answerMadvise,
  answerMlock,
  answerMmap,
  answerMprotect,
  answerMseal,
  answerMsync,
  answerMunlock,
  answerMunmap,
} = answers;

/** The calls that are done so. */
export type DirectName =
  | "mmap"
  | "munmap"
  | "mprotect"
  | "brk"
  | "madvise"
  | "mlock"
  | "munlock"
  | "mseal"
  | "msync";

/** Their numbers: V8 picks one of several by a number at once. */
const NUMBERS: Readonly<Record<DirectName, number>> = {
  mmap: 0,
  munmap: 1,
  mprotect: 2,
  brk: 3,
  madvise: 4,
  mlock: 5,
  munlock: 6,
  mseal: 7,
  msync: 8,
};

/** What a call of mmap has beyond a range. */
export interface Mapping {
  /** What is asked for. */
  readonly request: MmapRequest;
  /** See {@linkcode DirectCall.end}. */
  readonly end: number;
}

const NO_MAPPING: Mapping = { request: { length: 0, protection: 0, flags: 0 }, end: 0 };

/** One call with its arguments; all have the same fields. */
export class DirectCall {
  /** Which call. */
  readonly number: number;
  /** Its address. */
  readonly address: number;
  /** Its length. */
  readonly length: number;
  /** Its third argument. */
  readonly third: number;
  /** Of mmap: what is asked for. */
  readonly request: MmapRequest;
  /** Of mmap: where what the kernel placed ends, for {@linkcode adoptBase}; 0 if the program chose the place. */
  readonly end: number;

  /** A call whose arguments are numbers that the model takes: see {@linkcode directCall}. */
  constructor(
    name: DirectName,
    address: number,
    length: number,
    third: number,
    { request, end }: Mapping = NO_MAPPING,
  ) {
    this.number = NUMBERS[name];
    this.address = address;
    this.length = length;
    this.third = third;
    this.request = request;
    this.end = end;
  }
}

/** No kernel begins to place as low as this part of the user's addresses. */
const LOWEST_BASE = 1 / 8;

/**
 * Where placement begins, the recorder takes from what lies there after an exec. Old kernels put nothing there for a
 * static program; then the first address that the kernel chooses tells, by where what it placed there ends.
 *
 * @param end where that ends, 0 if the program chose the place
 */
export function adoptBase(mm: MemoryDescriptor, end: number): void {
  if (end === 0 || mm.mmapBase >= mm.taskSize * LOWEST_BASE || mm.legacyLayout) return;
  mm.mmapBase = end;
}

/** The call as data; undefined if the model refuses one of its arguments as no number, with an error of its own. */
export function directCall(
  name: DirectName,
  address: number,
  length: number,
  third: number,
  mapping?: Mapping,
): DirectCall | undefined {
  const request = mapping?.request;
  const counts = [address, length, request?.offset ?? 0];
  if (!counts.every((it) => Number.isSafeInteger(it) && it >= 0)) return;
  const flags = [third, request?.protection ?? 0, request?.flags ?? 0];
  if (!flags.every(Number.isSafeInteger)) return;
  return new DirectCall(name, address, length, third, mapping);
}

/**
 * Does a call.
 *
 * @returns its result, or the errno below 0
 * @throws {MmError} as the functions of `mm/answers.ts`
 */
export function perform(mm: MemoryDescriptor, call: DirectCall): number {
  const { address, length, third } = call;
  switch (call.number) {
    case 0:
      adoptBase(mm, call.end);
      return answerMmap(mm, call.request);
    case 1:
      return answerMunmap(mm, address, length);
    case 2:
      return answerMprotect(mm, address, length, third);
    case 3:
      return answerBrk(mm, address);
    case 4:
      return answerMadvise(mm, address, length, third);
    case 5:
      return answerMlock(mm, address, length, third);
    case 6:
      return answerMunlock(mm, address, length);
    case 7:
      return answerMseal(mm, address, length, third);
    default:
      return answerMsync(mm, address, length, third);
  }
}
