/** Leaves that hold too little after a store: joined with a neighbour, or evened out with it. */

import { assertEquals } from "@std/assert";
import { type MapleTree, MAX_INDEX } from "../../mod.ts";
import { CheckedTree } from "./checked_tree.ts";

/** Orders in which to erase all of 300 ranges. */
const ORDERS: Readonly<Record<string, (i: number) => number>> = {
  upwards: (i) => i,
  downwards: (i) => 299 - i,
  "from the middle": (i) => i % 2 === 0 ? 150 + i / 2 : 150 - (i + 1) / 2,
  "in a scattered order": (i) => i * 77 % 300,
};

for (const gaps of [true, false]) {
  const options = { gaps };
  const full = ["0-ef:14", "f0-1df:14", "1e0-max:10"];

  Deno.test(`rebalance: forty touching ranges are the start, gaps ${gaps}`, () => {
    assertEquals(CheckedTree.touching(40, options).leaves(), full);
  });

  // |1|2|…|9|10|…|15|   ▶   |  free  |10|…|15|: seven slots are enough
  Deno.test(`rebalance: seven slots stay where they are, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(40, options);
    checked.store(0x0, 0x8f, undefined);
    assertEquals(checked.leaves(), ["0-ef:6", "f0-1df:14", "1e0-max:10"]);
  });

  // |  free  |11|…|15| takes from |16|17|…|30|
  Deno.test(`rebalance: six slots take from the right neighbour, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(40, options);
    checked.store(0x0, 0x9f, undefined);
    assertEquals(checked.leaves(), ["0-13f:10", "140-1df:9", "1e0-max:10"]);
  });

  Deno.test(`rebalance: a leaf in the middle takes from the right neighbour too, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(40, options);
    checked.store(0x100, 0x19f, undefined);
    assertEquals(checked.leaves(), ["0-ef:14", "f0-20f:8", "210-max:7"]);
  });

  Deno.test(`rebalance: the last leaf takes from the left neighbour, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(40, options);
    checked.store(0x1f0, 0x25f, undefined);
    assertEquals(checked.leaves(), ["0-ef:14", "f0-18f:9", "190-max:9"]);
  });

  // The leaf keeps nothing but one empty slot, which is joined to the first slots of its right neighbour.
  Deno.test(`rebalance: an emptied first leaf disappears, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(40, options);
    checked.store(0x0, 0xef, undefined);
    assertEquals(checked.leaves(), ["0-1df:15", "1e0-max:10"]);
  });

  Deno.test(`rebalance: an emptied last leaf disappears, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(40, options);
    checked.store(0x1e0, 0x27f, undefined);
    assertEquals(checked.leaves(), ["0-ef:14", "f0-max:15"]);
  });

  // Erased one by one from either end, the tree passes through every size and every height down to none.
  for (const [name, order] of Object.entries(ORDERS)) {
    Deno.test(`rebalance: 300 ranges erased ${name} leave nothing, gaps ${gaps}`, () => {
      const checked = CheckedTree.touching(300, options);
      for (let i = 0; i < 300; i++) checked.erase(order(i) * 0x10 + 3);
      assertEquals([checked.tree.height, checked.tree.statistics().nodes], [0, 0]);
    });
  }
}

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
