/**
 * A node that overflows pushes slots into a neighbour only if both together stay below two nodes: 31 slots of leaves, 20
 * of inner nodes with gaps are too many. `mas_push_data()` of Linux 6.12.
 */
import { assertEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { shapeOf } from "./shape.ts";

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
