/**
 * What each way to find patterns in a layout takes and gives.
 *
 * @module
 */

import type { LayoutLine } from "../maps/layout_line.ts";

/** A pattern with the positions of its VMAs. */
export interface Found {
  readonly words: string;
  readonly times: number;
  readonly members: readonly number[];
  /** VMAs of one repetition, for the example. */
  readonly unit: number;
}

/** A way to find patterns among VMAs that no other one has taken. */
export type Finder = (
  vmas: readonly LayoutLine[],
  isFree: (position: number) => boolean,
) => Found[];
