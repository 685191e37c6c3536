/**
 * Numbers in hexadecimal, as every message prints addresses, indices and lengths.
 *
 * @module
 */

/**
 * Lower-case hexadecimal with its `0x`; a negative number has its sign first, a fraction its digits after a point,
 * and what is no number at all prints as JavaScript prints it (`NaN`, `Infinity`).
 */
export function hex(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/** Two numbers in hexadecimal with a dash between them: a range, inclusive or not as its owner counts. */
export function hexRange(first: number, last: number): string {
  return `${hex(first)}-${hex(last)}`;
}
