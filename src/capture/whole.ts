/**
 * What two whole layouts say of the time between them, the second as smaps shows it.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";
import type { Effect } from "./effects.ts";
import {
  carriedWrites,
  type Difference,
  difference,
  grownStacks,
  isSame,
  overlaps,
  type PageMoves,
  withGrown,
} from "./layout.ts";

/** What happened between two calls. */
export interface Between {
  /** Stacks in their new size. */
  readonly grown: readonly MapLine[];
  /** VMAs that were written to for the first time, ascending. */
  readonly written: readonly MapLine[];
}

/** What a call changed, and what pages the kernel then filled. */
export interface After extends Between, Difference {}

/** A call, as far as its work on the layout goes. */
export interface Deed {
  /** What it did at most. */
  readonly effect: Effect;
  /** Where pages went. */
  readonly moves: PageMoves;
  /** False if what grows may be what the call has mapped next to a stack. */
  readonly mayGrow: boolean;
  /** True if it writes to no memory of the process. */
  readonly isQuiet: boolean;
}

/** What happened, and the layout after it. */
export type Told<T> = T & { readonly lines: readonly MapLine[] };

/** Between two calls a stack may grow and a VMA be written to; anything else the next call's record will tell. */
export function betweenOf(before: readonly MapLine[], shown: readonly MapLine[]): Told<Between> {
  const grown = grownStacks(before, shown);
  const written: MapLine[] = [];
  let at = 0;
  const lines = withGrown(before, grown).map((line) => {
    while (at < shown.length && shown[at]!.start < line.start) at++;
    const now = shown[at];
    const isFirst = now?.start === line.start && now.end === line.end && now.written &&
      !line.written;
    if (!isFirst) return line;
    const marked = { ...line, written: true };
    written.push(marked);
    return marked;
  });
  return { grown, written, lines };
}

/** What a call did, and whatever else is not as it was. */
export function afterOf(
  before: readonly MapLine[],
  shown: readonly MapLine[],
  { moves, mayGrow }: Deed,
): Told<After> {
  const grown = mayGrow ? grownStacks(before, shown) : [];
  const old = withGrown(before, grown);
  const carried = carriedWrites(old, shown, moves);
  const lines = shown.map((line, i) => carried[i] ? { ...line, written: true } : line);
  const written = shown.filter((line, i) => line.written && !carried[i]);
  return { grown, written, ...difference(old, lines), lines };
}

/** How many VMAs have changed out of a call's reach. */
export function countBeyond(
  { added, removed }: Difference,
  before: readonly MapLine[],
  effect: Effect,
): number {
  if (effect.reach === "anywhere") return 0;
  const reached = effect.ranges.map(({ start, end }) => ({ start: start - 1, end: end + 1 }));
  const gone = new Set(removed);
  const changed = [...added, ...before.filter(({ start }) => gone.has(start))];
  return changed.filter((line) => !reached.some((range) => overlaps(line, range))).length;
}

/** How many VMAs of one layout the other does not have. */
export function countDifferent(lines: readonly MapLine[], shown: readonly MapLine[]): number {
  const byStart = new Map(shown.map((line) => [line.start, line]));
  const missing = lines.filter((line) => {
    const now = byStart.get(line.start);
    return now === undefined || !isSame(line, now);
  });
  return missing.length + Math.max(0, shown.length - lines.length);
}
