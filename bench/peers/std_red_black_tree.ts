/** `RedBlackTree` of Deno's standard library. */

import { RedBlackTree } from "@std/data-structures";
import { execute } from "../operations.ts?std";
import type { Peer, Range } from "./range_map.ts";
import { RangeTree } from "./range_tree.ts?std";

/**
 * The class finds only equals. Its comparator sees the whole path of a search, though, and remembers the neighbours
 * of what was searched for.
 */
class StdRedBlackTree extends RangeTree {
  readonly #probe: Range = { first: 0, last: 0, value: 0 };
  #floor: Range | undefined;
  #higher: Range | undefined;
  readonly #tree = new RedBlackTree<Range>((a: Range, b: Range) => {
    if (a === this.#probe) {
      if (b.first <= a.first) this.#floor = b;
      else this.#higher = b;
    }
    return a.first - b.first;
  });

  #search(index: number): void {
    this.#floor = undefined;
    this.#higher = undefined;
    this.#probe.first = index;
    this.#tree.find(this.#probe);
  }

  protected floor(index: number): Range | undefined {
    this.#search(index);
    return this.#floor;
  }

  protected higher(index: number): Range | undefined {
    this.#search(index + 0.5); // between two indices: never equal, so the path goes down to both neighbours
    return this.#higher;
  }

  protected insert(range: Range): void {
    this.#tree.insert(range);
  }

  protected remove(range: Range): void {
    this.#tree.remove(range);
  }

  protected override *descending(index: number): Iterable<Range> {
    for (const range of this.#tree.rnlValues()) if (range.first <= index) yield range;
  }

  protected forEach(visit: (range: Range) => void): void {
    for (const range of this.#tree.lnrValues()) visit(range);
  }
}

/** Deno's own ordered set. */
export const stdRedBlackTree: Peer = {
  name: "std red-black tree",
  alsoIn: ["recorded"],
  scansForGaps: true,
  execute,
  create: () => new StdRedBlackTree(),
};
