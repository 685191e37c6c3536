/** Runs at their bounds: two nodes just full, neighbours under other parents, loads in order. */

import { assertEquals } from "@std/assert";
import { type MapleTree, MAX_INDEX } from "../../mod.ts";
import { CheckedTree } from "./checked_tree.ts";

/** Two leaves of sixteen slots: the left one ends with [0x70, 0x7f] and [0x80, 0x8f]. */
function twoFull(): CheckedTree {
  const checked = CheckedTree.touching(24);
  for (let i = 0; i < 7; i++) checked.store(i * 0x10 + 8, i * 0x10 + 0xf, 100 + i);
  assertEquals(checked.leaves(), ["0-8f:15", "90-max:15"]);
  return checked;
}

// `mab_middle_node()`: a third node only for more than two can hold.
Deno.test("rebalance: 32 slots fill two leaves", () => {
  const checked = twoFull();
  checked.store(0x80, 0x97, 99);
  assertEquals(checked.leaves(), ["0-97:15", "98-max:15"]);
});

Deno.test("rebalance: 31 slots with an empty one in the middle fill two leaves, it begins the second", () => {
  const checked = twoFull();
  checked.store(0x80, 0x9f, undefined);
  assertEquals(checked.leaves(), ["0-7f:14", "80-max:15"]);
});

// Nine entries, each with a gap behind it: the 18 slots are cut, off balance only in a load that was announced.
Deno.test("expectEntries: a load leaves the right leaf just enough, any other half", () => {
  for (const announced of [true, false]) {
    const checked = new CheckedTree();
    const state = checked.tree.state();
    if (announced) state.expectEntries(9);
    for (let i = 0; i < 9; i++) {
      state.set(i * 0x20, i * 0x20 + 0xf);
      state.store(i);
    }
    assertEquals(
      checked.leaves(),
      announced ? ["0-af:10", "b0-max:6"] : ["0-8f:8", "90-max:8"],
    );
  }
});

// From each leaf to each later one of a tree of height 3 all is stored over but a slot at either end.
for (const gaps of [true, false]) {
  Deno.test(`rebalance: what is left at both ends finds a neighbour under any parent, gaps ${gaps}`, () => {
    const whole = CheckedTree.touching(300, { gaps });
    assertEquals(whole.tree.height, 3);
    const bounds = whole.leaves().map((leaf) => parseInt(leaf, 16));
    for (const from of bounds) {
      for (const to of [...bounds.filter((bound) => bound > from), 300 * 0x10]) {
        const tree: MapleTree<number> = whole.tree.duplicate();
        tree.store(from + 8, to - 9, 7);
        tree.validate();
        assertEquals([tree.load(from + 8), tree.load(to - 9)], [7, 7]);
        const tail: MapleTree<number> = whole.tree.duplicate();
        tail.store(from + 8, MAX_INDEX, 7);
        tail.validate();
      }
    }
  });
}

Deno.test("rebalance: a leaf that takes in its neighbour is counted once, one that has none not at all", () => {
  for (const [first, last] of [[0, 0x9f], [0x1f0, 0x25f]] as const) {
    const { tree } = CheckedTree.touching(40);
    tree.store(first, last, undefined);
    assertEquals(tree.statistics().counters.rebalanced, 1);
  }
  const { tree } = CheckedTree.touching(40);
  tree.store(5, MAX_INDEX - 5, 7); // three slots are all that is left
  assertEquals([tree.statistics().counters.rebalanced, tree.height], [0, 1]);
});

Deno.test("store: beside readers, too, the only gap of one index goes when it is filled", () => {
  const checked = CheckedTree.touching(40, { gaps: true, rcu: true });
  checked.store(0x14, 0x14, undefined);
  checked.store(0x14, 0x14, 7);
});
