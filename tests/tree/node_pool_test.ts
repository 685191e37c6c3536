/** The node pool at its bounds: budget and limit met exactly, shared memory, nodes and handles given back. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { InvariantError, MapleError, MapleTree, NodeBudget, SharedReader } from "../../mod.ts";
import { END, HEIGHT_BITS, PARENT, PERIOD, ROOT, WORD_SHIFT } from "../../src/tree/node_layout.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

Deno.test("NodeBudget: the last node of it can be had, and then no more", () => {
  const budget = new NodeBudget();
  budget.left = 1;
  new MapleTree<number>({ budget }).store(5, 9, 1);
  assertEquals(budget.left, 0);
  assertThrows(() => new MapleTree<number>({ budget }).store(5, 9, 1), MapleError);
});

Deno.test("share: memory for the header and as many nodes as allowed, and a number for each slot", () => {
  const { nodes, numbers } = new MapleTree<number>({ shared: true, maxNodes: 9 }).share();
  assertEquals([nodes.byteLength, numbers.byteLength], [10 * 256, 10 * 16 * 8]);
});

Deno.test("share: the last node that is allowed lies in the same memory", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 1 });
  const { nodes } = tree.share();
  tree.store(5, 9, 1);
  assert(tree.share().nodes === nodes);
  assertEquals(new Int32Array(nodes)[ROOT], poolOf(tree).words[ROOT]);
});

Deno.test("share: the root is published with an atomic store", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 1 });
  const original = Atomics.store;
  const places: number[] = [];
  const value = (words: Int32Array<ArrayBuffer>, index: number, word: number) => {
    places.push(index);
    return original(words, index, word);
  };
  Object.defineProperty(Atomics, "store", { value });
  try {
    tree.store(5, 9, 1);
  } finally {
    Object.defineProperty(Atomics, "store", { value: original });
  }
  assert(places.includes(ROOT));
});

Deno.test("duplicate: a shared twin has the numbers, and none of the original's readers", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 9 });
  for (let i = 0; i < 5; i++) tree.store(i * 2, i * 2, i + 0.5);
  using _other = new SharedReader(tree.share());
  const twin = tree.duplicate();
  const header = new Int32Array(twin.share().nodes).slice(PERIOD, 1 << WORD_SHIFT);
  assert(header.every((word) => word === 0));
  using reader = new SharedReader(twin.share());
  assertEquals(reader.load(4), 2.5);
});

Deno.test("share: handles serve again, or readers would run out of numbers", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 2 });
  for (let i = 0; i < 100; i++) tree.store(5, 9, i + 0.5);
  using reader = new SharedReader(tree.share());
  assertEquals(reader.load(7), 99.5);
});

Deno.test("release: a value that is in the tree no more is forgotten", () => {
  const tree = new MapleTree<string>();
  tree.store(5, 9, "text");
  const pool = poolOf(tree);
  assertEquals(pool.decode(2), "text");
  tree.erase(5);
  assertEquals(pool.decode(2), undefined);
});

Deno.test("reclaim: a freed node is poisoned if a test asks for it, and no other", () => {
  const tree = new MapleTree<number>({ rcu: true });
  tree.store(5, 9, 1);
  const pool = poolOf(tree);
  pool.poison = true;
  const node = pool.words[ROOT]! >> HEIGHT_BITS;
  tree.store(7, 7, 2); // replaces the leaf
  const start = node << WORD_SHIFT;
  const words = [...pool.words.slice(start, start + (1 << WORD_SHIFT))];
  assert(words.every((word, i) => i === END || word < 0));
  assertEquals(words[PARENT], -1);
  tree.validate();
});

Deno.test("validate: a list of free nodes that goes in circles is noticed", () => {
  const tree = new MapleTree<number>();
  for (let i = 0; i < 100; i++) tree.store(i * 2, i * 2, i);
  tree.clear();
  const pool = poolOf(tree);
  const free = pool.freeNodes();
  pool.words[(free.at(-1)! << WORD_SHIFT) + END] = free[0]!;
  assertThrows(() => tree.validate(), InvariantError);
});

// The first grace period of all: its batch, too, is closed with its store.
Deno.test("read: what a tree's second store retires waits for the reader in between", () => {
  const tree = new MapleTree<number>({ rcu: true });
  tree.store(0, 9, 1);
  const first = tree.read();
  tree.store(3, 5, 2);
  const second = tree.read();
  tree.store(7, 8, 3);
  first[Symbol.dispose]();
  assertEquals(tree.statistics().retired, 1);
  second[Symbol.dispose]();
  assertEquals(tree.statistics().retired, 0);
});

Deno.test("expectEntries: of a reserve that is used up nothing is left", () => {
  const tree = new MapleTree<number>();
  const state = tree.state();
  state.expectEntries(1);
  for (let i = 0; i < 200; i++) {
    state.set(i * 20, i * 20 + 9);
    state.store(i);
  }
  assertEquals([state.reserved, poolOf(tree).reserved], [0, 0]);
});
