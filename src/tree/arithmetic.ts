/**
 * The three sums and differences of indices, in functions of their own.
 *
 * V8 compiles a sum by what it has seen there before. Where all numbers were below 2^52 it takes them for integers, and
 * turns each into a 64-bit integer and back to be sure; where larger ones came it adds doubles, at once. What was seen
 * is kept by function, so these few have seen the largest index before anything else, and are compiled in everywhere.
 *
 * @module
 */

import * as layout from "./node_layout.ts";

const { MAX_INDEX } = layout;

/** The index before `index`; -1 before 0. */
export function preceding(index: number): number {
  return index - 1;
}

/** The index after `index`. */
export function following(index: number): number {
  return index + 1;
}

/** The indices after `before` up to `last`, in number. */
export function extent(before: number, last: number): number {
  return last - before;
}

/** The last of `size` indices after `before`. */
export function advanced(before: number, size: number): number {
  return before + size;
}

// V8 starts to keep what a function has seen after some calls.
for (let i = 0; i < 200; i++) {
  following(preceding(MAX_INDEX));
  extent(advanced(0, MAX_INDEX), MAX_INDEX);
}
