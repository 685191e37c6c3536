/** The tree's face: lookups, iteration, refusals. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree, MAX_INDEX } from "../../mod.ts";
import { CheckedTree } from "./checked_tree.ts";

/** Numbers that are no index. */
const NO_INDEX = [-1, 0.5, NaN, Infinity, -Infinity, MAX_INDEX + 1];

function code(call: () => unknown): string {
  return assertThrows(call, MapleError).code;
}

Deno.test("MapleTree.load: every index of a range gives its value, both ends too", () => {
  const tree = new MapleTree<string>();
  tree.store(0x1000, 0x1fff, "text");
  assertEquals([0xfff, 0x1000, 0x1abc, 0x1fff, 0x2000].map((index) => tree.load(index)), [
    undefined,
    "text",
    "text",
    "text",
    undefined,
  ]);
});

Deno.test("MapleTree.load: a value may be anything but undefined", () => {
  const object = { name: "stack" };
  const values = [null, false, 0, -0, -1, 1.5, NaN, 2 ** 31, -(2 ** 31), "", object, () => 1, 10n];
  const tree = new MapleTree<unknown>();
  values.forEach((value, i) => tree.store(i * 10, i * 10 + 5, value));
  tree.validate();
  values.forEach((value, i) => assert(Object.is(tree.load(i * 10), value), `${String(value)}`));
});

Deno.test("MapleTree.insert: free space only", () => {
  const tree = new MapleTree<number>();
  tree.insert(0x10, 0x1f, 1);
  tree.insert(0x20, 0x2f, 2);
  assertEquals([...tree].length, 2);
});

for (const [first, last] of [[0x10, 0x1f], [0x0, 0x10], [0x1f, 0x2f], [0x18, 0x19], [0x0, 0x2f]]) {
  const range = `0x${first!.toString(16)}-0x${last!.toString(16)}`;
  Deno.test(`MapleTree.insert: EEXIST for ${range} where 0x10-0x1f is taken, and no change`, () => {
    const tree = new MapleTree<number>({ gaps: true });
    tree.insert(0x10, 0x1f, 1);
    const before = tree.dump();
    assertEquals(code(() => tree.insert(first!, last!, 2)), "EEXIST");
    assertEquals(tree.dump(), before);
  });
}

Deno.test("MapleTree.insert: EEXIST when only the last of many leaves in the way is taken", () => {
  const tree = new MapleTree<number>();
  for (let i = 0; i < 100; i++) tree.store(i * 0x10, i * 0x10 + 0xf, i);
  tree.store(0x100, 0x5fe, undefined);
  assertEquals(code(() => tree.insert(0x200, 0x5ff, 1)), "EEXIST");
  tree.insert(0x200, 0x5fe, 1);
  tree.validate();
});

Deno.test("MapleTree.erase: removes the whole range that holds the index, and gives its value", () => {
  const tree = new MapleTree<number>();
  tree.store(0x10, 0x1f, 1);
  tree.store(0x20, 0x2f, 2);
  assertEquals(tree.erase(0x17), 1);
  assertEquals([...tree].map(({ first }) => first), [0x20]);
});

Deno.test("MapleTree.erase: nothing where there is nothing", () => {
  const tree = CheckedTree.gapped(5).tree;
  assertEquals(tree.erase(0x5), undefined);
  assertEquals(tree.erase(MAX_INDEX), undefined);
  assertEquals(new MapleTree<number>().erase(0), undefined);
  assertEquals(tree.size, 5);
});

// 0x10   0x20   0x30   0x40
// |- 1 --|      |- 2 --|
Deno.test("MapleTree.find: at or after the index, if it starts at or before the limit", () => {
  const { tree } = CheckedTree.gapped(2);
  assertEquals(tree.find(0x18)?.value, 1);
  assertEquals(tree.find(0x20)?.value, 2);
  assertEquals(tree.find(0x20, 0x2f), undefined);
  assertEquals(tree.find(0x20, 0x30), { first: 0x30, last: 0x3f, value: 2 });
  assertEquals(tree.find(0x40), undefined);
});

