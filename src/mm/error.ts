/**
 * The errors of the address space: a call that was refused, and a model that contradicts itself.
 *
 * @module
 */

import { ERRNO, type Errno } from "../abi/errno.ts";
import { CodedError } from "../abi/error.ts";
import { hexRange } from "../abi/hex.ts";

/**
 * A system call failed. Unless the call's own documentation says otherwise, nothing has changed.
 *
 * @example
 * ```ts
 * import { MmError } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new MmError("EINVAL", "Cannot unmap 0x1001-0x2001: the address is not page-aligned");
 * assertEquals([error.code, error.errno], ["EINVAL", 22]);
 * ```
 */
export class MmError extends CodedError<Errno> {
  /** Makes an error with that name and a sentence for the reader. */
  constructor(code: Errno, message: string) {
    super("MmError", code, message);
  }

  /** The error's number on Linux. */
  get errno(): number {
    return ERRNO[this.code];
  }
}

/**
 * The error for a call on the range `[start, end)`, in the one form that all messages have:
 * `Cannot <verb> <range>: <why>`.
 */
export function cannot(
  verb: string,
  start: number,
  end: number,
  code: Errno,
  why: string,
): MmError {
  return new MmError(code, `Cannot ${verb} ${hexRange(start, end)}: ${why}`);
}

/** An address space breaks one of its rules: never the caller's fault. */
export class MmInvariantError extends CodedError<"EINVARIANT"> {
  /** The rule, in a few words. */
  readonly rule: string;

  /** Names the rule and, if it is about one VMA, that VMA's range. */
  constructor(rule: string, vma?: { readonly start: number; readonly end: number }) {
    const where = vma === undefined ? "" : ` at VMA ${hexRange(vma.start, vma.end)}`;
    super("MmInvariantError", "EINVARIANT", `Invariant broken${where}: ${rule}`);
    this.rule = rule;
  }
}
