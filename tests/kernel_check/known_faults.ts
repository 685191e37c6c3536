/**
 * Faults of released trees: how each is recognised, and which operations meet it.
 *
 * What decides is what the tree does: the program of each fault is tried first, and only a tree that fails it has it.
 * In a release that is known to have it the fault is told by name and the operations that meet it are left out, so
 * that the check can go on to what is new. In any other tree it is a finding like every other.
 *
 * @module
 */

import { MAX_INDEX } from "../../src/tree/node_layout.ts";
import { isWrite, type Operation, operation, Verb } from "../../src/kernel/operation.ts";
import type { CursorHistory } from "./cursor_history.ts";
import type { Difference, DifferenceKind } from "./difference.ts";
import type { ReferenceOptions } from "./answer.ts";

/** A fault of a released tree. */
export interface KnownFault {
  /** What is wrong, one line. */
  readonly name: string;
  /** The row of the catalogue of regressions, if it has one. */
  readonly row?: number;
  /** The first and the last release in which it was seen; a later stable release may have been mended. */
  readonly releases: readonly [first: string, last: string];
  /** A tree and operations on it that go wrong where the fault is. */
  readonly tree: ReferenceOptions;
  readonly program: readonly Operation[];
  /** True if the operation may meet the fault, so that it is left out. */
  readonly meets: (operation: Operation, cursor: CursorHistory) => boolean;
  /**
   * Of a fault that depends on the tree's nodes, which no operation tells beforehand: true if it is what went wrong.
   *
   * @param shape the tree's nodes before the operation, as the driver prints them
   */
  readonly explains?: (difference: Difference, shape: string) => boolean;
}

const GAPS: ReferenceOptions = { gaps: true, readers: false };

/** A tree of a few ranges with nodes. */
const FEW = [
  operation(Verb.STORE, 0x10, 0x1f, 1),
  operation(Verb.STORE, 0x40, 0x4f, 2),
  operation(Verb.STORE, 0x100, 0x1ff, 3),
];

const GAP_SEARCHES: ReadonlySet<Verb> = new Set([
  Verb.EMPTY_AREA,
  Verb.EMPTY_AREA_REVERSE,
  Verb.CURSOR_EMPTY_AREA,
  Verb.CURSOR_EMPTY_AREA_REVERSE,
]);

const MOVES_UP: ReadonlySet<Verb> = new Set([
  Verb.CURSOR_NEXT,
  Verb.CURSOR_FIND,
  Verb.CURSOR_NEXT_RANGE,
  Verb.CURSOR_FIND_RANGE,
]);

const MOVES_DOWN: ReadonlySet<Verb> = new Set([
  Verb.CURSOR_PREVIOUS,
  Verb.CURSOR_FIND_REVERSE,
  Verb.CURSOR_PREVIOUS_RANGE,
  Verb.CURSOR_FIND_RANGE_REVERSE,
]);

function isCursor(verb: Verb): boolean {
  return verb >= Verb.CURSOR_SET && verb < Verb.NEW_TREE;
}

/** A step that ends before it walks. */
function isPastLimitAtStart(
  { verb, a }: Operation,
  { hasWalked, index, last }: CursorHistory,
): boolean {
  if (hasWalked) return false;
  return (MOVES_UP.has(verb) && last >= a) || (MOVES_DOWN.has(verb) && index <= a);
}

