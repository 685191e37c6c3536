/** `sorted-btree`: a B+ tree with 32 keys a node, keyed by the start of a range. */

import BTreeModule from "sorted-btree";
import { execute } from "../operations.ts?sorted-btree";
import type { Peer, Range, RangeMap } from "./range_map.ts";
import { RangeTree } from "./range_tree.ts?sorted-btree";

const BTree = BTreeModule.default;
type Tree = InstanceType<typeof BTree<number, Range>>;

class SortedBTree extends RangeTree {
  readonly #tree: Tree;

  constructor(tree: Tree = new BTree<number, Range>(undefined, (a, b) => a - b)) {
    super();
    this.#tree = tree;
  }

  protected floor(index: number): Range | undefined {
    return this.#tree.getPairOrNextLower(index)?.[1];
  }

  protected higher(index: number): Range | undefined {
    return this.#tree.nextHigherPair(index)?.[1];
  }

  protected insert(range: Range): void {
    this.#tree.set(range.first, range);
  }

  protected remove(range: Range): void {
    this.#tree.delete(range.first);
  }

  protected override *descending(index: number): Iterable<Range> {
    for (const [, range] of this.#tree.entriesReversed(index)) yield range;
  }

  protected forEach(visit: (range: Range) => void): void {
    this.#tree.forEach(visit);
  }

  duplicate(): RangeMap {
    return new SortedBTree(this.#tree.mapValues((range) => ({ ...range })));
  }
}

/** The B+ tree that most TypeScript programs use. */
export const sortedBTree: Peer = {
  name: "sorted-btree",
  alsoIn: ["recorded", "touching", "million", "million built"],
  scansForGaps: true,
  execute,
  create: () => new SortedBTree(),
};
