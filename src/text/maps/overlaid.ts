/**
 * Mappings in the order in which they were made, as a layout: a later one takes the place of what it covers, and what
 * sticks out of an older one, on either side, stays (mmap(2), MAP_FIXED).
 *
 * @module
 */

import { MapleTree } from "../../tree/maple_tree.ts";
import { isAnonymous, type LayoutLine } from "./layout_line.ts";

/** What of the lines is one layout, and what is not. */
export interface Ordered {
  /** Ascending, without overlap. */
  readonly vmas: readonly LayoutLine[];
  /** Lines that are not in it as they stand there, and why. */
  readonly left: readonly { readonly line: number; readonly why: string }[];
}

/** The layout that is left of mappings, the oldest first. O(lines · log lines). */
export function overlaid(lines: readonly LayoutLine[]): Ordered {
  const tree = new MapleTree<LayoutLine>();
  const covered = new Set<LayoutLine>();
  const left: { line: number; why: string }[] = [];
  for (const line of lines) {
    const { start, end } = line;
    if (end > Number.MAX_SAFE_INTEGER) {
      left.push({ line: line.line, why: "its addresses are beyond those of any process" });
      continue;
    }
    for (const { value } of tree.entries(start, end - 1)) covered.add(value);
    tree.store(start, end - 1, line);
  }
  for (const { line } of covered) {
    left.push({ line, why: "a later mapping covers it, or part of it" });
  }
  const vmas = [...tree].map(({ first, last, value }) => part(value, first, last + 1));
  return { vmas, left };
}

/** A piece of a mapping: what it shows of a file begins further on in it. */
function part(line: LayoutLine, start: number, end: number): LayoutLine {
  const { offset } = line;
  const moves = offset !== undefined && !isAnonymous(line);
  return { ...line, start, end, ...(moves && { offset: offset + start - line.start }) };
}