Deno.test("MapleTree.next, previous: strictly after, strictly before", () => {
  const { tree } = CheckedTree.gapped(2);
  assertEquals(tree.next(0x18)?.value, 2);
  assertEquals(tree.next(0x30), undefined);
  assertEquals(tree.next(0x18, 0x2f), undefined);
  assertEquals(tree.previous(0x38)?.value, 1);
  assertEquals(tree.previous(0x10), undefined);
  assertEquals(tree.previous(0x38, 0x20), undefined);
  assertEquals(tree.previous(0x38, 0x1f)?.value, 1);
});

Deno.test("MapleTree.entries: ascending, from the range that holds the first index", () => {
  const { tree } = CheckedTree.gapped(100);
  const firsts = (first?: number, last?: number) => [...tree.entries(first, last)].length;
  assertEquals(firsts(), 100);
  assertEquals(firsts(0x18, 0x2f), 1);
  assertEquals(firsts(0x20, 0x2f), 0);
  assertEquals(firsts(0x18, 0x30), 2);
  assertEquals([...tree].map(({ value }) => value), Array.from({ length: 100 }, (_, i) => i + 1));
});

Deno.test("MapleTree.entries: erasing what was just given does not disturb it", () => {
  const { tree } = CheckedTree.gapped(200);
  const seen: number[] = [];
  for (const { first, value } of tree) {
    seen.push(value);
    tree.erase(first);
  }
  assertEquals(seen.length, 200);
  assertEquals(tree.size, 0);
});

Deno.test("MapleTree.size: counts ranges, not indices", () => {
  const tree = new MapleTree<number>();
  assertEquals(tree.size, 0);
  tree.store(0, 0, 1);
  assertEquals(tree.size, 1);
  tree.store(0x10, 0xffff, 2);
  assertEquals(tree.size, 2);
  tree.store(0x20, 0x2f, 3);
  assertEquals(tree.size, 4);
  tree.store(0, MAX_INDEX, undefined);
  assertEquals(tree.size, 0);
});

Deno.test("MapleTree.clear: empties a tree that can then be used again", () => {
  const { tree } = CheckedTree.gapped(500);
  tree.clear();
  assertEquals([tree.size, tree.height, tree.statistics().nodes, [...tree].length], [0, 0, 0, 0]);
  tree.validate();
  tree.store(0x10, 0x1f, 1);
  assertEquals(tree.load(0x10), 1);
  tree.validate();
});

Deno.test("MapleTree.clear: an empty tree and a single value in the root", () => {
  const tree = new MapleTree<number>();
  tree.clear();
  tree.store(0, 0, 1);
  tree.clear();
  assertEquals([tree.load(0), tree.size], [undefined, 0]);
});

for (const count of [0, 1, 10, 1000]) {
  Deno.test(`MapleTree.duplicate: a copy of ${count} ranges that goes its own way`, () => {
    const { tree } = CheckedTree.gapped(count);
    const copy = tree.duplicate();
    copy.validate();
    assertEquals([...copy], [...tree]);
    assertEquals(copy.dump().split("\n").length, tree.dump().split("\n").length);
    copy.store(0x10, 0x2f, 5);
    tree.store(0x1000, 0x8fff, 6);
    copy.validate();
    tree.validate();
    assertEquals(copy.load(0x20), 5);
    assertEquals(tree.load(0x20), undefined);
    assertEquals(tree.load(0x8fff), 6);
    assertEquals(copy.load(0x8fff), undefined);
  });
}

Deno.test("MapleTree.duplicate: a single value in the root", () => {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  const copy = tree.duplicate();
  tree.erase(0);
  assertEquals([copy.load(0), tree.load(0)], [1, undefined]);
});