/** All of them. */
export const KNOWN_FAULTS: readonly KnownFault[] = [
  {
    name:
      "a gap search for more than its window holds answers EBUSY, or an area outside of it, not EINVAL",
    row: 7,
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [...FEW, operation(Verb.EMPTY_AREA_REVERSE, 0x706000, 0x707fff, 0x4000)],
    meets: ({ verb, a, b, c }) => GAP_SEARCHES.has(verb) && (a >= b || c === 0 || c - 1 > b - a),
  },
  {
    name:
      "mtree_alloc_range() and mtree_alloc_rrange() miss areas and crash in a tree that is one leaf",
    row: 33,
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [
      operation(Verb.INSERT, 0x0, 0xf, 1),
      operation(Verb.ALLOCATE, 0x10, 0x1f, 6, 2),
    ],
    meets: ({ verb }) => verb === Verb.ALLOCATE || verb === Verb.ALLOCATE_REVERSE,
  },
  {
    name:
      "mas_find_rev() of a state that was paused at index 0 goes on at the other end of the tree",
    row: 20,
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [
      ...FEW,
      operation(Verb.CURSOR_SET, 0x20, 0x20),
      operation(Verb.CURSOR_FIND_REVERSE, 0),
      operation(Verb.CURSOR_FIND_REVERSE, 0),
      operation(Verb.CURSOR_PAUSE),
      operation(Verb.CURSOR_FIND_REVERSE, 0),
    ],
    meets: ({ verb }, { latest, index }) =>
      latest === Verb.CURSOR_PAUSE && verb === Verb.CURSOR_FIND_REVERSE && index === 0,
  },
  {
    name:
      "mas_walk() of a state that was paused crashes, as does what walks: mas_erase(), mas_store()",
    row: 20,
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [...FEW, operation(Verb.CURSOR_PAUSE), operation(Verb.CURSOR_WALK)],
    meets: ({ verb }, { latest }) =>
      latest === Verb.CURSOR_PAUSE &&
      (verb === Verb.CURSOR_WALK || isWrite(verb) || GAP_SEARCHES.has(verb)),
  },
  {
    name:
      "a step whose limit is at or before the range of a state that has not walked is taken all the same",
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [
      operation(Verb.STORE, 0x10, 0x1f, 1),
      operation(Verb.CURSOR_SET, 0x0, 0x2f),
      operation(Verb.CURSOR_NEXT, 0x20),
    ],
    meets: isPastLimitAtStart,
  },
  {
    name:
      "storing nothing goes on with a widened range after it has waited for memory, over what another writer stored there",
    row: 23,
    releases: ["6.1", "6.1"],
    tree: { gaps: true, readers: true },
    program: [
      operation(Verb.STORE, 0x10, 0x1f, 1),
      operation(Verb.STORE, 0x20, 0x2f, 2),
      operation(Verb.STORE_BESIDE, 0x10, 0x1f, 0, 0),
    ],
    meets: ({ verb, c }) => verb === Verb.STORE_BESIDE && c === 0,
  },
  {
    name: "mas_find_rev() and mas_prev() do not find an entry that is alone at index 0",
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [operation(Verb.STORE, 0, 0, 1), operation(Verb.FIND_REVERSE, MAX_INDEX, 0)],
    meets: ({ verb }, { entries }) =>
      entries === 1 &&
      (verb === Verb.FIND_REVERSE || verb === Verb.PREVIOUS || MOVES_DOWN.has(verb)),
  },
  {
    name: "after a step that found nothing mas_next() and mas_prev() answer the wrong entry",
    row: 19,
    releases: ["6.1", "6.1"],
    tree: GAPS,
    program: [
      operation(Verb.STORE, 0x10, 0x1f, 1),
      operation(Verb.CURSOR_FIND, MAX_INDEX),
      operation(Verb.CURSOR_NEXT, 0),
      operation(Verb.CURSOR_NEXT, MAX_INDEX),
    ],
    meets: ({ verb }, { hasFoundNothing }) =>
      isCursor(verb) && hasFoundNothing && verb !== Verb.CURSOR_SET,
  },
  {
    name:
      "a step whose limit is at or before the range of a state that has not walked leaves a state that crashes",
    releases: ["6.12", "7.3"],
    tree: GAPS,
    program: [
      operation(Verb.CURSOR_SET, 0x10, 0x1f),
      operation(Verb.STORE, 0x0, 0xf, 1),
      operation(Verb.CURSOR_NEXT_RANGE, 0x10),
      operation(Verb.CURSOR_NEXT_RANGE, MAX_INDEX),
    ],
    meets: isPastLimitAtStart,
  },
  {
    name:
      "a move away from an area that a gap search found reports a range that reaches up to the area",
    releases: ["6.1", "7.3"],
    tree: GAPS,
    program: [
      operation(Verb.STORE, 0x0, 0xf, 1),
      operation(Verb.CURSOR_EMPTY_AREA_REVERSE, 0x10, 0x1f, 8),
      operation(Verb.CURSOR_FIND_REVERSE, 0),
    ],
    meets: ({ verb }, { latest }) =>
      latest !== undefined && GAP_SEARCHES.has(latest) &&
      (MOVES_UP.has(verb) || MOVES_DOWN.has(verb)),
  },
  {
    name:
      "mas_empty_area_rev() up to the maximum finds nothing where only the maximum itself is occupied",
    releases: ["6.1", "7.3"],
    tree: GAPS,
    program: [
      operation(Verb.STORE, MAX_INDEX, MAX_INDEX, 1),
      operation(Verb.EMPTY_AREA_REVERSE, 0, MAX_INDEX, 8),
    ],
    meets: ({ verb, b }) =>
      b === MAX_INDEX &&
      (verb === Verb.EMPTY_AREA_REVERSE || verb === Verb.CURSOR_EMPTY_AREA_REVERSE ||
        verb === Verb.ALLOCATE_REVERSE),
  },
  {
    name:
      "destroying a tree without gaps, with readers, whose root has all 16 children follows a wild pointer: mt_clear_meta() " +
      "takes the last child, whose type is gone by then, for metadata; so does a store over all of such a subtree",
    releases: ["6.1", "7.3"],
    tree: { gaps: false, readers: true },
    // Stored upwards so many touching ranges make such a root.
    program: Array.from(
      { length: 3391 },
      (_, i) => operation(Verb.STORE, i * 0x10, i * 0x10 + 0xf, i + 1),
    ),
    meets: () => false,
    explains: hasDestroyedFullNode,
  },
];

/** Differences that a wild pointer makes. */
const OF_MEMORY: ReadonlySet<DifferenceKind> = new Set(["crash", "rule", "leak", "warning"]);

/** True if the operation destroyed a node with all 16 children: the whole tree's root, or one below what was stored. */
function hasDestroyedFullNode({ kind, operation: it }: Difference, shape: string): boolean {
  if (!OF_MEMORY.has(kind)) return false;
  const isWhole = it.verb >= Verb.NEW_TREE || (it.a === 0 && it.b === MAX_INDEX);
  for (const [, depth, first, last] of shape.matchAll(FULL_NODE)) {
    if (Number(depth) === 0 ? isWhole : isWrite(it.verb) && meetsRange(it, first!, last!)) {
      return true;
    }
  }
  return false;
}

const FULL_NODE = /^node d=(\d+) range64 0x([0-9a-f]+)-0x([0-9a-f]+) end=15$/gm;

/** True if the operation may have written in a node's range; where a cursor writes it does not say. */
function meetsRange({ verb, a, b }: Operation, first: string, last: string): boolean {
  if (isCursor(verb) || verb >= Verb.NEW_TREE) return true;
  return a <= parseInt(last, 16) && parseInt(first, 16) <= b;
}

/** True if the fault is known of a release, `6.12` say. */
export function isKnownOf({ releases: [first, last] }: KnownFault, release: string): boolean {
  const order = (text: string) => {
    const [major = 0, minor = 0] = text.split(".").map(Number);
    return 1000 * major + minor;
  };
  return order(first) <= order(release) && order(release) <= order(last);
}
