/**
 * What makes the VMAs of a layout: runs and periods in it, and how many VMAs each accounts for.
 *
 * Every VMA is counted once, with the first of these that it belongs to: allocator arenas, thread stacks with their
 * guards, one file in pieces, programs and libraries, pairs of writable and executable memory, alternating
 * protections, memory of one name, maps of one size; what is left is single.
 *
 * @module
 */

import { hexRange } from "../../abi/hex.ts";
import { isAnonymous, type LayoutLine, shortName, sizeOf } from "../maps/layout_line.ts";
import { inBytes } from "./amounts.ts";
import type { Finder, Found } from "./finder.ts";
import { findGroups } from "./groups.ts";
import { findPairs } from "./pairs.ts";
import { findPeriods } from "./periods.ts";

/** VMAs that something makes again and again. */
export interface Pattern {
  /** What it is, how often, of what size. */
  readonly words: string;
  /** VMAs that it accounts for. */
  readonly vmas: number;
  /** How often it repeats. */
  readonly times: number;
  /** The range of its first repetition. */
  readonly example: string;
}

const FINDERS: readonly Finder[] = [findPairs, findGroups, findPeriods];

/** The patterns of a layout, the one with most VMAs first. O(VMAs · log VMAs). */
export function findPatterns(vmas: readonly LayoutLine[]): Pattern[] {
  const taken = new Set<number>();
  const patterns: Pattern[] = [];
  for (const find of FINDERS) {
    for (const found of find(vmas, (position) => !taken.has(position))) {
      for (const position of found.members) taken.add(position);
      patterns.push(patternOf(vmas, found));
    }
  }
  const rest: number[] = [];
  for (let at = 0; at < vmas.length; at++) if (!taken.has(at)) rest.push(at);
  if (rest.length > 0) patterns.push(restOf(vmas, rest));
  return patterns.sort((a, b) => b.vmas - a.vmas);
}

function patternOf(vmas: readonly LayoutLine[], { words, times, members, unit }: Found): Pattern {
  const first = vmas[members[0]!]!, last = vmas[members[unit - 1]!]!;
  return {
    words,
    vmas: members.length,
    times,
    example: hexRange(first.start, Math.max(first.end, last.end)),
  };
}

/** What repeats nothing. */
function restOf(vmas: readonly LayoutLine[], rest: readonly number[]): Pattern {
  const anonymous = rest.filter((at) => isAnonymous(vmas[at]!)).length;
  const largest = rest.reduce((a, b) => sizeOf(vmas[a]!) >= sizeOf(vmas[b]!) ? a : b);
  const name = shortName(vmas[largest]!);
  const words = `of no pattern, ${anonymous} of them without a file; the largest has ` +
    inBytes(sizeOf(vmas[largest]!)) + (name === "" ? "" : ` (${name})`);
  const example = hexRange(vmas[rest[0]!]!.start, vmas[rest[0]!]!.end);
  return { words, vmas: rest.length, times: 1, example };
}
