/**
 * Layouts compared: what a call changed, where a stack grew, and which VMAs were written to.
 *
 * A layout is a list of VMAs in ascending order without overlap, as the kernel shows it. `written` is
 * kept once it was seen: the kernel shows a VMA's anonymous pages, which may go again, where the
 * replay needs its anon_vma, which stays.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";

/** Addresses from `start` to `end`, exclusive. */
export interface Range {
  /** First byte. */
  readonly start: number;
  /** First byte after the last. */
  readonly end: number;
}

/** What a call did to the pages of a layout, for {@linkcode carriedWrites}. */
export interface PageMoves {
  /** Mapped anew: nothing of what was there before is there now. */
  readonly fresh: readonly Range[];
  /**
   * Pages that moved, as `mremap` moves them: several VMAs where the lengths are equal, and what
   * lies at the target between them then stays.
   */
  readonly moved?: { readonly from: Range; readonly to: Range };
}

/** The difference of two layouts, as a `leave` record carries it. */
export interface Difference {
  /** Starts of the VMAs that are gone or changed. */
  readonly removed: number[];
  /** The VMAs that are new or changed. */
  readonly added: MapLine[];
}

/**
 * What is gone or new. That a VMA has been written to does not count, a `fault` record tells it; that it
 * no longer has does: all its pages went elsewhere, or something alike was mapped over it.
 */
export function difference(before: readonly MapLine[], after: readonly MapLine[]): Difference {
  const removed: number[] = [];
  const added: MapLine[] = [];
  let i = 0, j = 0;
  while (i < before.length || j < after.length) {
    const old = before[i], now = after[j];
    if (old && now && isSame(old, now) && (now.written || !old.written)) {
      i++;
      j++;
    } else if (now === undefined || (old !== undefined && old.start <= now.start)) {
      removed.push(old!.start);
      i++;
    } else {
      added.push(now);
      j++;
    }
  }
  return { removed, added };
}

/**
 * The stacks that grew from `before` to `after`: VMAs with the `gd` flag that end where they ended but
 * start lower, over addresses that were free.
 */
export function grownStacks(before: readonly MapLine[], after: readonly MapLine[]): MapLine[] {
  return after.filter((now) => {
    if (!hasFlag(now, "gd")) return false;
    const at = before.findIndex((line) => line.end === now.end);
    const old = before[at], below = before[at - 1];
    return old !== undefined && now.start < old.start && (below?.end ?? 0) <= now.start;
  });
}

/** `layout` with the stacks that grew in their new size. */
export function withGrown(layout: readonly MapLine[], grown: readonly MapLine[]): MapLine[] {
  return layout.map((line) => {
    const now = grown.find((stack) => stack.end === line.end);
    return now === undefined ? line : { ...line, start: now.start };
  });
}

/**
 * For each VMA of `after`, ascending, whether it is known from `before` to have been written to: it is private, and
 * pages of a written VMA went into it. What is written in `after` beyond that was written since.
 */
export function carriedWrites(
  before: readonly MapLine[],
  after: readonly MapLine[],
  { fresh, moved }: PageMoves,
): boolean[] {
  const arrived = moved === undefined ? [] : arrivals(before, moved);
  const replaced = [...fresh, ...arrived, ...(moved && isResized(moved) ? [moved.to] : [])];
  const written: Range[] = before.filter((line) => line.written)
    .flatMap((line) => without(line, replaced));
  written.push(...arrived.filter((part) => part.written));
  written.sort((a, b) => a.start - b.start);
  let at = 0;
  return after.map((line) => {
    while (at < written.length && written[at]!.end <= line.start) at++;
    return line.permissions[3] === "p" && at < written.length && overlaps(line, written[at]!);
  });
}

/** The parts of VMAs that moved, where they are now. */
function arrivals(
  before: readonly MapLine[],
  { from, to }: { readonly from: Range; readonly to: Range },
): (Range & { readonly written: boolean })[] {
  const shift = to.start - from.start;
  return before.filter((line) => overlaps(line, from)).map((line) => ({
    start: Math.max(line.start, from.start) + shift,
    end: Math.min(line.end + shift, from.end + shift, to.end),
    written: line.written ?? false,
  })).filter(({ start, end }) => start < end);
}

function isResized({ from, to }: { readonly from: Range; readonly to: Range }): boolean {
  return to.end - to.start !== from.end - from.start;
}

/** True if a VMA has the flag among its VmFlags. */
export function hasFlag(line: MapLine, flag: string): boolean {
  // Each flag has two letters, with a blank between two flags: no match can begin within one.
  return line.vmFlags?.includes(flag) ?? false;
}

/** True if two ranges have an address in common. */
export function overlaps(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end;
}

/** True if two lines show the same VMA; whether it was written to does not count. */
export function isSame(a: MapLine, b: MapLine): boolean {
  return a.start === b.start && a.end === b.end && a.permissions === b.permissions &&
    a.offset === b.offset && a.device === b.device && a.inode === b.inode && a.name === b.name &&
    a.vmFlags === b.vmFlags;
}

/** What is left of a range without the others. */
function without(range: Range, others: readonly Range[]): Range[] {
  let parts: Range[] = [range];
  for (const other of others) {
    parts = parts.flatMap((part) => {
      if (!overlaps(part, other)) return [part];
      return [
        { start: part.start, end: other.start },
        { start: other.end, end: part.end },
      ].filter((rest) => rest.start < rest.end);
    });
  }
  return parts;
}
