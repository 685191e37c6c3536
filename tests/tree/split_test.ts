/** Leaves that overflow: pushed into a neighbour, cut in two, cut in three. Shapes are those of the kernel's tree. */

import { assertEquals } from "@std/assert";
import { CheckedTree } from "./checked_tree.ts";

for (const gaps of [true, false]) {
  const options = { gaps };

  // |1|2|…|15| free    one leaf of 16 slots; the 16th range makes 17
  // |1|…|9|  |10|…|16| free
  Deno.test(`split: 17 slots become two leaves, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(16, options);
    assertEquals(checked.leaves(), ["0-8f:8", "90-max:7"]);
    assertEquals(checked.tree.height, 2);
  });

  // | |1| |2| … |8| free    17 slots, every other one empty: the left leaf must not end in an empty one
  Deno.test(`split: no leaf but the last ends in an empty slot, gaps ${gaps}`, () => {
    const checked = CheckedTree.gapped(8, options);
    assertEquals(checked.leaves(), ["0-9f:9", "a0-max:6"]);
  });

  // Leaf 2 overflows while leaf 1 holds 9 slots of 16: its first slots move there.
  Deno.test(`split: a full leaf pushes into its left neighbour first, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(24, options);
    assertEquals(checked.leaves(), ["0-8f:8", "90-max:15"]);
    checked.store(0x180, 0x18f, 25);
    assertEquals(checked.leaves()[0], "0-ef:14");
  });

  // Leaf 1 overflows while leaf 2 holds 8 slots of 16: its last slots move there.
  Deno.test(`split: a full leaf pushes into its right neighbour, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(16, options);
    for (let i = 0; i < 7; i++) checked.store(i * 0x10 + 8, i * 0x10 + 0xf, 100 + i);
    assertEquals(checked.leaves(), ["0-8f:15", "90-max:7"]);
    checked.store(0x78, 0x7f, 107);
    assertEquals(checked.leaves(), ["0-4f:9", "50-max:14"]);
  });

  //           0x88  0x90  0x98
  // |…|8'|9 ⋯ |9'   |10   |10 ⋯ |11|…     both leaves hold 16 slots
  //           |---- 99 ---|
  Deno.test(`split: two full leaves and a range across them become three, gaps ${gaps}`, () => {
    const checked = CheckedTree.touching(24, options);
    for (let i = 0; i < 7; i++) checked.store(i * 0x10 + 8, i * 0x10 + 0xf, 100 + i);
    assertEquals(checked.leaves(), ["0-8f:15", "90-max:15"]);
    checked.store(0x88, 0x97, 99);
    assertEquals(checked.leaves(), ["0-57:10", "58-cf:9", "d0-max:11"]);
  });

  Deno.test(`split: ranges stored downwards fill leaves as the kernel does, gaps ${gaps}`, () => {
    const checked = CheckedTree.touchingDown(51, options);
    assertEquals(checked.leaves(), ["0-df:13", "e0-15f:7", "160-24f:14", "250-max:14"]);
  });

  Deno.test(`split: a full root gets a level above it, gaps ${gaps}`, () => {
    const checked = new CheckedTree(options);
    const heights: number[] = [];
    for (let i = 0; i < 300; i++) {
      checked.store(i * 0x10, i * 0x10 + 0xf, i + 1);
      if (checked.tree.height !== heights.at(-1)) heights.push(checked.tree.height);
    }
    assertEquals(heights, [1, 2, 3]);
  });
}
