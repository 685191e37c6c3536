/**
 * Searching for free space: the lowest or the highest run of indices that hold nothing.
 *
 * Both searches go down where the recorded gap is large enough and the node still meets the window, and climb
 * again where the gap turned out to lie outside of it. Mirrors `mas_empty_area()` and
 * `mas_empty_area_rev()` (Linux lib/maple_tree.c).
 *
 * @module
 */

import { type Cursor, Standing } from "./cursor.ts";
import { hexRange, MapleError } from "./errors.ts";
import { extent } from "./gaps.ts";
import * as layout from "./node_layout.ts";
import { gapSlot, wideSlot } from "./search.ts";

const {
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
} = layout;
const { ACTIVE } = Standing;

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
  checkWindow(c, size);
  const root = words[ROOT]!;
  if (root === 0) return rootArea(c, size, true);
  const { before, last } = c;
  const min = c.index;
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
    const bounds = node << REAL_SHIFT;
    const end = words[word + END]!;
    for (; slot <= end; slot++) {
      const bound = reals[bounds + slot]!;
      if (bound >= last) return noArea(c, size);
      if (level > 1) {
        if (reals[bounds + GAPS + slot]! >= size) break;
      } else if (words[word + SLOTS + slot] === 0) {
        const low = bound > before ? bound : before;
        const pivot = reals[bounds + PIVOTS + slot]!;
        if (extent(low, pivot < last ? pivot : last) >= size) return standOn(c, low, low + size);
      }
    }
    if (slot <= end) {
      node = words[word + GAP_SLOTS + slot]!;
      slot = 0;
      level--;
    } else {
      const link = words[word + PARENT]!;
      if (link === 0) return noArea(c, size);
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
  checkWindow(c, size);
  const root = words[ROOT]!;
  if (root === 0) return rootArea(c, size, false);
  const { before, last } = c;
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  let slot = 0;
  for (; level > 1; level--) {
    slot = gapSlot(reals, node << REAL_SHIFT, last);
    if (reals[(node << REAL_SHIFT) + GAPS + slot]! < size) break;
    node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
  }
  if (level === 1) slot = wideSlot(reals, node << REAL_SHIFT, last);
  for (;;) {
    const word = node << WORD_SHIFT;
    const bounds = node << REAL_SHIFT;
    for (; slot >= 0; slot--) {
      const pivot = reals[bounds + PIVOTS + slot]!;
      if (pivot <= before) return noArea(c, size);
      if (level > 1) {
        if (reals[bounds + GAPS + slot]! >= size) break;
      } else if (words[word + SLOTS + slot] === 0) {
        const bound = reals[bounds + slot]!;
        const high = pivot < last ? pivot : last;
        if (extent(bound > before ? bound : before, high) >= size) {
          return standOn(c, high - size, high);
        }
      }
    }
    if (slot >= 0) {
      node = words[word + GAP_SLOTS + slot]!;
      slot = words[(node << WORD_SHIFT) + END]!;
      level--;
    } else {
      const link = words[word + PARENT]!;
      if (link === 0) return noArea(c, size);
      node = link >> 4;
      slot = (link & 15) - 1;
      level++;
    }
  }
}

/** A tree without nodes holds at most index 0. */
function rootArea(c: Cursor, size: number, lowest: boolean): void {
  const low = c.pool.words[ROOT_ENTRY] !== 0 && c.before < 0 ? 0 : c.before;
  if (extent(low, c.last) < size) return noArea(c, size);
  if (lowest) standOn(c, low, low + size);
  else standOn(c, c.last - size, c.last);
}

/** Where the cursor stands afterwards: on the area itself, which is part of an empty slot. */
function standOn(c: Cursor, before: number, last: number): void {
  c.before = before;
  c.last = last;
  c.standing = ACTIVE;
}

function checkWindow(c: Cursor, size: number): void {
  // Found or not, the cursor no longer stands where it stood before.
  c.version = -1;
  if (!c.pool.gaps) {
    throw new MapleError("EINVAL", "Cannot search for free space: this tree does not track gaps");
  }
  if (size > 0 && extent(c.before, c.last) >= size) return;
  throw new MapleError(
    "EINVAL",
    `Cannot find ${size} free indices in ${hexRange(c.index, c.last)}: they would not fit`,
  );
}

function noArea(c: Cursor, size: number): never {
  throw new MapleError(
    "EBUSY",
    `Cannot find ${size} free indices in ${hexRange(c.index, c.last)}: no free range is that long`,
  );
}
