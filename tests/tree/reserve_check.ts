/**
 * A check of reservations that works on any build of the tree, so that a broken one can be shown to fail.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type * as Maple from "../../mod.ts";

/** Fails unless each split that reaches the root reserves 2 × height + 1 nodes and takes all of them. */
export function splitsTakeWhatTheyReserve(maple: typeof Maple): void {
  const budget = new maple.NodeBudget();
  const tree = new maple.MapleTree<string>({ gaps: true, budget });
  const grown: number[] = [];
  for (let i = 0; tree.height < 5; i++) {
    const { height } = tree;
    const state = tree.state(i * 10, i * 10 + 9);
    budget.left = Infinity;
    state.preallocate(`v${i}`);
    const { reserved } = state;
    const taken = tree.statistics().counters.allocated;
    budget.left = 0;
    state.storePreallocated(`v${i}`);
    if (height === 0 || tree.height === height) continue;
    assertEquals(reserved, 2 * height + 1);
    assertEquals(tree.statistics().counters.allocated - taken, reserved);
    grown.push(height);
  }
  assertEquals(grown, [1, 2, 3, 4]);
}
