/**
 * The directed boundary sweep: random operations do not find what happens only where a range ends exactly with a node.
 *
 * For trees of each height, with and without gap tracking, of touching ranges and of ranges with free space between,
 * stored upwards, downwards, or thinned out until nodes hold as little as they may: every
 * boundary of a leaf or a parent, one index before it and one after, is the start of ranges that end at, one before
 * and one after the ends of their own slot, leaf, parent and grandparent, of the next ones, and of the tree; each is
 * stored and cleared. After every case the tree is validated from scratch and compared, range by range, with the list
 * it must hold.
 *
 * @module
 */

import type { Entry, MapleTree } from "../../mod.ts";

/** The part of a build that the sweep needs. */
export interface TreeModule {
  readonly MapleTree: typeof MapleTree;
  readonly MAX_INDEX: number;
}

/** What to sweep. */
export interface SweepOptions {
  /** Heights of the trees. */
  readonly heights: readonly number[];
  /** Of the boundaries of each tree only every n-th is a start; 1 for all. */
  readonly stride: number;
  /** Told of each tree as it is done. */
  readonly onTree?: (done: TreeSweep) => void;
}

/** How the ranges of a tree got there. */
const ORDERS = ["upwards", "downwards", "thinned"] as const;

/** A kind of tree. */
export interface TreeKind {
  readonly height: number;
  readonly gaps: boolean;
  /** Ranges touch each other, or have free space between them. */
  readonly touching: boolean;
  readonly order: typeof ORDERS[number];
}

/** What was done with one tree. */
export interface TreeSweep extends TreeKind {
  readonly ranges: number;
  readonly boundaries: number;
  readonly cases: number;
  /** Cases by what the store did: the counters of the tree that it moved. */
  readonly kinds: Readonly<Record<string, number>>;
}

/** A case that went wrong. */
export class SweepError extends Error {
  override readonly name = "SweepError";
}

/** The highest place of a range in a tree that is stored downwards. */
const DOWNWARDS_FROM = 100_000;

/** Indices in one range of a tree. */
const LENGTH = 4;

/** A store, or a clear. */
export interface SweepWrite {
  readonly first: number;
  readonly last: number;
  /** Nothing is stored if it is undefined. */
  readonly value: number | undefined;
}

/** The base tree of a sweep, and what it holds. */
export interface SweepBase {
  readonly tree: MapleTree<number>;
  readonly entries: readonly Entry<number>[];
  /** The writes that made the tree. */
  readonly writes: readonly SweepWrite[];
  /** Last indices of nodes by level, the leaves first, ascending. */
  readonly ends: readonly (readonly number[])[];
}

/** Sweeps trees of each kind. */
export function sweep(maple: TreeModule, options: SweepOptions): TreeSweep[] {
  const done: TreeSweep[] = [];
  for (const kind of kindsOf(options.heights)) {
    const result = sweepTree(maple, kind, options.stride);
    options.onTree?.(result);
    done.push(result);
  }
  return done;
}

/** Trees of these heights, of every kind. */
export function* kindsOf(heights: readonly number[]): Generator<TreeKind> {
  for (const height of heights) {
    for (const gaps of [true, false]) {
      for (const touching of [true, false]) {
        for (const order of ORDERS) yield { height, gaps, touching, order };
      }
    }
  }
}

function sweepTree(maple: TreeModule, kind: TreeKind, stride: number): TreeSweep {
  const base = sweepBase(maple, kind);
  const kinds: Record<string, number> = {};
  let cases = 0;
  for (const { first, last, value } of sweepWrites(base, stride, maple.MAX_INDEX)) {
    const done = tryStore(base, first, last, value);
    kinds[done] = (kinds[done] ?? 0) + 1;
    cases++;
  }
  const ranges = base.entries.length;
  return { ...kind, ranges, boundaries: boundariesOf(base).length, cases, kinds };
}

/** Every write at a boundary of the base's nodes; each is to be tried on a tree of its own. */
export function* sweepWrites(
  base: Pick<SweepBase, "tree" | "entries" | "ends">,
  stride: number,
  max: number,
): Generator<SweepWrite> {
  const boundaries = boundariesOf(base);
  for (let i = 0; i < boundaries.length; i += stride) {
    for (const first of around(boundaries[i]! + 1, max)) {
      for (const last of endsFor(base, first, max)) {
        yield { first, last, value: SWEPT };
        yield { first, last, value: undefined };
      }
    }
  }
}

/** What is stored in a case: no value of a base. */
const SWEPT = 0x10_0000;

function boundariesOf({ ends }: Pick<SweepBase, "ends">): number[] {
  return [...new Set([-1, ...ends.flat()])].sort((a, b) => a - b);
}

/** Stores ranges until the tree has its height, and some more of them. */
export function sweepBase(
  maple: TreeModule,
  { height, gaps, touching, order }: TreeKind,
): SweepBase {
  const writes: SweepWrite[] = [];
  const tree = new maple.MapleTree<number>({ gaps });
  const step = touching ? LENGTH : 2 * LENGTH;
  const store = (i: number) => {
    // Downwards from where no tree of this height begins.
    const place = order === "downwards" ? DOWNWARDS_FROM - i : i;
    const write = { first: place * step, last: place * step + LENGTH - 1, value: i + 1 };
    tree.store(write.first, write.last, write.value);
    writes.push(write);
  };
  let count = 0;
  while (tree.height < height) store(count++);
  const more = height === 1 ? 7 : Math.floor(count * (order === "thinned" ? 2 : 1.3));
  while (count < more) store(count++);
  if (order === "thinned") thin(tree, writes);
  if (tree.height !== height) throw new Error(`The tree is ${tree.height} high, not ${height}`);
  return { tree, entries: [...tree.entries()], writes, ends: nodeEnds(tree) };
}

