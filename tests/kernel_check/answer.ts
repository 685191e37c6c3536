/**
 * What a reference answers, and of what tree.
 *
 * @module
 */

import type { CursorStatus } from "../../src/tree/cursor.ts";

/** What is answered besides the words that describe the content. */
export interface Answer {
  readonly error: number;
  readonly status: CursorStatus | undefined;
  readonly value: number;
  readonly first: number;
  readonly last: number;
}

/** How a tree and its reference are made. */
export interface ReferenceOptions {
  /** Free space is tracked. */
  readonly gaps: boolean;
  /** Readers may be beside the writer. */
  readonly readers: boolean;
  /** Every node is compared. */
  readonly shape?: boolean;
  /** The tree always has nodes, so that what the naive map says of cursors holds. */
  readonly isGuarded?: boolean;
}

/** The flags of the kernel's `mt_init_flags()`. */
export function treeFlags({ gaps, readers }: ReferenceOptions): number {
  return (gaps ? 1 : 0) | (readers ? 2 : 0);
}
