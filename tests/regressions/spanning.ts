/**
 * Stores that leave their leaf.
 *
 * @module
 */

import { assert } from "@std/assert";
import { downwards, type Scenario, type Stage, type StagedTree, upwards } from "./scenario.ts";

/** The last index of the leaf, or of a node `levels` above it, that holds `index`. */
function endOf(tree: StagedTree, index: number, levels: number): number {
  const ranges: [number, number][] = [];
  for (const line of tree.tree.dump().split("\n")) {
    const match = /^ *([0-9a-f]+)(?:-([0-9a-f]+))?: node /.exec(line);
    if (match === null) continue;
    const first = parseInt(match[1]!, 16);
    const last = parseInt(match[2] ?? match[1]!, 16);
    if (first <= index && index <= last) ranges.push([first, last]);
  }
  return ranges.at(-1 - levels)![1];
}

// Row 8. In 2024 a store that began in one leaf and ended exactly with the last leaf of the same parent looked for
// its right side at `last`, not at `last + 1`, found the slot it was about to overwrite, and kept it. It takes a tree
// of three levels: in two the last leaf of the root ends at the index maximum. Random operations did not find it.
//
//   parent          |------------- p -------------|---- q ---- …
//   leaves          |--- a ---|--- b ---|--- c ---|
//   store                  |----------------------|          up to p's own end
//   leaves          |- a -|--------- 9 ----------|          nothing of c's last slot
function upToTheParentsEnd(stage: Stage): void {
  for (const gaps of [true, false]) {
    for (const value of [999, undefined]) {
      const count = gaps ? 160 : 400;
      const stride = 0x10;
      for (let start = 0; start < 40; start += 3) {
        stage.clear();
        const tree = stage.tree({ gaps });
        for (const i of upwards(count)) {
          tree.tree.store(i * stride, i * stride + 0xf, i + 1);
          tree.reference.store(i * stride, i * stride + 0xf, i + 1);
        }
        assert(tree.tree.height >= 3);
        const last = endOf(tree, start * stride, 1);
        tree.store(start * stride + 4, last, value);
      }
    }
  }
}

// Row 14. What is left on both sides of a spanning store may be too little for a node, at every level. 51 touching
// ranges stored downwards, then nothing over the middle, left nodes that held less than they must.
//
//   leaves  | 1 … 16 | 17 … | … | 51 |
//   nothing       |--------------|
//   leaves  | 1 …   |   free   |  51 |     joined until each holds enough
function tooLittleIsLeft(stage: Stage): void {
  for (let from = 0; from < 51; from++) {
    for (let to = from; to < 51; to++) {
      stage.clear();
      const tree = stage.tree({ gaps: (from + to) % 2 === 0 });
      for (const i of downwards(51)) {
        tree.tree.store(i * 0x10, i * 0x10 + 0xf, i + 1);
        tree.reference.store(i * 0x10, i * 0x10 + 0xf, i + 1);
      }
      tree.store(from * 0x10, to * 0x10 + 0xf, undefined);
    }
  }
}

/** Rows 8, 14. */
export const SPANNING: readonly Scenario[] = [
  {
    row: 8,
    name: "store: up to the end of the last leaf of the same parent",
    run: upToTheParentsEnd,
  },
  {
    row: 14,
    name: "store: nothing over the middle leaves no node too small",
    run: tooLittleIsLeft,
  },
];
