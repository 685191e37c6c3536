/**
 * The part of a layout that a call can have changed, as the kernel shows it now.
 *
 * @module
 */
import type { Range } from "./layout.ts";
import type { LiveLayout } from "./live_layout.ts";
import type { BareLine, VmaSource } from "./vma_query.ts";

/** VMAs of a layout and what is in their place. */
export interface Window {
  /** Index of the first VMA of the layout. */
  readonly first: number;
  /** Index after the last. */
  readonly end: number;
  /** What the kernel shows there, ascending. */
  readonly shown: readonly BareLine[];
  /** First byte looked at. */
  readonly low: number;
  /** Last byte looked at. */
  readonly high: number;
}

/**
 * Asks for the VMAs in the ranges and beside them, as these may have been joined with others.
 *
 * Whatever a VMA of the layout or of the kernel reaches to is in the window too: beyond its borders both are as before,
 * unless something has changed that the call did not.
 *
 * @param most VMAs to ask for
 * @returns windows in ascending order that have nothing in common; nothing if there would be too many VMAs, or the
 * process is gone
 */
export function shownAround(
  layout: LiveLayout,
  vmas: VmaSource,
  ranges: readonly Range[],
  most: number,
): Window[] | undefined {
  const windows: Window[] = [];
  for (const range of [...ranges].sort((a, b) => a.start - b.start)) {
    let window = look(layout, vmas, Math.max(0, range.start - 1), range.end, most);
    for (let last = windows.at(-1); window && last && window.low <= last.high;) {
      windows.pop();
      const high = Math.max(window.high, last.high);
      window = look(layout, vmas, Math.min(window.low, last.low), high, most);
      last = windows.at(-1);
    }
    if (window === undefined) return undefined;
    windows.push(window);
  }
  return windows;
}

/**
 * Widens from two addresses, both inclusive, until neither the layout nor the kernel has a VMA that reaches out of
 * them.
 */
function look(
  layout: LiveLayout,
  vmas: VmaSource,
  low: number,
  high: number,
  most: number,
): Window | undefined {
  const { lines } = layout;
  for (;;) {
    const first = layout.indexFrom(low);
    let end = first;
    while (end < lines.length && lines[end]!.start <= high) end++;
    if (first < end) {
      low = Math.min(low, lines[first]!.start);
      high = Math.max(high, lines[end - 1]!.end - 1);
    }
    const shown = ask(vmas, low, high, most);
    if (shown === undefined) return undefined;
    const start = Math.min(low, shown[0]?.start ?? low);
    const last = Math.max(high, (shown.at(-1)?.end ?? 0) - 1);
    if (start === low && last === high) return { first, end, shown, low, high };
    low = start;
    high = last;
  }
}

/** The VMAs from one address to another, both inclusive. */
function ask(vmas: VmaSource, low: number, high: number, most: number): BareLine[] | undefined {
  const shown: BareLine[] = [];
  for (let at = low; at <= high;) {
    const line = vmas.at(at);
    if (line === "gone") return undefined;
    if (line === "none" || line.start > high) break;
    if (shown.length === most) return undefined;
    shown.push(line);
    at = line.end;
  }
  return shown;
}
