/**
 * The numbers that programs pass to an address space, checked before anything else happens.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import { cannot, MmError } from "./error.ts";

/** True for an address, a length or an offset: a whole number from 0 to 2^53 − 1. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/**
 * Refuses a range that is not given in whole bytes.
 *
 * @throws {MmError} EINVAL, naming the call by its verb
 */
export function checkRange(verb: string, address: number, length: number): void {
  if (isCount(address) && isCount(length)) return;
  const what = isCount(address) ? `length ${hex(length)}` : `address ${hex(address)}`;
  const why = `the ${what} is no whole number from 0 to 2^53 - 1`;
  throw cannot(verb, address, address + length, "EINVAL", why);
}

/**
 * Refuses an address that is none.
 *
 * @throws {MmError} EINVAL, naming the call by its verb
 */
export function checkAddress(verb: string, address: number): void {
  if (isCount(address)) return;
  const why = "it is no whole number from 0 to 2^53 - 1";
  throw new MmError("EINVAL", `Cannot ${verb} ${hex(address)}: ${why}`);
}

/**
 * Refuses flags, advice, protection and the like that are no whole number.
 *
 * @throws {MmError} EINVAL, naming the call by its verb and the argument
 */
export function checkInteger(verb: string, name: string, value: number): void {
  if (Number.isSafeInteger(value)) return;
  throw new MmError("EINVAL", `Cannot ${verb}: ${name} ${hex(value)} is no whole number`);
}

/**
 * Refuses a limit that is neither a whole number of bytes nor `Infinity`.
 *
 * @throws {MmError} EINVAL, naming the limit
 */
export function checkLimit(name: string, value: number): void {
  if (value === Infinity || isCount(value)) return;
  const why = "it is neither a whole number of bytes nor Infinity";
  throw new MmError("EINVAL", `Cannot set the limit ${name} to ${hex(value)}: ${why}`);
}
