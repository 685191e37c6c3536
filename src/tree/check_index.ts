/**
 * The index domain, checked where a caller's numbers come in: integers in `0 … MAX_INDEX`.
 *
 * @module
 */

import { hexRange } from "../abi/hex.ts";
import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";

const { MAX_INDEX } = layout;

/**
 * Checks one index.
 *
 * @param verb what the caller is about to do with it, for the message: "load"
 * @throws {RangeError} if it is negative, above {@linkcode MAX_INDEX}, or no integer
 */
export function checkIndex(index: number, verb: string): void {
  if (!(index >= 0 && index <= MAX_INDEX && Math.floor(index) === index)) refuse(index, verb);
}

/**
 * Checks a range to be stored.
 *
 * @throws {RangeError} if an end is no index
 * @throws {MapleError} EINVAL if `first > last`
 */
export function checkRange(first: number, last: number): void {
  checkIndex(first, "store from");
  checkIndex(last, "store up to");
  if (first > last) {
    throw new MapleError(
      "EINVAL",
      `Cannot store to ${hexRange(first, last)}: it ends before it begins`,
    );
  }
}

/**
 * Checks a number of things that a caller asks for.
 *
 * @param max the largest number that makes sense
 * @throws {RangeError} if it is no integer in `0 … max`
 */
export function checkCount(count: number, max: number, verb: string, noun: string): void {
  if (count >= 0 && count <= max && Math.floor(count) === count) return;
  throw new RangeError(`Cannot ${verb} ${count} ${noun}: it is not an integer in 0-${max}`);
}

function refuse(index: number, verb: string): never {
  throw new RangeError(
    `Cannot ${verb} ${index}: an index is an integer in 0-${MAX_INDEX}`,
  );
}
