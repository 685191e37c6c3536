/**
 * What operations cost, by the tree's exact counts of work: where a short way is there, it is taken. Answers alone
 * would not tell.
 */
import { assert, assertEquals } from "@std/assert";
import { MapleTree } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";
import { workOf } from "./counters.ts";

/** Ranges of ten indices, free space of ten behind each. */
function filled(count: number, options: { gaps?: boolean; rcu?: boolean } = {}): MapleTree<number> {
  const tree = new MapleTree<number>(options);
  for (let i = 0; i < count; i++) tree.store(i * 20, i * 20 + 9, i);
  return tree;
}

for (const gaps of [false, true]) {
  Deno.test(`next: walks from the root once, then from slot to slot, gaps ${gaps}`, () => {
    const tree = filled(1000, { gaps });
    const { visited } = workOf(tree, () => {
      const state = tree.state(0);
      let count = 0;
      for (let value = state.find(); value !== undefined; value = state.next()) count++;
      assertEquals(count, 1000);
    });
    assert(visited <= tree.height, `${visited} nodes visited from the root`);
  });

  Deno.test(`previous: walks from the root once, then from slot to slot, gaps ${gaps}`, () => {
    const tree = filled(1000, { gaps });
    const { visited } = workOf(tree, () => {
      const state = tree.state(1000 * 20);
      let count = 0;
      while (state.previous() !== undefined) count++;
      assertEquals(count, 1000);
    });
    assert(visited <= tree.height, `${visited} nodes visited from the root`);
  });

  // The leaf found last is asked before the root.
  Deno.test(`store: one after the other in one leaf, a single walk, gaps ${gaps}`, () => {
    const tree = filled(1000, { gaps });
    const { visited, rewritten } = workOf(tree, () => {
      for (let i = 0; i < 100; i++) tree.store(5000, 5009, i);
    });
    assert(visited <= tree.height, `${visited} nodes visited from the root`);
    assertEquals(rewritten, 100);
  });

  Deno.test(`store: from slot to slot of one leaf, a single walk, gaps ${gaps}`, () => {
    const tree = filled(1000, { gaps });
    const { visited } = workOf(tree, () => {
      for (let i = 0; i < 100; i++) tree.store(i % 2 * 20, i % 2 * 20 + 9, i);
    });
    assert(visited <= tree.height, `${visited} nodes visited from the root`);
  });

  Deno.test(`store: far from the leaf found last, a walk each, gaps ${gaps}`, () => {
    const tree = filled(1000, { gaps });
    const { visited } = workOf(tree, () => {
      for (let i = 0; i < 100; i++) {
        tree.store(i % 2 === 0 ? 20 : 18_000, i % 2 === 0 ? 29 : 18_009, i);
      }
    });
    assert(visited >= 99 * tree.height, `${visited} nodes visited for 100 stores`);
  });

  // Beside readers a leaf may be replaced at any time: none is remembered.
  Deno.test(`store: beside readers always from the root, gaps ${gaps}`, () => {
    const tree = filled(1000, { gaps, rcu: true });
    const { visited } = workOf(tree, () => {
      for (let i = 0; i < 100; i++) tree.store(5000, 5009, i);
    });
    assertEquals(visited, 100 * tree.height);
  });
}

//   slot  0     1     2     3     4     5     6
//        |0-9  |free |20-29|free |40-49|free …|
Deno.test("store: moves the slots behind what it adds, and none for what it replaces", () => {
  const moved = (store: (tree: MapleTree<number>) => void) => {
    const tree = filled(3);
    return workOf(tree, () => store(tree)).slotsMoved;
  };
  assertEquals(moved((tree) => tree.store(20, 29, 7)), 0); // exactly a range
  assertEquals(moved((tree) => tree.store(25, 39, 7)), 0); // as many slots as before
  assertEquals(moved((tree) => tree.store(25, 34, 7)), 2); // one more, two behind
  assertEquals(moved((tree) => tree.store(22, 25, 7)), 3); // cut in three: three slots behind
  assertEquals(moved((tree) => tree.store(0, 4, 7)), 5); // cut in two: five behind
  assertEquals(moved((tree) => tree.store(100, 109, 7)), 0); // at the end: none behind
  assertEquals(moved((tree) => tree.store(0, 19, 7)), 4); // two become one: four behind
});

Deno.test("store: what fits into its leaf takes no node; beside readers it takes one and gives one back", () => {
  for (const rcu of [false, true]) {
    const tree = filled(3, { rcu });
    const counters = workOf(tree, () => tree.store(22, 25, 7));
    assertEquals([counters.allocated, counters.freed], rcu ? [1, 1] : [0, 0]);
    const exact = workOf(tree, () => tree.store(22, 25, 8));
    assertEquals([exact.allocated, exact.freed, exact.rewritten], [0, 0, 1]);
  }
});

//   every leaf has free space of ten indices between its ranges, and that is its longest
Deno.test("store: a leaf's gap is recorded when its longest empty stretch changes, not else", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 300; i++) tree.store((i * 7 % 300) * 20, (i * 7 % 300) * 20 + 9, i); // leaves with room
  const updates = (first: number, last: number, value: number | undefined) => {
    const { gapUpdates, split, rebalanced } = workOf(tree, () => tree.store(first, last, value));
    return split + rebalanced > 0 ? "other" : gapUpdates;
  };
  let leaves = 0;
  for (let at = 1000; at < 5000; at += 200) {
    if (updates(at + 2, at + 5, undefined) === "other") continue; // its leaf was full
    leaves++;
    assertEquals(updates(at + 2, at + 5, 7), 0); // a shorter stretch than the longest went
    assertEquals(updates(at + 2, at + 5, undefined), 0); // and came
    assertEquals(updates(at + 2, at + 5, 7), 0);
    assert(updates(at, at + 9, undefined) !== 0); // the range between two goes, a longer stretch comes
    assert(updates(at, at + 9, 7) !== 0); // and goes
    tree.validate();
  }
  assert(leaves >= 5, `only ${leaves} leaves had room`);
});

// The shortest gap there is: nothing must be taken for one index, nor one index for nothing.
Deno.test("store: a gap of one index comes and goes in leaves that have no other", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 9, i);
  for (let at = 0; at < 1000; at += 10) {
    for (const index of [at, at + 4, at + 9]) {
      tree.store(index, index, undefined);
      tree.validate();
      assertEquals(tree.emptyArea(1, 0, 999), index);
      tree.store(index, index, 7);
      tree.validate();
      assertEquals(tree.emptyArea(1, 0, 1000), 1000);
    }
  }
});

//   slot  0     1     2     3
//        |0-9  |free |20-29|free …
Deno.test("store: where a boundary moves, the range stored is the one found last: the next store of it does not walk", () => {
  const moves = [
    { store: [20, 34, 7], found: [20, 34] }, // up into free space
    { store: [15, 29, 7], found: [15, 29] }, // down
    { store: [25, 29, undefined], found: [25, 39] }, // the end goes
    { store: [20, 24, undefined], found: [10, 24] }, // the beginning goes
  ] as const;
  for (const gaps of [false, true]) {
    for (const { store: [first, last, value], found } of moves) {
      const tree = filled(7, { gaps });
      tree.store(first, last, value);
      const { doubles, finger } = poolOf(tree);
      assertEquals([doubles[finger - 1]! + 1, doubles[finger]], [...found]);
    }
  }
});
