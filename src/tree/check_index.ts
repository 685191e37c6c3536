/**
 * The index domain, checked where a caller's numbers come in: `0 … MAX_INDEX`, integers.
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
 * @throws {RangeError} if it is negative, above {@linkcode MAX_INDEX}, or no integer
 */
export function checkIndex(index: number): void {
  if (!(index >= 0 && index <= MAX_INDEX && Math.floor(index) === index)) refuse(index);
}

/**
 * Checks a range to be stored.
 *
 * @throws {RangeError} if an end is no index
 * @throws {MapleError} EINVAL if `first > last`
 */
export function checkRange(first: number, last: number): void {
  checkIndex(first);
  checkIndex(last);
  if (first > last) {
    throw new MapleError(
      "EINVAL",
      `Cannot store to ${hexRange(first, last)}: it ends before it begins`,
    );
  }
}

function refuse(index: number): never {
  throw new RangeError(`Cannot use ${index} as an index: it is not an integer in 0-${MAX_INDEX}`);
}
