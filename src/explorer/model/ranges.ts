/**
 * Whether a call split or joined VMAs, told from the ranges before and after.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { CallStep } from "../../replay/step.ts";
import { walkEntries } from "./vma_row.ts";

/** The ranges of an address space: first and last index, one after the other. */
export type Ranges = readonly number[];

/** The ranges that a walk meets; undefined if that does not come to an end. */
export function rangesOf(space: AddressSpace): Ranges | undefined {
  const ranges: number[] = [];
  const hang = walkEntries(space, ({ first, last }) => {
    if (last >= first) ranges.push(first, last);
  });
  return hang === undefined ? ranges : undefined;
}

/**
 * Compares the ranges before and after a call.
 *
 * A VMA is split if two parts of it stay, what the call itself mapped not counted. VMAs are joined if one covers what
 * two covered, or if what was mapped became part of one that was there.
 */
export function splitsAndMerges(
  before: Ranges,
  after: Ranges,
  { enter }: CallStep,
  result: number,
): { splits: boolean; merges: boolean } {
  const maps = enter.call === "mmap" || enter.call === "mremap" || enter.call === "shmat";
  let from = 0;
  while (from < before.length && before[from] === after[from]) from++;
  from -= from % 2;
  let end = 0;
  const shorter = Math.min(before.length, after.length) - from;
  while (end < shorter && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  end -= end % 2;
  const isMapped = (first: number) => maps && first === result;
  let splits = false;
  let merges = false;
  for (let old = from; old < before.length - end; old += 2) {
    let parts = 0;
    for (let now = from; now < after.length - end; now += 2) {
      if (overlap(before, old, after, now) && !isMapped(after[now]!)) parts++;
    }
    splits ||= parts > 1;
  }
  for (let now = from; now < after.length - end; now += 2) {
    let sources = 0;
    let grew = false;
    for (let old = from; old < before.length - end; old += 2) {
      if (!overlap(before, old, after, now)) continue;
      const whole = after[now]! <= before[old]! && after[now + 1]! >= before[old + 1]!;
      if (whole) sources++;
      grew ||= whole && maps && !isMapped(before[old]!);
    }
    merges ||= sources > 1 || (sources === 1 && grew);
  }
  return { splits, merges };
}

function overlap(a: Ranges, at: number, b: Ranges, bt: number): boolean {
  return a[at]! <= b[bt + 1]! && b[bt]! <= a[at + 1]!;
}