/** Calls that take an index, each with a number to try in one place. */
const CALLS: Readonly<Record<string, (tree: MapleTree<number>, bad: number) => unknown>> = {
  "load(bad)": (tree, bad) => tree.load(bad),
  "store(bad, _)": (tree, bad) => tree.store(bad, MAX_INDEX, 1),
  "store(_, bad)": (tree, bad) => tree.store(0, bad, 1),
  "insert(bad, _)": (tree, bad) => tree.insert(bad, MAX_INDEX, 1),
  "insert(_, bad)": (tree, bad) => tree.insert(0, bad, 1),
  "erase(bad)": (tree, bad) => tree.erase(bad),
  "find(bad)": (tree, bad) => tree.find(bad),
  "find(_, bad)": (tree, bad) => tree.find(0, bad),
  "next(bad)": (tree, bad) => tree.next(bad),
  "next(_, bad)": (tree, bad) => tree.next(0, bad),
  "previous(bad)": (tree, bad) => tree.previous(bad),
  "previous(_, bad)": (tree, bad) => tree.previous(9, bad),
  "emptyArea(bad, _, _)": (tree, bad) => tree.emptyArea(bad, 0, 9),
  "emptyArea(_, bad, _)": (tree, bad) => tree.emptyArea(1, bad, 9),
  "emptyArea(_, _, bad)": (tree, bad) => tree.emptyArea(1, 0, bad),
  "emptyAreaReverse(bad, _, _)": (tree, bad) => tree.emptyAreaReverse(bad, 0, 9),
  "emptyAreaReverse(_, bad, _)": (tree, bad) => tree.emptyAreaReverse(1, bad, 9),
  "emptyAreaReverse(_, _, bad)": (tree, bad) => tree.emptyAreaReverse(1, 0, bad),
  "allocate(_, bad, _, _)": (tree, bad) => tree.allocate(1, bad, 0, 9),
  "allocate(_, _, bad, _)": (tree, bad) => tree.allocate(1, 1, bad, 9),
  "allocate(_, _, _, bad)": (tree, bad) => tree.allocate(1, 1, 0, bad),
  "allocateReverse(_, bad, _, _)": (tree, bad) => tree.allocateReverse(1, bad, 0, 9),
  "entries(bad)": (tree, bad) => [...tree.entries(bad)],
  "entries(_, bad)": (tree, bad) => [...tree.entries(0, bad)],
  "state(bad)": (tree, bad) => tree.state(bad),
  "state(_, bad)": (tree, bad) => tree.state(0, bad),
};

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`MapleTree.${name}: RangeError for what is no index, and no change`, () => {
    const { tree } = CheckedTree.gapped(30);
    const before = tree.dump();
    for (const bad of NO_INDEX) {
      assertThrows(() => call(tree, bad), RangeError, undefined, `${bad}`);
    }
    assertEquals(tree.dump(), before);
    tree.validate();
  });
}

Deno.test("MapleTree.store, insert: EINVAL when first lies behind last, and no change", () => {
  const { tree } = CheckedTree.gapped(30);
  const before = tree.dump();
  assertEquals(code(() => tree.store(5, 4, 1)), "EINVAL");
  assertEquals(code(() => tree.insert(5, 4, 1)), "EINVAL");
  assertEquals(tree.dump(), before);
});

Deno.test("MapleError: says in hexadecimal what it could not do, and why", () => {
  const tree = new MapleTree<number>();
  tree.insert(0x1000, 0x1fff, 1);
  const error = assertThrows(() => tree.insert(0x1800, 0x27ff, 2), MapleError);
  assert(/^Cannot \w+ .*0x1800-0x27ff.*: \S/.test(error.message), error.message);
});

Deno.test("MapleTree.height: grows with the logarithm of the ranges, and shrinks again", () => {
  const tree = new MapleTree<number>({ gaps: true });
  const heights: number[] = [];
  for (let i = 0; i < 20_000; i++) {
    tree.store(i * 0x10, i * 0x10 + 0xf, i);
    if (tree.height !== heights.at(-1)) heights.push(tree.height);
  }
  assertEquals(heights, [1, 2, 3, 4, 5]);
  tree.store(0x10, 20_000 * 0x10, undefined);
  assertEquals([tree.height, tree.size], [1, 1]);
  tree.validate();
});

Deno.test("MapleTree: two trees share no content", () => {
  const a = CheckedTree.gapped(100);
  const b = CheckedTree.touching(100);
  a.store(0x0, 0x4ff, 1);
  b.check();
  b.store(0x0, 0x4ff, undefined);
  a.check();
});

Deno.test("previous: the single entry of a tree without nodes has a limit like any other", () => {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 7);
  assertEquals(tree.previous(0x17, 0xd), undefined);
  assertEquals(tree.previous(0x17, 1), undefined);
  assertEquals(tree.previous(0x17), { first: 0, last: 0, value: 7 });
});