/** Clears ranges, a few of every leaf in turn, as long as the tree keeps its height and its number of leaves. */
function thin(tree: MapleTree<number>, writes: SweepWrite[]): void {
  for (const { first, last } of [...tree.entries()]) {
    const write = { first, last: last + (first % 3 === 0 ? LENGTH : 0), value: undefined };
    const before = tree.statistics();
    const copy = tree.duplicate();
    copy.store(write.first, write.last, undefined);
    const after = copy.statistics();
    if (after.leaves !== before.leaves || after.height !== before.height) continue;
    tree.store(write.first, write.last, undefined);
    writes.push(write);
  }
}

/** The last index of each node by level, from the dump. */
function nodeEnds(tree: MapleTree<number>): number[][] {
  const ends: number[][] = Array.from({ length: tree.height }, () => []);
  for (
    const match of tree.dump().matchAll(/^ *([0-9a-f]+)(?:-([0-9a-f]+))?: node \S+ depth (\d+)/gm)
  ) {
    ends[tree.height - 1 - Number(match[3])]!.push(parseInt(match[2] ?? match[1]!, 16));
  }
  return ends;
}

/** The index itself and those beside it, as far as they are indices. */
function around(index: number, max: number): number[] {
  return [index - 1, index, index + 1].filter((near) => near >= 0 && near <= max);
}

/** Where ranges from `first` end: at and beside the ends of what holds it and of what comes next, on every level. */
function endsFor(
  { tree, entries, ends }: Pick<SweepBase, "tree" | "entries" | "ends">,
  first: number,
  max: number,
): number[] {
  const found = new Set<number>([first, max]);
  const slot = tree.find(first);
  const slotEnds = slot === undefined ? [] : [slot.last, slot.last + LENGTH, entries.at(-1)!.last];
  const nodeEnds = ends.flatMap((level) => {
    const at = level.findIndex((end) => end >= first);
    return [level[at]!, level[at + 1] ?? max, level[at + 2] ?? max];
  });
  for (const end of [...slotEnds, ...nodeEnds]) {
    for (const last of around(end, max)) if (last >= first) found.add(last);
  }
  return [...found];
}

/** One case; what kind of store it was. */
function tryStore(
  { tree, entries }: SweepBase,
  first: number,
  last: number,
  value: number | undefined,
): string {
  const copy = tree.duplicate();
  try {
    copy.store(first, last, value);
    copy.validate();
    compare(copy, entries, first, last, value);
  } catch (error) {
    const stored = value === undefined ? "nothing" : "a value";
    const range = `0x${first.toString(16)}-0x${last.toString(16)}`;
    throw new SweepError(
      `Storing ${stored} over ${range} of ${entries.length} ranges went wrong: ${error}`,
      { cause: error },
    );
  }
  const { counters } = copy.statistics();
  return counters.spanning > 0
    ? "spanning"
    : counters.split > 0
    ? "split"
    : counters.rebalanced > 0
    ? "rebalance"
    : counters.rewritten > 0
    ? "one leaf"
    : "whole tree";
}

/** Compares with the old entries, cut where the range lies, and the new one. */
function compare(
  tree: MapleTree<number>,
  entries: readonly Entry<number>[],
  first: number,
  last: number,
  value: number | undefined,
): void {
  const found = tree.entries();
  const expect = (low: number, high: number, held: number) => {
    const { value: entry, done } = found.next();
    if (done || entry.first !== low || entry.last !== high || entry.value !== held) {
      const seen = done ? "nothing" : `${entry.first}-${entry.last}: ${entry.value}`;
      throw new Error(`expected ${low}-${high}: ${held}, found ${seen}`);
    }
  };
  let stored = value === undefined;
  for (const entry of entries) {
    if (entry.first < first) expect(entry.first, Math.min(entry.last, first - 1), entry.value);
    if (entry.last <= last) continue;
    if (!stored) expect(first, last, value!);
    stored = true;
    expect(Math.max(entry.first, last + 1), entry.last, entry.value);
  }
  if (!stored) expect(first, last, value!);
  if (!found.next().done) throw new Error("there is an entry too many");
}

/** The table of what was swept. */
export function formatSweep(trees: readonly TreeSweep[]): string {
  const lines = trees.map(({ ranges, boundaries, cases, kinds, ...tree }) => {
    const spacing = tree.touching ? "touching" : "with free space";
    const what = `${tree.gaps ? "gaps" : "no gaps"}, ${spacing}, ${tree.order}`;
    const counts = Object.entries(kinds).map(([kind, count]) => `${kind} ${count}`).sort().join(
      ", ",
    );
    return `height ${tree.height}, ${what}: ${ranges} ranges, ${boundaries} boundaries, ` +
      `${cases} cases (${counts})`;
  });
  const cases = trees.reduce((sum, tree) => sum + tree.cases, 0);
  return [...lines, `${cases} cases, each validated and compared`].join("\n");
}
