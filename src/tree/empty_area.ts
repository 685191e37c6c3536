/**
 * Searching for free space: the lowest or the highest range of indices that hold nothing.
 *
 * Both searches first go straight down from the root along the window's end, and only if nothing fits there through the
 * rest of the window: down where the recorded gap is large enough and the node still meets the window, up again where
 * the gap lies outside of it. These are two functions, as most searches end in the first one. Mirrors
 * `mas_empty_area()` and `mas_empty_area_rev()` (Linux lib/maple_tree.c).
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import { type Cursor, Status } from "./cursor.ts";
import { checkIndex } from "./check_index.ts";
import { hexRange } from "../abi/hex.ts";
import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import * as search from "./search.ts";

const { advanced, extent, following, preceding } = arithmetic;

const {
  END,
  GAP_SLOTS,
  GAPS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  PARENT,
  PIVOTS,
  DOUBLE_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WORD_SHIFT,
} = layout;
const { ACTIVE } = Status;
const { gapSlot, seek, wideSlot } = search;

/**
 * Checks a window and puts it into the cursor, as both searches begin.
 *
 * @throws {RangeError} if a number is no index
 * @throws {MapleError} EINVAL if the window is empty or smaller than `size`, if `size` is 0, or if the tree does
 * not track gaps
 */
export function setWindow(c: Cursor, size: number, min: number, max: number): void {
  const before = preceding(min);
  if (
    !(size > 0 && extent(before, max) >= size && min >= 0 && max <= MAX_INDEX &&
      Math.floor(size) === size && Math.floor(min) === min && Math.floor(max) === max &&
      c.pool.gaps)
  ) refuseWindow(c, size, min, max);
  c.before = before;
  c.last = max;
  // Found or not, the cursor no longer stands where it stood before.
  c.version = -1;
}

/**
 * Stands on the lowest free area of `size` indices within the window that {@linkcode setWindow} has set.
 *
 * The way down follows the window's lower end as long as the gaps there are large enough. Mostly it ends in the
 * empty slot that is asked for; if not, {@linkcode searchUp} goes on from there.
 *
 * @returns whether there is one; if not, the cursor holds the window
 */
export function lowestArea(c: Cursor, size: number): boolean {
  const { words, doubles } = c.pool;
  const root = words[ROOT]!;
  if (root === 0) return rootArea(c, size, true);
  const { before, last } = c;
  const min = following(before);
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  let slot = 0;
  for (; level > 1; level--) {
    slot = gapSlot(doubles, node << DOUBLE_SHIFT, min);
    if (doubles[(node << DOUBLE_SHIFT) + GAPS + slot]! < size) break;
    node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
  }
  if (level === 1) {
    slot = wideSlot(doubles, node << DOUBLE_SHIFT, min);
    if (words[(node << WORD_SHIFT) + SLOTS + slot] === 0) {
      const pivot = doubles[(node << DOUBLE_SHIFT) + PIVOTS + slot]!;
      if (extent(before, pivot < last ? pivot : last) >= size) {
        return standOn(c, before, advanced(before, size));
      }
    }
  }
  return searchUp(c, size, node, level, slot);
}

/** Goes on upwards, from a slot of a node of that level (a leaf is of level 1). */
function searchUp(c: Cursor, size: number, node: number, level: number, slot: number): boolean {
  const { pool, before, last } = c;
  const { words, doubles } = pool;
  for (;;) {
    const bounds = node << DOUBLE_SHIFT;
    const end = words[(node << WORD_SHIFT) + END]!;
    if (level > 1) {
      while (slot <= end && doubles[bounds + GAPS + slot]! < size) slot++;
    } else {
      const slots = (node << WORD_SHIFT) + SLOTS;
      for (; slot <= end; slot++) {
        if (words[slots + slot] !== 0) continue;
        const bound = doubles[bounds + slot]!;
        const pivot = doubles[bounds + PIVOTS + slot]!;
        const low = bound > before ? bound : before;
        if (extent(low, pivot < last ? pivot : last) >= size) {
          return standOn(c, low, advanced(low, size));
        }
      }
    }
    if (slot <= end) {
      if (doubles[bounds + slot]! >= last) return false;
      node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
      slot = 0;
      level--;
    } else {
      const link = words[(node << WORD_SHIFT) + PARENT]!;
      if (link === 0 || doubles[bounds + PIVOTS + end]! >= last) return false;
      node = link >> 4;
      slot = (link & 15) + 1;
      level++;
    }
  }
}

/**
 * Stands on the highest free area of `size` indices within the window: {@linkcode lowestArea} mirrored.
 *
 * @returns whether there is one; if not, the cursor holds the window
 */
