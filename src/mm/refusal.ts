/**
 * How a call is refused without an error object.
 *
 * A call answers as the kernel's own do: with its result, or with its errno below 0. Why it was refused stands in its
 * address space then, until the next refusal, and an {@linkcode MmError} is made of it only where a caller wants one:
 * a program that is replayed, or that asks for what it cannot have again and again, takes nothing from the heap for it.
 *
 * What lies deeper than a call, a split that would pass max_map_count or memory that runs out, throws the error itself.
 *
 * @module
 */

import { ERRNO, type Errno } from "../abi/errno.ts";
import { cannot, type MmError } from "./error.ts";

/** The last refusal of an address space. */
export class Refusal {
  /** The error. */
  code: Errno = "EINVAL";
  /** Why, for the reader; `#` stands for {@linkcode count}. */
  why = "";
  /** A number that the sentence tells. */
  count = 0;
  /** The range that was refused, where it is not the one that the whole call is about; else no numbers. */
  start: number = NaN;
  /** First byte after it. */
  end: number = NaN;

  /** The error for a call on `[start, end)`, unless it was only a part of that which was refused. */
  error(verb: string, start: number, end: number): MmError {
    const why = this.why.replace("#", String(this.count));
    return Number.isNaN(this.start)
      ? cannot(verb, start, end, this.code, why)
      : cannot(verb, this.start, this.end, this.code, why);
  }
}

/** What can refuse a call: a `MemoryDescriptor`. */
export interface Refusing {
  /** Its last refusal. */
  readonly refusal: Refusal;
}

/** Refuses a call; gives its answer, the errno below 0. */
export function refuse(mm: Refusing, code: Errno, why: string): number {
  const { refusal } = mm;
  refusal.code = code;
  refusal.why = why;
  refusal.start = NaN;
  return -ERRNO[code];
}

/** Refuses a call because so many VMAs are in use. */
export function refuseCount(mm: Refusing, mapCount: number): number {
  mm.refusal.count = mapCount;
  return refuse(mm, "ENOMEM", "# VMAs are in use");
}

/** Refuses a call because of a part of its range. */
export function refusePart(
  mm: Refusing,
  start: number,
  end: number,
  code: Errno,
  why: string,
): number {
  const answer = refuse(mm, code, why);
  mm.refusal.start = start;
  mm.refusal.end = end;
  return answer;
}
