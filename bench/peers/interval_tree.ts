/** `@flatten-js/interval-tree`: a red-black tree of intervals that may overlap. */

import { Interval, IntervalTree } from "@flatten-js/interval-tree";
import { execute } from "../operations.ts?interval-tree";
import type { Peer, Range, RangeMap } from "./range_map.ts";
import { RangeTree } from "./range_tree.ts?interval-tree";

class FlattenIntervalTree extends RangeTree {
  readonly #tree = new IntervalTree<Range>();

  /** The range that holds `index`, which is all that is asked for but by `previous`. */
  protected floor(index: number): Range | undefined {
    return this.#tree.search([index, index])[0];
  }

  protected higher(index: number): Range | undefined {
    for (const range of this.#tree.iterate([index, Infinity])) {
      if (range.first > index) return range;
    }
    return undefined;
  }

  /** The library steps forward only: every range from `min` on is looked at. */
  override previous(index: number, min: number): number {
    const ranges = this.#tree.search([min, index]);
    const before = ranges.findLast((range) => range.last < index);
    return before?.first ?? -1;
  }

  protected insert(range: Range): void {
    this.#tree.insert(new Interval(range.first, range.last), range);
  }

  protected remove(range: Range): void {
    this.#tree.remove(new Interval(range.first, range.last), range);
  }

  protected override shorten(range: Range, last: number): void {
    this.remove(range); // its end is part of the key
    range.last = last;
    this.insert(range);
  }

  protected override *descending(index: number): Iterable<Range> {
    yield* this.#tree.search([-Infinity, index]).reverse();
  }

  protected forEach(visit: (range: Range) => void): void {
    this.#tree.forEach((_, range) => visit(range));
  }
}

/** The interval tree that geometry programs use. */
export const intervalTree: Peer = {
  name: "@flatten-js/interval-tree",
  alsoIn: [],
  scansForGaps: true,
  execute,
  create: (): RangeMap => new FlattenIntervalTree(),
};
