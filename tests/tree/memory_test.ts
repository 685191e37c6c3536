/** What a tree keeps in memory: nothing of trees that are gone, little of what was erased. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";
import { Random } from "../random.ts";

/** Has memory collected: asks for more until what is watched has gone, or for so long that it never will. */
async function isCollected(watched: WeakRef<object>, rounds = 500): Promise<boolean> {
  for (let i = 0; i < rounds && watched.deref() !== undefined; i++) {
    Array.from({ length: 50_000 }, (_, j) => ({ j }));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return watched.deref() === undefined;
}

/** A tree that has split, spanned and rebalanced, and its pool. */
function used(): { tree: MapleTree<object>; pool: WeakRef<object> } {
  const tree = new MapleTree<object>({ gaps: true });
  for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 5, {});
  tree.store(100, 700, undefined);
  return { tree, pool: new WeakRef<object>(poolOf(tree)) };
}

Deno.test("memory: a tree that was the last to split can be collected", async () => {
  const { pool } = used();
  assert(await isCollected(pool), "something still holds the tree");
});

Deno.test("memory: a tree that is held is not collected, or the test above could not fail", async () => {
  const { tree, pool } = used();
  assertEquals([await isCollected(pool, 20), tree.size], [false, 40]);
});

const RANGES = 120_000;

function large<V>(value: (i: number) => V): MapleTree<V> {
  const tree = new MapleTree<V>({ gaps: true });
  for (let i = 0; i < RANGES; i++) tree.store(i * 10, i * 10 + 5, value(i));
  return tree;
}

for (const how of ["clear", "one by one", "at once"] as const) {
  Deno.test(`memory: a tree emptied ${how} gives its pool back, and can be filled again`, () => {
    const tree = large((i) => ({ i }));
    assert(tree.statistics().poolBytes > 4_000_000);
    if (how === "clear") tree.clear();
    else if (how === "at once") tree.store(0, Number.MAX_SAFE_INTEGER, undefined);
    else for (let i = 0; i < RANGES; i++) tree.erase(i * 10);
    assert(tree.statistics().poolBytes <= 1 << 20, `${tree.statistics().poolBytes} bytes`);
    assertEquals([tree.size, poolOf(tree).handles], [0, 0]);
    tree.validate();
    for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 5, { i });
    tree.validate();
    assertEquals(tree.load(55), { i: 5 });
  });
}

Deno.test("memory: what the last node's entries hold is let go of before the pool is given back", () => {
  const tree = new MapleTree<object>();
  const ranges = 45_000; // as many nodes as make it more than an empty tree keeps
  for (let i = 0; i < ranges; i++) tree.store(i * 10, i * 10 + 5, tree);
  const bytes = tree.statistics().poolBytes;
  tree.clear();
  assert(tree.statistics().poolBytes < bytes / 100);
});

Deno.test("memory: a small tree that is emptied and filled in turns keeps its pool", () => {
  const tree = new MapleTree<number>();
  const bytes = new Set<number>();
  for (let turn = 0; turn < 5; turn++) {
    for (let i = 0; i < 500; i++) tree.store(i * 10, i * 10 + 5, i);
    bytes.add(tree.statistics().poolBytes);
    tree.clear();
    bytes.add(tree.statistics().poolBytes);
  }
  assertEquals(bytes.size, 1);
});

Deno.test("memory: nodes that readers wait for, or that are promised, are not given back", () => {
  const tree = new MapleTree<number>({ rcu: true });
  for (let i = 0; i < RANGES; i++) tree.store(i * 10, i * 10 + 5, i);
  const bytes = tree.statistics().poolBytes;
  {
    using reader = tree.read();
    const state = reader.state(500);
    assertEquals(state.walk(), 50);
    tree.clear();
    assertEquals(tree.statistics().poolBytes, bytes);
  }
  assert(tree.statistics().poolBytes <= 1 << 20);
  const promised = new MapleTree<number>();
  for (let i = 0; i < RANGES; i++) promised.store(i * 10, i * 10 + 5, i);
  using state = promised.state(5);
  state.expectEntries(50);
  promised.clear();
  for (let i = 0; i < 50; i++) {
    state.set(i * 10, i * 10 + 5);
    state.store(i);
  }
  promised.validate();
  assertEquals(promised.size, 50);
});

for (const value of [(i: number) => i, (i: number) => ({ i })]) {
  const kind = typeof value(0);
  Deno.test(`compact: the same tree, of ${kind}s, in as many nodes as it has`, () => {
    const tree = large<unknown>(value);
    const random = new Random(0xc0);
    for (let i = 0; i < RANGES; i++) if (!random.chance(0.01)) tree.erase(i * 10);
    const entries = [...tree];
    const { nodes, height } = tree.statistics();
    const state = tree.state(0);
    const before = state.find();
    tree.compact();
    tree.validate();
    const now = tree.statistics();
    assertEquals([now.nodes, now.height, now.poolBytes], [nodes, height, (nodes + 1) * 256]);
    assertEquals([...tree], entries);
    assertEquals([before, state.next()], [entries[0]!.value, entries[1]!.value]);
    for (let i = 0; i < 1000; i++) tree.store(i * 10, i * 10 + 7, value(i));
    tree.validate();
  });
}

Deno.test("compact: keeps what is reserved, and trees without nodes", () => {
  const tree = new MapleTree<number>();
  tree.compact();
  tree.store(0, 0, 5);
  tree.compact();
  assertEquals(tree.load(0), 5);
  for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 5, i);
  using state = tree.state(52, 53);
  state.preallocate(7);
  const { reserved } = state;
  tree.compact();
  assert(tree.statistics().poolBytes >= (tree.statistics().nodes + reserved + 1) * 256);
  state.storePreallocated(7);
  tree.validate();
  assertEquals(tree.load(52), 7);
});

Deno.test("compact: refused under readers and in shared memory, with nothing changed", () => {
  const tree = new MapleTree<number>({ rcu: true });
  for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 5, i);
  const shape = tree.dump();
  {
    using _reader = tree.read();
    assertEquals(assertThrows(() => tree.compact(), MapleError).code, "EBUSY");
  }
  assertEquals(tree.dump(), shape);
  tree.compact();
  tree.validate();
  const shared = new MapleTree<number>({ shared: true, maxNodes: 9 });
  assertEquals(assertThrows(() => shared.compact(), MapleError).code, "EINVAL");
});
