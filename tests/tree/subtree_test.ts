/**
 * What stores leave behind that no answer tells: nodes and values given back, the header untouched, nodes replaced
 * beside readers and kept without them, and how much work that took.
 */
import { assert, assertEquals } from "@std/assert";
import { MapleTree, NodeBudget } from "../../mod.ts";
import { RcuDomain } from "../../src/tree/rcu.ts";
import { MAX_READERS, READERS, WORD_SHIFT } from "../../src/tree/node_layout.ts";
import { Subtree } from "../../src/tree/subtree.ts";
import { Random } from "../random.ts";
import { shapeOf } from "./shape.ts";
import { workOf } from "./counters.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

const STEP = 16;

/** Ranges of half a step, with the rest of it free. */
function filled(count: number, options: { gaps?: boolean; rcu?: boolean }): MapleTree<number> {
  const tree = new MapleTree<number>(options);
  for (let i = 0; i < count; i++) tree.store(i * STEP, i * STEP + 7, i);
  return tree;
}

Deno.test("Subtree.replaceTree: gives back every node and every value, however many", () => {
  for (const rcu of [false, true]) {
    const tree = new MapleTree<string>({ gaps: true, rcu });
    for (let i = 0; i < 900; i++) tree.store(i * STEP, i * STEP + 7, `value ${i}`);
    const pool = poolOf(tree);
    new Subtree(pool).replaceTree(0);
    if (rcu) pool.reclaim();
    assertEquals([pool.used, pool.handles], [0, 0]);
    tree.validate();
  }
});

Deno.test("clear: the value of a tree without nodes is given back", () => {
  const tree = new MapleTree<string>();
  tree.store(0, 0, "alone");
  const pool = poolOf(tree);
  assertEquals(pool.handles, 1);
  tree.clear();
  assertEquals(pool.handles, 0);
});

// Node 0 is the header: from READERS on it belongs to readers in other threads.
Deno.test("store: no node writes into the header", () => {
  for (const gaps of [false, true]) {
    const tree = filled(2000, { gaps });
    for (let i = 0; i < 2000; i += 3) tree.store(i * STEP, i * STEP + 7, undefined);
    for (let i = 0; i < 1900; i += 100) tree.store(i * STEP, (i + 90) * STEP, i);
    const { words } = poolOf(tree);
    assertEquals([...words.subarray(READERS, 1 << WORD_SHIFT)].filter((word) => word !== 0), []);
  }
});

Deno.test("RcuDomain: what lies behind the places of readers in other threads is not one of them", () => {
  const words = new Int32Array(new SharedArrayBuffer(4 * 128));
  words[READERS + MAX_READERS] = 1;
  const grace = new RcuDomain(words);
  grace.retireNode(5);
  assertEquals(grace.expire()?.nodes, [5]);
  words[READERS + MAX_READERS - 1] = 1;
  grace.seal();
  grace.retireNode(6);
  assertEquals(grace.expire(), undefined);
});

// Beside readers a parent of two new leaves is replaced as well: nobody may see one of them only.
Deno.test("store: a split takes two leaves, and beside readers a parent too", () => {
  for (const [rcu, taken] of [[false, 2], [true, 3]] as const) {
    const tree = filled(40, { gaps: true, rcu });
    assertEquals(tree.height, 2);
    let split = 0;
    for (let i = 0; split === 0; i++) {
      const counters = workOf(tree, () => tree.store(i * STEP + 10, i * STEP + 11, 1));
      if (counters.split === 0) continue;
      split = counters.allocated;
    }
    assertEquals([tree.height, split], [2, taken]);
  }
});

