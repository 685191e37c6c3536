/** What waits for readers, and how long: grace periods, counted and ended exactly. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvariantError, MapleTree, SharedReader } from "../../../mod.ts";
import { PERIOD } from "../../../src/tree/node_layout.ts";
import { poolOf } from "../../../src/tree/maple_tree.ts";

/** Ranges in one leaf; every store that cuts one replaces the leaf. */
function oneLeaf(
  options: { shared?: boolean; maxNodes?: number } = {},
  ranges = 6,
): MapleTree<number> {
  const tree = new MapleTree<number>({ rcu: true, ...options });
  for (let i = 0; i < ranges; i++) tree.store(i * 20, i * 20 + 9, i);
  return tree;
}

function retired(tree: MapleTree<number>): number {
  return tree.statistics().retired;
}

Deno.test("statistics: a tree that was never written has had no grace period", () => {
  assertEquals(new MapleTree<number>({ rcu: true }).statistics().gracePeriods, 0);
});

Deno.test("statistics: without readers each store that replaces nodes is one grace period", () => {
  const tree = oneLeaf();
  const before = tree.statistics().gracePeriods;
  tree.store(3, 5, 7); // replaces the leaf
  assertEquals([retired(tree), tree.statistics().gracePeriods], [0, before + 1]);
  for (let i = 6; i < 100; i++) tree.store(i * 20, i * 20 + 9, i);
  const grown = tree.statistics();
  tree.store(5, 1805, 7); // many leaves at once
  assertEquals(tree.statistics().gracePeriods, grown.gracePeriods + 1);
  assertEquals(retired(tree), 0);
});

//   A opens   store 1   B opens   store 2   A leaves   B leaves
//             |--- waits for A ----------------|
//                                 |--- waits for A and B --------|
Deno.test("read: what a store replaces waits for the readers that were there, and for no later one", () => {
  const tree = oneLeaf();
  const first = tree.read();
  tree.store(3, 5, 7);
  assertEquals(retired(tree), 1);
  const second = tree.read();
  tree.store(23, 25, 7);
  assertEquals(retired(tree), 2);
  first[Symbol.dispose]();
  assertEquals(retired(tree), 1);
  second[Symbol.dispose]();
  assertEquals(retired(tree), 0);
});

Deno.test("read: a reader that came after a store does not hold up what it replaced", () => {
  const tree = oneLeaf();
  const first = tree.read();
  tree.store(3, 5, 7);
  using _second = tree.read();
  first[Symbol.dispose]();
  assertEquals(retired(tree), 0);
});

// A reader in another thread writes one more than the period in which it began into its place.
Deno.test("share: readers in other threads are told the period, and hold up what was replaced since theirs", () => {
  const tree = oneLeaf({ shared: true, maxNodes: 50 });
  const words = new Int32Array(tree.share().nodes);
  using _reader = new SharedReader(tree.share());
  const place = words.indexOf(-1, 8);
  const period = words[PERIOD]!;
  tree.store(3, 5, 7);
  assertEquals([words[PERIOD], retired(tree)], [period + 1, 0]);
  words[place] = period + 2; // it begins now, in period + 1
  tree.store(23, 25, 7);
  assertEquals([words[PERIOD], retired(tree)], [period + 2, 1]);
  words[place] = period + 3; // it has left, and begun anew
  tree.store(43, 45, 7);
  assertEquals([words[PERIOD], retired(tree)], [period + 3, 1]);
  words[place] = -1;
  tree.store(63, 65, 7);
  assertEquals(retired(tree), 0);
});

Deno.test("ensure: nodes that waited for readers serve as soon as these have left", () => {
  const tree = new MapleTree<number>({ rcu: true, maxNodes: 3 });
  for (let i = 0; i < 5; i++) tree.store(i * 20, i * 20 + 9, i);
  const reader = tree.read();
  tree.store(3, 5, 7);
  tree.store(23, 25, 7);
  assertEquals(retired(tree), 2);
  assertThrows(() => tree.store(43, 45, 7));
  reader[Symbol.dispose]();
  tree.store(43, 45, 7);
  assertEquals([retired(tree), tree.load(44)], [0, 7]);
});

Deno.test("ensure: so do those that waited for a reader in another thread, who leaves unseen", () => {
  const tree = oneLeaf({ shared: true, maxNodes: 3 }, 4);
  const words = new Int32Array(tree.share().nodes);
  using _reader = new SharedReader(tree.share());
  const place = words.indexOf(-1, 8);
  words[place] = words[PERIOD]! + 1;
  tree.store(3, 5, 7);
  tree.store(23, 25, 7);
  assertEquals(retired(tree), 2);
  assertThrows(() => tree.store(43, 45, 7));
  words[place] = -1;
  tree.store(43, 45, 7);
  assertEquals([retired(tree), tree.load(44)], [0, 7]);
});

Deno.test("validate: finds a pivot that was turned round", () => {
  const tree = new MapleTree<number>();
  for (let i = 0; i < 4; i++) tree.store(i * 20, i * 20 + 9, i);
  const state = tree.state(20);
  state.walk();
  const { doubles } = poolOf(tree);
  const at = doubles.indexOf(29);
  assert(at > 0);
  [doubles[at], doubles[at + 1]] = [doubles[at + 1]!, doubles[at]!];
  assertThrows(() => tree.validate(), InvariantError);
});
