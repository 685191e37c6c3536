/**
 * The cursor: where in the tree a walk stands.
 *
 * `index … last` is the range it stands on, `status` what that means. Of the two ends it keeps the index *before* the
 * range, as nodes keep it: an iteration then only copies, and `index` is computed when it is read. (V8 adds 1 to a
 * number that is known to be an integer by turning it into an integer and back.)
 *
 * A cursor that is `active` outside of a read section also remembers the leaf and the slot. They are valid while
 * `version` equals the pool's; with every other status, and in a read section, they never are. When they are not, the
 * walk starts again from the root at the index that the cursor holds. Mirrors `struct ma_state` (Linux
 * include/linux/maple_tree.h).
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";
import type { ReadSection } from "./rcu.ts";

const { following, preceding } = arithmetic;
const { MAX_INDEX, ROOT_ENTRY } = layout;

/**
 * What the range of a state means.
 *
 * - `start`: it has not walked yet; the next call walks from the root to `index`.
 * - `active`: it stands on a slot, `index … last`.
 * - `none`: the tree has no node, and nothing at `index`.
 * - `root`: it stands on the single entry at index 0 of a tree without nodes.
 * - `pause`: the next step walks again from the root and resumes after `last` (backwards: before `index`).
 * - `overflow`, `underflow`: the last step would have passed the limit, upwards or downwards.
 * - `error`: the last store failed.
 */
export type CursorStatus =
  | "start"
  | "active"
  | "none"
  | "root"
  | "pause"
  | "overflow"
  | "underflow"
  | "error";

const NAMES: readonly CursorStatus[] = [
  "start",
  "active",
  "none",
  "root",
  "pause",
  "overflow",
  "underflow",
  "error",
];

/** The numbers of the statuses, by which cursors keep them: V8 compares those at once, and strings in several steps. */
export const Status = {
  START: 0,
  ACTIVE: 1,
  NONE: 2,
  AT_ROOT: 3,
  PAUSE: 4,
  OVERFLOW: 5,
  UNDERFLOW: 6,
  ERROR: 7,
} as const;

/** The name of a status. */
export function statusName(status: typeof Status[keyof typeof Status]): CursorStatus {
  return NAMES[status]!;
}

/** A place in a tree. */
export class Cursor<V = unknown> {
  /** The tree's nodes. */
  readonly pool: NodePool<V>;
  /** The index before the range it stands on. Starts as not-a-number to be an unboxed double from the first. */
  before: number = NaN;
  /** Last index of that range, inclusive. */
  last: number = NaN;
  /** What the range means, as a number. */
  status: typeof Status[keyof typeof Status] = Status.START;
  /** The leaf, while active and current. */
  node = 0;
  /** The slot in it. */
  slot = 0;
  /** The pool's version when `node` and `slot` were found, -1 if they are not valid. */
  version: number = -1;

  /** The read section that keeps its leaf from being reused; `undefined` outside of one. */
  readonly section: ReadSection | undefined;

  /** A cursor at `index … last`, which has not walked yet. */
  constructor(pool: NodePool<V>, index: number, last: number, section: ReadSection | undefined) {
    this.pool = pool;
    this.section = section;
    this.before = preceding(index);
    this.last = last;
  }

  /** First index of the range it stands on. */
  get index(): number {
    return following(this.before);
  }

  set index(index: number) {
    this.before = preceding(index);
  }
}

/** In a tree without nodes, steps from the single entry at 0 to the empty range after it. */
export function leaveRoot(c: Cursor): 0 {
  c.status = Status.NONE;
  c.index = 1;
  c.last = MAX_INDEX;
  return 0;
}

/** Steps from that empty range back to the single entry at 0, if there is one. */
export function enterRoot(c: Cursor): number {
  if (c.status === Status.NONE && c.index === 0) return 0;
  c.index = 0;
  c.last = 0;
  c.status = Status.AT_ROOT;
  return c.pool.words[ROOT_ENTRY]!;
}
