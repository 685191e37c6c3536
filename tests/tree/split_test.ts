/** Leaves that overflow: pushed into a neighbour, cut in two, cut in three. Shapes are those of the kernel's tree. */

import { assertEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { CheckedTree } from "./checked_tree.ts";
import { shapeOf } from "./shape.ts";

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

/** Ranges of sixteen indices without gaps between. */
function touching(count: number): MapleTree<number> {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < count; i++) tree.store(i * 16, i * 16 + 15, i);
  return tree;
}

/** A node of the tree: its range of indices and how many slots it has. */
interface Node {
  readonly first: number;
  readonly last: number;
  readonly slots: number;
}

/** The nodes of a depth, in order. */
function nodesAt(tree: MapleTree<number>, depth: number): Node[] {
  return shapeOf(tree).filter((line) => line.startsWith(`node d=${depth} `)).map((line) => {
    const [, first = "", last = "", end = ""] = /(\w+)-(\w+) end=(\d+)/.exec(line) ?? [];
    return {
      first: Number(first),
      last: last === "max" ? Infinity : Number(last),
      slots: Number(end) + 1,
    };
  });
}

/** Cuts a range of a node in two. */
function cut(tree: MapleTree<number>, { first, last }: Node): void {
  for (const range of tree.entries(first, Math.min(last, MAX_INDEX))) {
    if (range.first === range.last) continue;
    return tree.store(range.first, Math.floor((range.first + range.last) / 2), 1);
  }
}

/** Makes one range of two of a node. */
function join(tree: MapleTree<number>, { first, last }: Node): void {
  const [one, two] = [...tree.entries(first, Math.min(last, MAX_INDEX))];
  tree.store(one!.first, two!.last, 1);
}

/** Makes the n-th node of a depth hold so many slots. */
function fill(tree: MapleTree<number>, depth: number, nth: number, slots: number): void {
  for (let tries = 0; tries < 500; tries++) {
    const node = nodesAt(tree, depth)[nth]!;
    if (node.slots === slots) return;
    if (node.slots < slots) cut(tree, node);
    else join(tree, node);
  }
  throw new Error(`node ${nth} does not come to hold ${slots} slots`);
}

/** Fills neighbours to so many slots, then overflows the second one: how many nodes more there are then. */
function overflow(tree: MapleTree<number>, depth: number, slots: readonly number[]): number {
  for (const nth of [0, 2, 1]) if (nth < slots.length) fill(tree, depth, nth, slots[nth]!);
  const before = nodesAt(tree, depth);
  assertEquals(before.slice(0, slots.length).map((node) => node.slots), slots);
  for (let tries = 0; tries < 100; tries++) {
    cut(tree, before[1]!);
    tree.validate();
    const after = nodesAt(tree, depth);
    if (after.length > before.length || after[0]!.slots !== slots[0]) {
      return after.length - before.length;
    }
    if (after[2]?.slots !== slots[2]) return after.length - before.length;
  }
  throw new Error("the node does not overflow");
}

Deno.test("split: a leaf takes no slots if both would then have 31", () => {
  assertEquals(overflow(touching(60), 1, [13, 16, 14]), 0);
  assertEquals(overflow(touching(60), 1, [14, 16, 13]), 0);
  assertEquals(overflow(touching(60), 1, [14, 16, 14]), 1);
});

// The leaf behind which the tree ends: its last slot is empty and reaches to the last index.
Deno.test("split: from the last leaf a leaf takes no slots if both would then have 30", () => {
  assertEquals(overflow(touching(24), 1, [13, 16]), 1);
  assertEquals(overflow(touching(24), 1, [12, 16]), 0);
});

Deno.test("split: an inner node takes no children if both would then have 20", () => {
  assertEquals(overflow(touching(320), 1, [8, 10, 9]), 0);
  assertEquals(overflow(touching(320), 1, [9, 10, 8]), 0);
  assertEquals(overflow(touching(320), 1, [9, 10, 9]), 1);
});
