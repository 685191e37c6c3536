/** Cursors where a walk ends on no slot, beside readers, and with searches that go far. */

import { assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree, MAX_INDEX, NodeBudget } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

/** A tree without nodes: one value at index 0. */
function rootOnly(): MapleTree<number> {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  return tree;
}

Deno.test("MapleState: in an empty tree a step up or down ends at no node, not at a limit", () => {
  const tree = new MapleTree<number>();
  const up = tree.state(0);
  assertEquals([up.next(5), up.status], [undefined, "none"]);
  const down = tree.state(7);
  assertEquals([down.previous(), down.status], [undefined, "none"]);
});

// mas_next_setup() of Linux 6.12: whoever stood in front of the value at 0 stands on it afterwards.
Deno.test("MapleState.next: from before the value in the root it goes onto it and gives nothing", () => {
  const state = rootOnly().state(0);
  assertEquals([state.findReverse(), state.findReverse(), state.status], [1, undefined, "none"]);
  assertEquals([state.next(), state.status, state.index], [undefined, "root", 0]);
});

Deno.test("MapleState.findReverse: from behind the value in the root it finds it", () => {
  const state = rootOnly().state(7);
  assertEquals([state.walk(), state.status], [undefined, "none"]);
  assertEquals([state.findReverse(), state.index, state.last], [1, 0, 0]);
});

Deno.test("MapleState.walk: the value in the root is a range of one index", () => {
  const state = rootOnly().state(0, 9);
  assertEquals([state.walk(), state.index, state.last], [1, 0, 0]);
});

Deno.test("MapleState.findRange: the bound itself is looked at", () => {
  const tree = new MapleTree<number>();
  tree.store(5, 9, 1);
  assertEquals(tree.state(5).findRange(5), 1);
});

Deno.test("MapleState.erase: where nothing is, nothing is done", () => {
  const empty = new MapleTree<number>().state(0);
  assertEquals([empty.erase(), empty.status], [undefined, "none"]);
  const tree = new MapleTree<number>();
  tree.store(5, 9, 1);
  const { rewritten } = tree.statistics().counters;
  assertEquals(tree.state(20).erase(), undefined);
  assertEquals(tree.statistics().counters.rewritten, rewritten);
});

Deno.test("MapleState: in error after a failed store that changed nothing, it gives nothing", () => {
  const budget = new NodeBudget();
  const tree = new MapleTree<number>({ budget });
  for (let i = 0; i < 15; i++) tree.store(i * 10, i * 10 + 9, i); // a full leaf, with the free rest
  const state = tree.state(20);
  assertEquals(state.walk(), 2);
  state.set(20, 23);
  budget.left = 0;
  assertThrows(() => state.store(7), MapleError);
  assertEquals([state.status, state.next()], ["error", undefined]);
});

// What a reader remembers holds until its leaf is replaced; at the end of the leaf it walks.
Deno.test("TreeReader: steps in a leaf take no walk, the step out of it takes one", () => {
  const tree = new MapleTree<number>({ rcu: true });
  for (let i = 0; i < 40; i++) tree.store(i * 16, i * 16 + 15, i); // leaves of fifteen ranges
  using reader = tree.read();
  for (const backward of [false, true]) {
    const state = reader.state(backward ? 29 * 16 : 15 * 16);
    assertEquals(state.walk(), backward ? 29 : 15);
    tree.store(39 * 16, 39 * 16 + 7, 100); // elsewhere
    const visited = () => tree.statistics().counters.visited;
    const start = visited();
    for (let i = 1; i < 15; i++) {
      const value = backward ? state.previous() : state.next();
      assertEquals(value, backward ? 29 - i : 15 + i);
    }
    assertEquals(visited(), start);
    assertEquals(backward ? state.previous() : state.next(), backward ? 14 : 30);
    assertEquals(visited(), start + tree.height);
  }
});

// Stored downwards, so that early nodes hold high indices, and at indices that fill a number's 53 bits: what a node's
// id leads to must be its own.
Deno.test("next, find, emptyAreaReverse: in two thousand nodes, each leads to itself", () => {
  const RANGES = 20_000;
  const STRIDE = 0x5555555555;
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = RANGES - 1; i >= 0; i--) tree.store(i * STRIDE + 16, i * STRIDE + 31, i);
  const state = tree.state(0);
  for (let i = 0; i < RANGES; i++) {
    if (state.next(MAX_INDEX) !== i) assertEquals(state.index, i * STRIDE + 16);
  }
  for (let i = 0; i < RANGES; i += 7) {
    assertEquals(tree.emptyAreaReverse(16, 0, i * STRIDE + 15), i * STRIDE);
    for (const index of [i * STRIDE, i * STRIDE + 16]) {
      state.set(index);
      if (state.find() !== i) assertEquals(state.index, i * STRIDE + 16);
    }
  }
});

// A writer makes the first node between a reader's two loads, of the root and of the value in its stead.
Deno.test("walk, load: the first node made between two loads does not hide what index 0 holds", () => {
  for (const how of ["walk", "load"] as const) {
    const tree = new MapleTree<number>({ shared: true, maxNodes: 9 });
    tree.store(0, 0, 1);
    const state = tree.state(0);
    const pool = poolOf(tree);
    const { words } = pool;
    pool.words = new Proxy(words, {
      get(target, key) {
        if (key === "2" && pool.words !== target) { // ROOT_ENTRY
          pool.words = target;
          tree.store(5, 9, 2);
        }
        return Reflect.get(target, key);
      },
    });
    assertEquals(how === "walk" ? state.walk() : tree.load(0), 1);
  }
});
