/**
 * A node that overflows pushes slots into a neighbour only if both together stay below two nodes: 31 slots of leaves, 20
 * of inner nodes with gaps are too many. `mas_push_data()` of Linux 6.12.
 */
import { assertEquals } from "@std/assert";
import { CheckedTree } from "./checked_tree.ts";
import { shapeOf } from "./shape.ts";

/** A node of the tree: its range of indices and how many slots it has. */
interface Node {
  readonly first: number;
  readonly last: number;
  readonly slots: number;
}

/** The nodes of a depth, in order. */
function nodesAt(checked: CheckedTree, depth: number): Node[] {
  return shapeOf(checked.tree).filter((line) => line.startsWith(`node d=${depth} `)).map((line) => {
    const [, first = "", last = "", end = ""] = /(\w+)-(\w+) end=(\d+)/.exec(line) ?? [];
    return {
      first: Number(first),
      last: last === "max" ? Infinity : Number(last),
      slots: Number(end) + 1,
    };
  });
}

/** Cuts a range of a node in two. */
function cut(checked: CheckedTree, { first, last }: Node): void {
  for (const range of checked.reference) {
    if (range.first < first || range.last > last || range.first === range.last) continue;
    return checked.store(range.first, Math.floor((range.first + range.last) / 2), 1);
  }
}

/** Makes one range of two of a node. */
function join(checked: CheckedTree, { first, last }: Node): void {
  const [one, two] = [...checked.reference].filter((range) =>
    range.first >= first && range.last <= last
  );
  checked.store(one!.first, two!.last, 1);
}

/** Makes the n-th node of a depth hold so many slots. */
function fill(checked: CheckedTree, depth: number, nth: number, slots: number): void {
  for (let tries = 0; tries < 500; tries++) {
    const node = nodesAt(checked, depth)[nth]!;
    if (node.slots === slots) return;
    if (node.slots < slots) cut(checked, node);
    else join(checked, node);
  }
  throw new Error(`node ${nth} does not come to hold ${slots} slots`);
}

/** Fills three neighbours to so many slots, then overflows the middle one: how many nodes more there are then. */
function overflow(checked: CheckedTree, depth: number, slots: [number, number, number]): number {
  for (const nth of [0, 2, 1]) fill(checked, depth, nth, slots[nth]!);
  const before = nodesAt(checked, depth);
  assertEquals(before.slice(0, 3).map((node) => node.slots), slots);
  for (let tries = 0; tries < 100; tries++) {
    cut(checked, before[1]!);
    const after = nodesAt(checked, depth);
    if (after.length > before.length || after[0]!.slots !== slots[0]) {
      return after.length - before.length;
    }
    if (after[2]!.slots !== slots[2]) return after.length - before.length;
  }
  throw new Error("the node does not overflow");
}

Deno.test("split: a leaf takes no slots if both would then have 31", () => {
  assertEquals(overflow(CheckedTree.touching(60), 1, [13, 16, 14]), 0);
  assertEquals(overflow(CheckedTree.touching(60), 1, [14, 16, 13]), 0);
  assertEquals(overflow(CheckedTree.touching(60), 1, [14, 16, 14]), 1);
});

Deno.test("split: an inner node takes no children if both would then have 20", () => {
  assertEquals(overflow(CheckedTree.touching(320), 1, [8, 10, 9]), 0);
  assertEquals(overflow(CheckedTree.touching(320), 1, [9, 10, 8]), 0);
  assertEquals(overflow(CheckedTree.touching(320), 1, [9, 10, 9]), 1);
});
