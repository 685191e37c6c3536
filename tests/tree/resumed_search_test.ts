/**
 * Searches for the highest free area below the same end go on where the last one ended: what they read is counted, as
 * answers alone would not tell.
 */

import { assert, assertEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";
import { boundsRead } from "./counters.ts";

const RANGES = 1000;
const END = RANGES * 32 - 1;

/** A thousand ranges of 32 indices, the last of each free, and one free area of 16 far below the end. */
function withOneArea(): MapleTree<number> {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < RANGES; i++) tree.store(i * 32, i * 32 + 30, i);
  tree.store(3200, 3215, undefined);
  tree.state(0).walk(); // it is not where the last store was
  return tree;
}

/** The bounds that a slot has: two to see that it is the one found last, two to see how long it is. */
const ONE_SLOT = 4;

Deno.test("emptyAreaReverse: the same again reads the slot found last and no other", () => {
  const tree = withOneArea();
  assertEquals(tree.emptyAreaReverse(16, 0, END), 3200);
  for (let i = 0; i < 3; i++) {
    const read = boundsRead(tree, () => assertEquals(tree.emptyAreaReverse(16, 0, END), 3200));
    assertEquals(read, ONE_SLOT);
  }
});

Deno.test("emptyAreaReverse: a range cleared below the end is where the next search begins", () => {
  const tree = withOneArea();
  tree.emptyAreaReverse(16, 0, END);
  tree.store(6400, 6420, undefined);
  const read = boundsRead(tree, () => assertEquals(tree.emptyAreaReverse(16, 0, END), 6405));
  assertEquals(read, ONE_SLOT);
});

// The search goes down beside what lies beyond the window, where there is room everywhere.
Deno.test("emptyAreaReverse: below an end that is known, what lies beyond it is not read", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < RANGES; i++) tree.store(i * 32 + 16, i * 32 + 31, i);
  assertEquals(tree.height, 4);
  for (let i = 7; i < RANGES; i += 7) {
    const end = i * 32 + 15;
    for (const size of [17, 17]) assertEquals(tree.emptyAreaReverse(size, 0, end), undefined);
    const read = boundsRead(
      tree,
      () => assertEquals(tree.emptyAreaReverse(16, 0, end), end - 15),
    );
    assert(read <= tree.height * 16, `${read} bounds below ${end}`);
  }
});

// Beside readers a leaf may be replaced at any time: none is remembered.
Deno.test("emptyAreaReverse: beside readers it remembers no slot", () => {
  const tree = new MapleTree<number>({ gaps: true, rcu: true });
  for (let i = 0; i < RANGES; i++) tree.store(i * 32, i * 32 + 15, i);
  for (let i = 0; i < 3; i++) assertEquals(tree.emptyAreaReverse(16, 0, END), END - 15);
  assertEquals([poolOf(tree).finger, tree.emptyAreaReverse(1, 0, MAX_INDEX)], [0, MAX_INDEX]);
});

Deno.test("emptyAreaReverse: what is stored above, or cleared below, leaves the place where the next search begins", () => {
  const tree = withOneArea();
  tree.emptyAreaReverse(16, 0, END);
  tree.store(320, 340, undefined);
  assertEquals(tree.emptyAreaReverse(16, 0, END), 3200);
  tree.store(6400, 6420, 7);
  tree.state(3200).walk(); // the store has taken its place as the slot found last
  const read = boundsRead(tree, () => assertEquals(tree.emptyAreaReverse(16, 0, END), 3200));
  assertEquals(read, ONE_SLOT);
  tree.store(3200, 3215, 7);
  assertEquals(tree.emptyAreaReverse(16, 0, END), 325);
});

Deno.test("emptyAreaReverse: a smaller area is looked for from the end on again, and a larger one from where it was", () => {
  const tree = withOneArea();
  tree.store(320, 351, undefined);
  assertEquals(tree.emptyAreaReverse(16, 0, END), 3200);
  assertEquals(tree.emptyAreaReverse(1, 0, END), END);
  assertEquals(tree.emptyAreaReverse(16, 0, END), 3200);
  assertEquals(tree.emptyAreaReverse(18, 0, END), 334);
  assertEquals(tree.emptyAreaReverse(40, 0, END), undefined);
  assertEquals(tree.emptyAreaReverse(16, 0, END), 3200);
});
