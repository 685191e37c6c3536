/**
 * Searching for free space: the lowest or the highest run of indices that hold nothing.
 *
 * Both searches go down where the recorded gap is large enough and the node still meets the window, and climb
 * again where the gap turned out to lie outside of it. Mirrors `mas_empty_area()` and
 * `mas_empty_area_rev()` (Linux lib/maple_tree.c).
 *
 * @module
 */

import type { Cursor } from "./cursor.ts";
import { hexRange, MapleError } from "./errors.ts";
import {
  END,
  GAP_SLOTS,
  GAPS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  PARENT,
  PIVOTS,
  REAL_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} from "./node_layout.ts";
import { gapSlot, wideSlot } from "./search.ts";

/**
 * Stands on the lowest free area of `size` indices within the window `c.index … c.last`.
 *
 * The way down follows the window's lower end as long as the gaps there are large enough; from where that
 * ends every slot tried lies wholly behind it.
 *
 * @throws {MapleError} EINVAL if the window is empty or smaller than `size`, if `size` is 0, or if the tree does
 * not track gaps · EBUSY if nothing fits
 */
export function lowestArea(c: Cursor, size: number): void {
  const { pool } = c;
  const { words, reals } = pool;
  const min = c.index;
  const max = c.last;
  checkWindow(c, size, min, max);
  if (words[ROOT] === 0) return rootArea(c, size, true);
  const root = words[ROOT]!;
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  let slot = 0;
  for (; level > 1; level--) {
    slot = gapSlot(reals, node << REAL_SHIFT, min);
    if (reals[(node << REAL_SHIFT) + GAPS + slot]! < size) break;
    node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
  }
  if (level === 1) slot = wideSlot(reals, node << REAL_SHIFT, min);
  for (;;) {
    const word = node << WORD_SHIFT;
    const pivots = (node << REAL_SHIFT) + PIVOTS;
    const end = words[word + END]!;
    for (; slot <= end; slot++) {
      const bound = reals[pivots + slot - 1]!;
      if (bound >= max) return noArea(size, min, max);
      if (level > 1) {
        if (reals[pivots - PIVOTS + GAPS + slot]! >= size) break;
      } else if (words[word + SLOTS + slot] === 0) {
        const low = bound < min ? min : bound + 1;
        const pivot = reals[pivots + slot]!;
        if ((pivot < max ? pivot : max) - low + 1 >= size) return standOn(c, low, size);
      }
    }
    if (slot <= end) {
      node = words[word + GAP_SLOTS + slot]!;
      slot = 0;
      level--;
    } else {
      const link = words[word + PARENT]!;
      if (link === 0) return noArea(size, min, max);
      node = link >> 4;
      slot = (link & 15) + 1;
      level++;
    }
  }
}

/**
 * Stands on the highest free area of `size` indices within the window `c.index … c.last`: {@linkcode
 * lowestArea} mirrored.
 *
 * @throws {MapleError} as {@linkcode lowestArea} does
 */
export function highestArea(c: Cursor, size: number): void {
  const { pool } = c;
  const { words, reals } = pool;
  const min = c.index;
  const max = c.last;
  checkWindow(c, size, min, max);
  if (words[ROOT] === 0) return rootArea(c, size, false);
  const root = words[ROOT]!;
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  let slot = 0;
  for (; level > 1; level--) {
    slot = gapSlot(reals, node << REAL_SHIFT, max);
    if (reals[(node << REAL_SHIFT) + GAPS + slot]! < size) break;
    node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
  }
  if (level === 1) slot = wideSlot(reals, node << REAL_SHIFT, max);
  for (;;) {
    const word = node << WORD_SHIFT;
    const pivots = (node << REAL_SHIFT) + PIVOTS;
    for (; slot >= 0; slot--) {
      const pivot = reals[pivots + slot]!;
      if (pivot < min) return noArea(size, min, max);
      if (level > 1) {
        if (reals[pivots - PIVOTS + GAPS + slot]! >= size) break;
      } else if (words[word + SLOTS + slot] === 0) {
        const bound = reals[pivots + slot - 1]!;
        const high = pivot < max ? pivot : max;
        if (high - (bound < min ? min : bound + 1) + 1 >= size) {
          return standOn(c, high - size + 1, size);
        }
      }
    }
    if (slot >= 0) {
      node = words[word + GAP_SLOTS + slot]!;
      slot = words[(node << WORD_SHIFT) + END]!;
      level--;
    } else {
      const link = words[word + PARENT]!;
      if (link === 0) return noArea(size, min, max);
      node = link >> 4;
      slot = (link & 15) - 1;
      level++;
    }
  }
}

/** A tree without nodes holds at most index 0. */
function rootArea(c: Cursor, size: number, lowest: boolean): void {
  const low = c.pool.words[ROOT_ENTRY] !== 0 && c.index === 0 ? 1 : c.index;
  if (c.last - low + 1 < size) noArea(size, c.index, c.last);
  standOn(c, lowest ? low : c.last - size + 1, size);
}

/** Where the cursor stands afterwards: on the area itself, which is part of an empty slot. */
function standOn(c: Cursor, first: number, size: number): void {
  c.index = first;
  c.last = first + size - 1;
  c.status = "active";
}

function checkWindow(c: Cursor, size: number, min: number, max: number): void {
  // Found or not, the cursor no longer stands where it stood before.
  c.version = -1;
  if (!c.pool.gaps) {
    throw new MapleError("EINVAL", "Cannot search for free space: this tree does not track gaps");
  }
  if (min <= max && size > 0 && max - min >= size - 1) return;
  throw new MapleError(
    "EINVAL",
    `Cannot find ${size} free indices in ${hexRange(min, max)}: they would not fit`,
  );
}

function noArea(size: number, min: number, max: number): never {
  throw new MapleError(
    "EBUSY",
    `Cannot find ${size} free indices in ${hexRange(min, max)}: no free range is that long`,
  );
}
