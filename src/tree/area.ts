/**
 * Searching for free space: the lowest or the highest run of indices that hold nothing.
 *
 * Both searches go down where the recorded gap is large enough and the node still meets the window, and climb
 * again where the gap turned out to lie outside of it. Mirrors `mas_empty_area()` and
 * `mas_empty_area_rev()` (Linux lib/maple_tree.c).
 *
 * @module
 */

import { hexRange, MapleError } from "./errors.ts";
import {
  BOUND,
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
import type { NodePool } from "./node_pool.ts";
import { gapSlot, wideSlot } from "./search.ts";

/**
 * The first index of the lowest free area of `size` indices within `min … max`, in time of the tree's height.
 *
 * @throws {MapleError} EINVAL if the window is empty or smaller than `size`, if `size` is 0, or if the tree does
 * not track gaps · EBUSY if nothing fits
 */
export function lowestArea(pool: NodePool, size: number, min: number, max: number): number {
  checkWindow(pool, size, min, max);
  const { words, reals } = pool;
  const root = words[ROOT]!;
  if (root === 0) {
    const low = words[ROOT_ENTRY] !== 0 && min === 0 ? 1 : min;
    return max - low + 1 >= size ? low : noArea(size, min, max);
  }
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  let slot = slotAt(reals, node, level, min);
  for (;;) {
    const word = node << WORD_SHIFT;
    const real = node << REAL_SHIFT;
    const end = words[word + END]!;
    for (; slot <= end; slot++) {
      if (reals[real + PIVOTS + slot - 1]! >= max) return noArea(size, min, max);
      if (level > 1) {
        if (reals[real + GAPS + slot]! >= size) break;
      } else if (words[word + SLOTS + slot] === 0) {
        const low = Math.max(reals[real + PIVOTS + slot - 1]! + 1, min);
        const high = Math.min(reals[real + PIVOTS + slot]!, max);
        if (high - low + 1 >= size) return low;
      }
    }
    if (level > 1 && slot <= end) {
      node = words[word + GAP_SLOTS + slot]!;
      level--;
      slot = reals[(node << REAL_SHIFT) + BOUND]! < min ? slotAt(reals, node, level, min) : 0;
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
 * The first index of the highest free area of `size` indices within `min … max`: {@linkcode lowestArea}
 * mirrored.
 *
 * @throws {MapleError} as {@linkcode lowestArea} does
 */
export function highestArea(pool: NodePool, size: number, min: number, max: number): number {
  checkWindow(pool, size, min, max);
  const { words, reals } = pool;
  const root = words[ROOT]!;
  if (root === 0) {
    const low = words[ROOT_ENTRY] !== 0 && min === 0 ? 1 : min;
    return max - low + 1 >= size ? max - size + 1 : noArea(size, min, max);
  }
  let node = root >> HEIGHT_BITS;
  let level = root & HEIGHT_MASK;
  let slot = slotAt(reals, node, level, max);
  for (;;) {
    const word = node << WORD_SHIFT;
    const real = node << REAL_SHIFT;
    for (; slot >= 0; slot--) {
      if (reals[real + PIVOTS + slot]! < min) return noArea(size, min, max);
      if (level > 1) {
        if (reals[real + GAPS + slot]! >= size) break;
      } else if (words[word + SLOTS + slot] === 0) {
        const low = Math.max(reals[real + PIVOTS + slot - 1]! + 1, min);
        const high = Math.min(reals[real + PIVOTS + slot]!, max);
        if (high - low + 1 >= size) return high - size + 1;
      }
    }
    if (level > 1 && slot >= 0) {
      node = words[word + GAP_SLOTS + slot]!;
      level--;
      const end = words[(node << WORD_SHIFT) + END]!;
      slot = reals[(node << REAL_SHIFT) + PIVOTS + end]! > max
        ? slotAt(reals, node, level, max)
        : end;
    } else {
      const link = words[word + PARENT]!;
      if (link === 0) return noArea(size, min, max);
      node = link >> 4;
      slot = (link & 15) - 1;
      level++;
    }
  }
}

function slotAt(reals: Float64Array, node: number, level: number, index: number): number {
  const base = node << REAL_SHIFT;
  return level > 1 ? gapSlot(reals, base, index) : wideSlot(reals, base, index);
}

function checkWindow(pool: NodePool, size: number, min: number, max: number): void {
  if (!pool.gaps) {
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
