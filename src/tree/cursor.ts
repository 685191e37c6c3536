/**
 * The cursor: where in the tree a walk stands.
 *
 * `index … last` is the range it stands on, `status` what that means. Of the two ends it keeps the index *before*
 * the range, as nodes keep it: an iteration then only copies, and `index` is reckoned when somebody asks. (V8
 * adds 1 to a number that is known to be an integer by turning it into an integer and back.)
 *
 * A cursor that is `active` outside of a read section also remembers the leaf and the slot. They can be believed as
 * long as `version` is the pool's; with every other status, and in a read section, it never is. When they cannot,
 * the walk begins again from the root at the index that the cursor holds. The kernel's `struct ma_state` plays
 * this part.
 *
 * @module
 */

import type { ReadSection } from "./rcu.ts";
import type { NodePool } from "./node_pool.ts";

/**
 * Where a cursor stands.
 *
 * - `start`: nowhere yet; the next call walks from the root to `index`.
 * - `active`: on a slot, `index … last`.
 * - `none`: there was nothing where it looked, and no node either.
 * - `root`: on the single entry at index 0 of a tree without nodes.
 * - `pause`: the tree may have changed; going on means behind `last`, or in front of `index`.
 * - `overflow`, `underflow`: the last step would have left the limit, upwards or downwards.
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

/** The statuses as numbers, in the same order: V8 compares those at once, and strings in several steps. */
export const Standing = {
  START: 0,
  ACTIVE: 1,
  NONE: 2,
  AT_ROOT: 3,
  PAUSE: 4,
  OVERFLOW: 5,
  UNDERFLOW: 6,
  ERROR: 7,
} as const;

/** One of {@linkcode Standing}. */
export type Standing = typeof Standing[keyof typeof Standing];

const STATUSES: readonly CursorStatus[] = [
  "start",
  "active",
  "none",
  "root",
  "pause",
  "overflow",
  "underflow",
  "error",
];

/** A place in a tree. */
export class Cursor<V = unknown> {
  /** The tree's nodes. */
  readonly pool: NodePool<V>;
  /** The index before the range it stands on. Starts as not-a-number to be an unboxed double from the first. */
  before: number = NaN;
  /** Last index of that range, inclusive. */
  last: number = NaN;
  /** What the range means: the status as a number. */
  standing: Standing = Standing.START;
  /** The leaf, while active and current. */
  node = 0;
  /** The slot in it. */
  slot = 0;
  /** The pool's version when `node` and `slot` were found, -1 if they say nothing. */
  version: number = -1;

  /** The read section that keeps its leaf from being reused; `undefined` outside of one. */
  readonly section: ReadSection | undefined;

  /** A cursor at `index … last`, which has not walked yet. */
  constructor(pool: NodePool<V>, index: number, last: number, section: ReadSection | undefined) {
    this.pool = pool;
    this.section = section;
    this.before = index - 1;
    this.last = last;
  }

  /** What the range means. */
  get status(): CursorStatus {
    return STATUSES[this.standing]!;
  }

  /** First index of the range it stands on. */
  get index(): number {
    return this.before + 1;
  }

  set index(index: number) {
    this.before = index - 1;
  }
}
