/**
 * Reducing a failing list of tree operations.
 *
 * A list fails if after one of its operations the tree breaks a rule or does not hold what it was told to. First
 * operations are removed, then the boundaries of their ranges: two that lie side by side become one where the list
 * still fails. What is left is renumbered, boundary n at 0x10 · n.
 *
 * @module
 */

import { MAX_INDEX } from "../../tree/node_layout.ts";
import { MapleTree } from "../../tree/maple_tree.ts";
import { modelFailureOf } from "./failure.ts";
import { reduce } from "./reduce.ts";

/** A write to a tree, range inclusive; nothing is stored if `value` is 0. */
export interface TreeWrite {
  /** First index. */
  readonly first: number;
  /** Last index. */
  readonly last: number;
  /** A number of its own for each value, 0 for nothing. */
  readonly value: number;
}

/** Indices from one boundary of a renumbered list to the next. */
const SPACING = 0x10;

/** How a list fails: the rule that is broken; undefined if it does not. */
export function failureOf(writes: readonly TreeWrite[]): string | undefined {
  const tree = new MapleTree<number>({ gaps: true });
  let held: TreeWrite[] = [];
  try {
    for (const write of writes) {
      tree.store(write.first, write.last, write.value === 0 ? undefined : write.value);
      held = told(held, write);
      tree.validate();
    }
    return holds(tree, held) ? undefined : "the tree does not hold what it was told to";
  } catch (error) {
    return modelFailureOf(error).rule;
  }
}

/** The smallest list that fails as `writes` does; `writes` itself if it does not fail. */
export function shrinkWrites(writes: readonly TreeWrite[]): TreeWrite[] {
  const failure = failureOf(writes);
  if (failure === undefined) return [...writes];
  const fails = (list: readonly TreeWrite[]) => failureOf(list) === failure;
  let left = reduce(writes, fails);
  for (let smaller = left; smaller.length > 0;) {
    smaller = reduce(joinBoundaries(left, fails), fails);
    if (smaller.length === left.length && sameRanges(smaller, left)) break;
    left = smaller;
  }
  const renumbered = renumber(left);
  return fails(renumbered) ? renumbered : left;
}

/** What a sorted list of ranges holds after one more write. */
function told(held: readonly TreeWrite[], { first, last, value }: TreeWrite): TreeWrite[] {
  const kept = held.flatMap((range) => {
    const parts = [];
    if (range.first < first) parts.push({ ...range, last: Math.min(range.last, first - 1) });
    if (range.last > last) parts.push({ ...range, first: Math.max(range.first, last + 1) });
    return parts;
  });
  if (value !== 0) kept.push({ first, last, value });
  return kept.sort((a, b) => a.first - b.first);
}

function holds(tree: MapleTree<number>, held: readonly TreeWrite[]): boolean {
  const entries = [...tree.entries()];
  return entries.length === held.length && sameRanges(entries, held);
}

function sameRanges(a: readonly TreeWrite[], b: readonly TreeWrite[]): boolean {
  return a.every((range, i) =>
    range.first === b[i]!.first && range.last === b[i]!.last && range.value === b[i]!.value
  );
}

/** First indices of ranges, and the first index after each, ascending. */
function boundariesOf(writes: readonly TreeWrite[]): number[] {
  const all = new Set(writes.flatMap(({ first, last }) => [first, last + 1]));
  return [...all].sort((a, b) => a - b);
}

/** The list with each boundary moved to where `move` says; ranges that become empty go. */
function moveBoundaries(
  writes: readonly TreeWrite[],
  move: (boundary: number) => number,
): TreeWrite[] {
  return writes.map(({ first, last, value }) => ({
    first: move(first),
    last: last === MAX_INDEX ? last : move(last + 1) - 1,
    value,
  })).filter(({ first, last }) => first <= last);
}

/** Moves each boundary onto its neighbour where the list still fails. */
function joinBoundaries(
  writes: readonly TreeWrite[],
  fails: (writes: readonly TreeWrite[]) => boolean,
): readonly TreeWrite[] {
  let left = writes;
  for (let i = boundariesOf(left).length - 2; i > 0; i--) {
    for (const target of [i - 1, i + 1]) {
      const boundaries = boundariesOf(left);
      const [from, to] = [boundaries[i], boundaries[target]];
      if (from === undefined || to === undefined || to > MAX_INDEX) continue;
      const joined = moveBoundaries(left, (boundary) => boundary === from ? to : boundary);
      if (joined.length > 0 && fails(joined)) left = joined;
    }
  }
  return left;
}

/** Boundary n at 0x10 · n, values 1, 2 … in the order in which they appear. */
function renumber(writes: readonly TreeWrite[]): TreeWrite[] {
  const places = new Map(boundariesOf(writes).map((boundary, i) => [boundary, i * SPACING]));
  const values = new Map<number, number>([[0, 0]]);
  return moveBoundaries(writes, (boundary) => places.get(boundary)!).map((write) => {
    const value = values.get(write.value) ?? values.size;
    values.set(write.value, value);
    return { ...write, value };
  });
}
