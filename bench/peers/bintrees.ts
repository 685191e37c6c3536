/** `bintrees`: a top-down red-black tree. */

import { RBTree } from "bintrees";
import { execute } from "../operations.ts?bintrees";
import type { Peer, Range, RangeMap } from "./range_map.ts";
import { RangeTree } from "./range_tree.ts?bintrees";

/** What we use of the library's iterator. */
interface Iterator {
  data(): Range | null;
  prev(): Range | null;
}

/** What we use of the library's tree. */
interface Tree {
  insert(range: Range): boolean;
  remove(range: Range): boolean;
  upperBound(range: Range): Iterator;
  each(visit: (range: Range) => void): void;
}

class Bintrees extends RangeTree {
  readonly #probe: Range = { first: 0, last: 0, value: 0 };
  readonly #tree: Tree = new RBTree((a: Range, b: Range) => a.first - b.first);

  #upperBound(index: number): Iterator {
    this.#probe.first = index;
    return this.#tree.upperBound(this.#probe);
  }

  protected floor(index: number): Range | undefined {
    return this.#upperBound(index).prev() ?? undefined;
  }

  protected higher(index: number): Range | undefined {
    return this.#upperBound(index).data() ?? undefined;
  }

  protected insert(range: Range): void {
    this.#tree.insert(range);
  }

  protected remove(range: Range): void {
    this.#tree.remove(range);
  }

  protected override *descending(index: number): Iterable<Range> {
    const at = this.#upperBound(index);
    for (let range = at.prev(); range !== null; range = at.prev()) yield range;
  }

  protected forEach(visit: (range: Range) => void): void {
    this.#tree.each(visit);
  }
}

/** An old and widely used binary tree. */
export const bintrees: Peer = {
  name: "bintrees",
  alsoIn: [],
  scansForGaps: true,
  execute,
  create: (): RangeMap => new Bintrees(),
};