Deno.test("store: trees with and without readers take the same shape", () => {
  for (const gaps of [false, true]) {
    const [plain, beside] = [filled(300, { gaps }), filled(300, { gaps, rcu: true })];
    const random = new Random(0x5ea1);
    for (let i = 0; i < 1500; i++) {
      const first = random.below(300 * STEP);
      const last = first + random.below(random.below(8) === 0 ? 40 * STEP : STEP);
      const value = random.below(2) === 0 ? undefined : i;
      for (const tree of [plain, beside]) tree.store(first, last, value);
      if (i % 3 === 0) assertEquals(shapeOf(beside), shapeOf(plain));
    }
  }
});

Deno.test("store: every rule holds after each of 2,500 stores and erasures in a tree of height 3", () => {
  const tree = filled(500, { gaps: true });
  assertEquals(tree.height, 3);
  const random = new Random(0x6a9);
  for (let i = 0; i < 2500; i++) {
    const first = random.below(500 * STEP);
    const last = first + random.below(random.below(6) === 0 ? 60 * STEP : 2 * STEP);
    tree.store(first, last, random.below(3) === 0 ? undefined : i);
    tree.validate();
  }
});

// The leaf is replaced, as more than one of its slots changes; its longest gap stays what it was.
Deno.test("store: a leaf replaced beside readers tells its parent of no gap that has not changed", () => {
  const tree = filled(40, { gaps: true, rcu: true });
  assertEquals(tree.height, 2);
  let replaced = 0;
  for (let i = 0; i < 40; i++) {
    const counters = workOf(tree, () => tree.store(i * STEP, i * STEP + 3, 1000));
    if (counters.split > 0) continue;
    replaced++;
    assertEquals([counters.allocated, counters.gapUpdates], [1, 0]);
    // Slots gathered and slots written: at most twice a full leaf, whichever of its parent's children it is.
    assert(counters.slotsMoved <= 32);
  }
  assert(replaced > 20);
});

Deno.test("store: a leaf that keeps seven slots is written where it stands", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 64; i++) tree.store(i * STEP, i * STEP + STEP - 1, i);
  const leaf = shapeOf(tree).find((line) => line.includes("leaf64"))!;
  const end = Number(/end=(\d+)/.exec(leaf)![1]);
  const counters = workOf(tree, () => tree.store(0, (end - 5) * STEP - 1, 1));
  assertEquals(
    Number(/end=(\d+)/.exec(shapeOf(tree).find((line) => line.includes("leaf64"))!)![1]),
    6,
  );
  assertEquals([counters.allocated, counters.rebalanced], [0, 0]);
});

// mt_min_slots of Linux 6.12: an inner node without gaps keeps seven of its sixteen slots.
Deno.test("store: inner nodes without gaps keep at least seven slots", () => {
  const tree = filled(2000, { gaps: false });
  assertEquals(tree.height, 4);
  for (let i = 0; i < 1900; i++) {
    tree.store(i * STEP, i * STEP + STEP - 1, undefined);
    if (i % 20 !== 0) continue;
    for (const line of shapeOf(tree)) {
      const [, depth, kind, end] = /d=(\d+) (\w+) .*end=(\d+)/.exec(line) ?? [];
      if (kind === "range64" && depth !== "0") assert(Number(end) >= 6, line);
    }
  }
});

// A split that may reach the root reserves 2 * 3 + 1 nodes, two more than a bulk load of one entry has.
Deno.test("MapleState.store: a bulk load asks for what its reserve lacks, and for no more", () => {
  const budget = new NodeBudget();
  const tree = new MapleTree<number>({ gaps: true, budget });
  for (let i = 0; tree.height < 3; i++) tree.store(i * STEP, i * STEP + 7, i);
  let asked = 0;
  for (let i = 0; asked === 0; i++) {
    const state = tree.state(i * STEP + 10, i * STEP + 11);
    state.preallocate(1);
    const splits = state.reserved === 7;
    state.destroy();
    if (!splits) {
      state.store(1);
      continue;
    }
    state.expectEntries(1);
    assertEquals(state.reserved, 5);
    budget.left = 100;
    state.store(1);
    asked = 100 - budget.left;
    state.destroy();
  }
  assertEquals(asked, 2);
});