export function highestArea(c: Cursor, size: number): boolean {
  const { pool } = c;
  const { words, doubles } = pool;
  const root = words[ROOT]!;
  if (root === 0) return rootArea(c, size, false);
  const { before, last } = c;
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  // An address space searches below the same index each time, where its stack and its libraries are: straight down
  // nothing fits. And then the processor knows the way, and branches take it further than comparisons; for windows that
  // end anywhere they would take it astray.
  if (last === pool.windowEnd) {
    if (size >= pool.searchedSize) {
      pool.sought = pool.searchedEnd;
      const position = seek(pool, root);
      return searchDown(c, size, position >> DOUBLE_SHIFT, 1, (position & 31) - PIVOTS);
    }
    pool.searchedEnd = last;
    return searchDown(c, size, node, level, slotFromEnd(pool, node, last));
  }
  pool.windowEnd = pool.searchedEnd = last;
  pool.searchedSize = Infinity;
  let slot = 0;
  for (; level > 1; level--) {
    slot = gapSlot(doubles, node << DOUBLE_SHIFT, last);
    if (doubles[(node << DOUBLE_SHIFT) + GAPS + slot]! < size) break;
    node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
  }
  if (level === 1) {
    slot = wideSlot(doubles, node << DOUBLE_SHIFT, last);
    if (words[(node << WORD_SHIFT) + SLOTS + slot] === 0) {
      const bound = doubles[(node << DOUBLE_SHIFT) + slot]!;
      if (extent(bound > before ? bound : before, last) >= size) {
        c.before = extent(size, last);
        c.status = ACTIVE;
        return true;
      }
    }
  }
  return searchDown(c, size, node, level, slot);
}

/** The slot of a node that covers `index`: one bound after the other, from the end. */
function slotFromEnd(pool: NodePool, node: number, index: number): number {
  const { words, doubles } = pool;
  const bounds = node << DOUBLE_SHIFT;
  let slot = words[(node << WORD_SHIFT) + END]!;
  while (doubles[bounds + slot]! >= index) slot = (slot - 1) | 0;
  return slot;
}

/** {@linkcode searchUp} mirrored, from `NodePool.searchedEnd` on: above nothing fits. */
function searchDown(c: Cursor, size: number, node: number, level: number, slot: number): boolean {
  const { pool, before } = c;
  const { words, doubles, searchedEnd: last } = pool;
  for (;;) {
    const bounds = node << DOUBLE_SHIFT;
    if (level > 1) {
      while (slot >= 0 && doubles[bounds + GAPS + slot]! < size) slot--;
    } else {
      const slots = (node << WORD_SHIFT) + SLOTS;
      for (; slot >= 0; slot--) {
        if (words[slots + slot] !== 0) continue;
        const pivot = doubles[bounds + PIVOTS + slot]!;
        const bound = doubles[bounds + slot]!;
        const high = pivot < last ? pivot : last;
        if (extent(bound > before ? bound : before, high) >= size) {
          if (pool.rcu === false) {
            pool.finger = bounds + PIVOTS + slot;
            pool.searchedSize = size;
            pool.searchedEnd = high;
          }
          return standOn(c, extent(size, high), high);
        }
      }
    }
    if (slot >= 0) {
      const pivot = doubles[bounds + PIVOTS + slot]!;
      if (pivot <= before) return false;
      node = words[(node << WORD_SHIFT) + GAP_SLOTS + slot]!;
      slot = pivot > last ? slotFromEnd(pool, node, last) : words[(node << WORD_SHIFT) + END]!;
      level--;
    } else {
      const link = words[(node << WORD_SHIFT) + PARENT]!;
      if (link === 0 || doubles[bounds]! <= before) return false;
      node = link >> 4;
      slot = (link & 15) - 1;
      level++;
    }
  }
}

/** A tree without nodes holds at most index 0. */
function rootArea(c: Cursor, size: number, lowest: boolean): boolean {
  const low = c.pool.words[ROOT_ENTRY] !== 0 && c.before < 0 ? 0 : c.before;
  if (extent(low, c.last) < size) return false;
  return lowest ? standOn(c, low, advanced(low, size)) : standOn(c, extent(size, c.last), c.last);
}

/** Puts the cursor on the area itself, which is part of an empty slot. */
function standOn(c: Cursor, before: number, last: number): true {
  c.before = before;
  c.last = last;
  c.status = ACTIVE;
  return true;
}

function refuseWindow(c: Cursor, size: number, min: number, max: number): never {
  checkIndex(size, "find free indices, in number");
  checkIndex(min, "find free indices from");
  checkIndex(max, "find free indices up to");
  throw new MapleError(
    "EINVAL",
    c.pool.gaps
      ? `Cannot find ${size} free indices in ${hexRange(min, max)}: they would not fit`
      : "Cannot search for free space: this tree does not track gaps",
  );
}
