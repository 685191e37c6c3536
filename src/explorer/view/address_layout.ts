/**
 * Where on the address line an address lies: regions to scale within, the emptiness between them cut out.
 *
 * @module
 */

import type { VmaRow } from "../model/vma_row.ts";

/** Free space from which on it is cut out, bytes. */
const CUT = 16 * 2 ** 20;
/** Regions at most; the smallest cuts are undone first. */
const MOST_REGIONS = 10;
/** Width of a cut, in parts of the whole. */
const CUT_WIDTH = 0.022;

/** A stretch of the address line that is to scale. */
export interface Region {
  /** First byte. */
  readonly start: number;
  /** First byte after it. */
  readonly end: number;
  /** What is in it, in a word or two. */
  readonly name: string;
  /** Where it begins, in parts of the whole line. */
  readonly from: number;
  readonly to: number;
  /** Bytes that were cut out after it, 0 after the last. */
  readonly cutAfter: number;
}

/** The part of the line that is seen: what is at its left end, and how many times the line is as long as it is wide. */
export interface Zoom {
  readonly left: number;
  readonly factor: number;
}

/** The regions of a list of VMAs. O(n). */
export function regionsOf(rows: readonly VmaRow[]): Region[] {
  const groups = group(rows.filter((row) => row.last >= row.first));
  const weights = groups.map((group) => {
    const pages = (group.at(-1)!.last + 1 - group[0]!.first) / 4096;
    return Math.sqrt(group.length) + Math.log2(pages + 1) / 4;
  });
  const sum = weights.reduce((a, b) => a + b, 0);
  const room = 1 - CUT_WIDTH * (groups.length - 1);
  const hasCode = groups.map((group) => group.some(({ kind }) => kind === "text"));
  let from = 0;
  return groups.map((group, at) => {
    const to = from + room * weights[at]! / sum;
    const start = group[0]!.first;
    const end = group.at(-1)!.last + 1;
    const next = groups[at + 1]?.[0]?.first;
    const name = nameOf(group, hasCode.indexOf(true) < at, hasCode.lastIndexOf(true) > at);
    const region = { start, end, name, from, to, cutAfter: next ? next - end : 0 };
    from = to + CUT_WIDTH;
    return region;
  });
}

function group(rows: readonly VmaRow[]): VmaRow[][] {
  const gaps = rows.slice(1).map((row, at) => row.first - rows[at]!.last - 1);
  const large = gaps.filter((gap) => gap >= CUT).sort((a, b) => b - a);
  const least = large[MOST_REGIONS - 2] ?? CUT;
  const groups: VmaRow[][] = [];
  for (const [at, row] of rows.entries()) {
    const isNew = at === 0 || gaps[at - 1]! >= Math.max(least, CUT);
    if (isNew) groups.push([row]);
    else groups.at(-1)!.push(row);
  }
  return groups;
}

/** What a region is: programs lie lowest, the libraries that they load above. */
function nameOf(rows: readonly VmaRow[], hasCodeBelow: boolean, hasCodeAbove: boolean): string {
  const kinds = new Set(rows.map(({ kind }) => kind));
  const names: string[] = [];
  if (kinds.has("text")) {
    names.push(hasCodeBelow ? "libraries" : hasCodeAbove ? "program" : "program and libraries");
  }
  if (kinds.has("heap")) names.push("heap");
  if (kinds.has("stack")) names.push("stack");
  return names.length === 0 ? "mapped memory" : names.join(", ");
}

/** Where an address lies, in parts of the whole line. O(regions). */
export function placeOf(regions: readonly Region[], address: number): number {
  for (const { start, end, from, to } of regions) {
    if (address < start) return from;
    if (address <= end) return from + (to - from) * (address - start) / (end - start);
  }
  return 1;
}
