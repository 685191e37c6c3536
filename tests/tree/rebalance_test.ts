/** Leaves that hold too little after a store: joined with a neighbour, or evened out with it. */

import { assertEquals } from "@std/assert";
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
