/**
 * How many nodes a prepared store reserves: `mas_prealloc_calc()` and `mas_expected_entries()` (Linux
 * lib/maple_tree.c) say, by the kind of store and the height of the tree.
 */
import { assertEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

/** Nodes reserved for a store over `first … last`. */
function reserved(
  tree: MapleTree<number>,
  first: number,
  last: number,
  value: number | undefined,
): number {
  const state = tree.state(first, last);
  state.preallocate(value);
  const count = state.reserved;
  assertEquals(poolOf(tree).reserved, count);
  state.destroy();
  assertEquals(poolOf(tree).reserved, 0);
  return count;
}

/** Ranges of ten indices, free space of ten behind each, until the tree is as high as asked for. */
function ofHeight(height: number, rcu = false): MapleTree<number> {
  const tree = new MapleTree<number>({ gaps: true, rcu });
  for (let i = 0; tree.height < height; i++) tree.store(i * 20, i * 20 + 9, i);
  return tree;
}

Deno.test("preallocate: a tree without nodes needs one, or none where the root can hold the value", () => {
  const tree = new MapleTree<number>();
  assertEquals(reserved(tree, 0, 0, 7), 0);
  assertEquals(reserved(tree, 0, 9, 7), 1);
  assertEquals(reserved(tree, 5, 9, 7), 1);
  assertEquals(reserved(tree, 0, 9, undefined), 0);
  assertEquals(reserved(tree, 0, 0, undefined), 0);
});

Deno.test("preallocate: the whole index space takes one new root", () => {
  for (const height of [1, 2, 3]) assertEquals(reserved(ofHeight(height), 0, MAX_INDEX, 7), 1);
});

Deno.test("preallocate: what is written where it stands takes nothing, beside readers one leaf", () => {
  for (const rcu of [false, true]) {
    const tree = new MapleTree<number>({ rcu });
    for (let i = 0; i < 4; i++) tree.store(i * 20, i * 20 + 9, i);
    assertEquals(reserved(tree, 20, 29, 7), 0); // exactly a range
    assertEquals(reserved(tree, 22, 25, 7), Number(rcu)); // its middle
    assertEquals(reserved(tree, 20, 25, 7), Number(rcu)); // its beginning
    assertEquals(reserved(tree, 100, 109, 7), Number(rcu)); // behind all others
  }
});

for (const height of [2, 3]) {
  Deno.test(`preallocate: a full leaf splits up to a new root, height ${height}`, () => {
    const tree = ofHeight(height);
    // Ranges are cut in three until a cut would be a split: the first leaf is full then.
    const kinds = new Set<number>();
    for (let i = 0; i < 8; i++) {
      kinds.add(reserved(tree, i * 20 + 3, i * 20 + 5, 7));
      if (kinds.has(2 * height + 1)) break;
      tree.store(i * 20 + 3, i * 20 + 5, 1000 + i);
    }
    kinds.delete(0);
    assertEquals([...kinds], [2 * height + 1]);
  });

  Deno.test(`preallocate: a leaf that would hold too little is joined, height ${height}`, () => {
    const tree = ofHeight(height);
    const kinds = new Set<number>();
    for (let i = 0; i < 8; i++) {
      kinds.add(reserved(tree, i * 20, i * 20 + 9, undefined));
      if (kinds.has(2 * height - 1)) break;
      tree.store(i * 20, i * 20 + 9, undefined);
    }
    kinds.delete(0);
    assertEquals([...kinds], [2 * height - 1]);
  });

  Deno.test(`preallocate: over the end of a leaf, three nodes a level and one, height ${height}`, () => {
    const tree = ofHeight(height);
    const { size } = tree;
    assertEquals(reserved(tree, 5, (size - 2) * 20 + 5, 7), 3 * height + 1);
    assertEquals(reserved(tree, 5, (size - 2) * 20 + 5, undefined), 3 * height + 1);
  });
}

// A leaf counts for 14 slots, an entry for two with one slot over; above, all but two of a node's slots count.
Deno.test("expectEntries: leaves, the nodes above them, and three", () => {
  for (
    const [entries, gaps, expected] of [
      [100, true, 15 + 2 + 3],
      [100, false, 15 + 2 + 3],
      [200, true, 29 + 4 + 3],
      [200, false, 29 + 3 + 3],
      [20, true, 3 + 1 + 3],
      [3, false, 1 + 1 + 3], // 7 slots
      [7, false, 2 + 1 + 3], // 15 slots: one too many for a leaf
      [6, false, 1 + 1 + 3], // 13 slots
    ] as const
  ) {
    const tree = new MapleTree<number>({ gaps });
    const state = tree.state();
    state.expectEntries(entries);
    assertEquals(state.reserved, expected, `${entries} entries, gaps ${gaps}`);
    state.destroy();
    assertEquals([state.reserved, poolOf(tree).reserved], [0, 0]);
  }
});

Deno.test("expectEntries: the reserve is used up as nodes are taken, and the rest given back", () => {
  const tree = new MapleTree<number>({ gaps: true });
  const state = tree.state();
  state.expectEntries(200);
  for (let i = 0; i < 100; i++) {
    const before = { reserved: state.reserved, nodes: tree.statistics().nodes };
    state.set(i * 20, i * 20 + 9);
    state.store(i);
    const taken = tree.statistics().nodes - before.nodes;
    assertEquals(state.reserved, before.reserved - taken, `entry ${i}`);
    assertEquals(poolOf(tree).reserved, state.reserved);
  }
  state.expectEntries(10); // gives back what was left
  assertEquals([state.reserved, poolOf(tree).reserved], [2 + 1 + 3, 2 + 1 + 3]);
  state.destroy();
  assertEquals(poolOf(tree).reserved, 0);
});

Deno.test("preallocate: a second one gives the first one's nodes back", () => {
  const tree = ofHeight(2);
  const state = tree.state(5, (tree.size - 2) * 20 + 5);
  state.preallocate(1);
  state.preallocate(1);
  assertEquals([state.reserved, poolOf(tree).reserved], [7, 7]);
  state.storePreallocated(1);
  assertEquals([state.reserved, poolOf(tree).reserved], [0, 0]);
});

Deno.test("store: a state with a reserve that stores without it keeps it", () => {
  const tree = ofHeight(2);
  const state = tree.state(5, (tree.size - 2) * 20 + 5);
  state.preallocate(1);
  const { reserved } = state;
  state.set(3, 4);
  state.store(1);
  assertEquals([state.reserved, poolOf(tree).reserved], [reserved, reserved]);
  state.destroy();
  assertEquals(poolOf(tree).reserved, 0);
});

// Only a load that was announced splits off balance.
Deno.test("store: a state that expects no entries makes the nodes that the tree itself makes", () => {
  const byTree = new MapleTree<number>({ gaps: true });
  const byState = new MapleTree<number>({ gaps: true });
  const state = byState.state();
  state.expectEntries(5);
  state.destroy();
  for (let i = 0; i < 400; i++) {
    const first = (i * 37 % 400) * 10;
    byTree.store(first, first + 5, i);
    state.set(first, first + 5);
    state.store(i);
  }
  assertEquals(byState.statistics().nodes, byTree.statistics().nodes);
  assertEquals(byState.dump(), byTree.dump());
});

// What another store has made of the range meanwhile needs no nodes any more.
Deno.test("storePreallocated: exactly the range found last gives up all that was reserved", () => {
  const tree = ofHeight(2);
  const last = (tree.size - 2) * 20 + 5;
  using state = tree.state(20, last);
  state.preallocate(7);
  assertEquals(poolOf(tree).reserved > 0, true);
  for (const value of [8, 9]) tree.store(20, last, value);
  assertEquals(poolOf(tree).finger > 0, true);
  state.storePreallocated(7);
  assertEquals([poolOf(tree).reserved, state.reserved, tree.load(last)], [0, 0, 7]);
});
