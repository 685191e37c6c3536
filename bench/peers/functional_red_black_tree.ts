/** `functional-red-black-tree`: a persistent tree; every change makes a new root. */

import createTree from "functional-red-black-tree";
import { execute } from "../operations.ts?functional";
import type { Peer, Range, RangeMap } from "./range_map.ts";
import { RangeTree } from "./range_tree.ts?functional";

/** What we use of the library's iterator. */
interface Iterator {
  readonly value: Range | undefined;
  readonly hasPrev: boolean;
  prev(): void;
  remove(): Tree;
}

/** What we use of the library's tree. */
interface Tree {
  insert(key: number, value: Range): Tree;
  le(key: number): Iterator;
  gt(key: number): Iterator;
  find(key: number): Iterator;
  forEach(visit: (key: number, value: Range) => void): void;
}

class FunctionalRedBlackTree extends RangeTree {
  #tree: Tree = createTree((a: number, b: number) => a - b);

  protected floor(index: number): Range | undefined {
    return this.#tree.le(index).value;
  }

  protected higher(index: number): Range | undefined {
    return this.#tree.gt(index).value;
  }

  protected insert(range: Range): void {
    this.#tree = this.#tree.insert(range.first, range);
  }

  protected remove(range: Range): void {
    this.#tree = this.#tree.find(range.first).remove();
  }

  protected override *descending(index: number): Iterable<Range> {
    const at = this.#tree.le(index);
    for (;;) {
      const range = at.value;
      if (range === undefined) return;
      yield range;
      if (!at.hasPrev) return;
      at.prev();
    }
  }

  protected forEach(visit: (range: Range) => void): void {
    this.#tree.forEach((_, range) => visit(range));
  }
}

/** The most downloaded persistent ordered map. */
export const functionalRedBlackTree: Peer = {
  name: "functional-red-black-tree",
  alsoIn: ["recorded"],
  scansForGaps: true,
  execute,
  create: (): RangeMap => new FunctionalRedBlackTree(),
};
