/**
 * Values and where they are kept: small whole numbers in the slots themselves, everything else in a table of handles
 * that must neither lose nor keep one.
 */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

/** Handles in use, which only values that are no small numbers take. */
function handles<V>(tree: MapleTree<V>): number {
  return poolOf(tree).handles;
}

/** A value that takes a handle. */
function text(i: number): string {
  return `value ${i}`;
}

const NUMBERS = [0, 1, -1, -2, -3, 2 ** 29, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 1, 2 ** 31]
  .concat([-(2 ** 30) + 1, -(2 ** 30), -(2 ** 30) - 1, -(2 ** 31), 0.5, -0, NaN, 0, Infinity, 0]);

Deno.test("MapleTree: every number comes back as it was stored", () => {
  const tree = new MapleTree<number>();
  for (const [i, number] of NUMBERS.entries()) tree.store(i * 10, i * 10 + 5, number);
  for (const [i, number] of NUMBERS.entries()) assertStrictEquals(tree.load(i * 10 + 2), number);
  assertEquals([...tree].map(({ value }) => value), NUMBERS);
  for (const [i, number] of NUMBERS.entries()) {
    assertStrictEquals(tree.find(i * 10)?.value, number);
  }
  const state = tree.state(NUMBERS.length * 10);
  for (const number of NUMBERS.toReversed()) assertStrictEquals(state.previous(), number);
  for (const [i, number] of NUMBERS.entries()) assertStrictEquals(tree.erase(i * 10 + 2), number);
  assertEquals(tree.size, 0);
});

Deno.test("MapleTree: neighbours without a gap are all met, a 0 among them", () => {
  const tree = new MapleTree<number>();
  const values = [5, 0, 0, 6, 0];
  for (const [i, value] of values.entries()) tree.store(i * 10, i * 10 + 9, value);
  assertEquals([...tree].map(({ value }) => value), values);
  const state = tree.state(0);
  const met = values.map((_, i) => i === 0 ? state.walk() : state.next());
  assertEquals(met, values);
});

Deno.test("MapleTree: whole numbers of 31 bits take no handle, all others one", () => {
  const tree = new MapleTree<number>();
  for (const [i, number] of [2 ** 30 - 1, -(2 ** 30), 0, 7].entries()) tree.store(i, i, number);
  assertEquals(handles(tree), 0);
  for (const [i, number] of [2 ** 30, -(2 ** 30) - 1, 0.5, -0].entries()) tree.store(i, i, number);
  assertEquals(handles(tree), 4);
});

Deno.test("MapleTree: values that hold nothing true are values", () => {
  const tree = new MapleTree<unknown>();
  const values = [null, false, 0, "", NaN];
  for (const [i, value] of values.entries()) tree.store(i * 2, i * 2, value);
  for (const [i, value] of values.entries()) assertStrictEquals(tree.load(i * 2), value);
  assertEquals(tree.size, values.length);
});

for (const rcu of [false, true]) {
  const name = (what: string) => `MapleTree: ${what}, rcu ${rcu}`;

  Deno.test(name("a value that was overwritten is let go of, in the root and in leaves"), () => {
    const tree = new MapleTree<string>({ rcu });
    for (let i = 0; i < 40; i++) tree.store(0, 0, text(i));
    assertEquals([handles(tree), tree.height], [1, 0]);
    tree.store(0, 9, text(40));
    assertEquals([handles(tree), tree.height], [1, 1]);
    for (let i = 0; i < 40; i++) tree.store(0, 9, text(i));
    assertEquals(handles(tree), 1);
    tree.store(0, 9, undefined);
    assertEquals(handles(tree), 0);
    tree.store(0, 0, text(1));
    tree.store(0, 0, undefined);
    assertEquals(handles(tree), 0);
  });

  Deno.test(name("a handle each range, through cuts, joins, splits and spanning stores"), () => {
    const tree = new MapleTree<string>({ rcu, gaps: true });
    const check = () => assertEquals(handles(tree), tree.size);
    for (let i = 0; i < 300; i++) tree.store(i * 10, i * 10 + 9, text(i));
    check();
    for (let i = 0; i < 300; i += 3) tree.store(i * 10 + 3, i * 10 + 5, text(i)); // cut in three
    check();
    assertEquals(tree.size, 500);
    for (let i = 1; i < 300; i += 3) tree.store(i * 10 + 5, i * 10 + 12, undefined); // ends of two
    check();
    tree.store(205, 1795, text(1)); // over many leaves
    check();
    tree.store(400, 410, undefined);
    check();
    for (const { first } of [...tree]) tree.erase(first);
    assertEquals([handles(tree), tree.size], [0, 0]);
    tree.validate();
  });

  Deno.test(name("nodes and handles that were given back serve again"), () => {
    const tree = new MapleTree<string>({ rcu, gaps: true, maxNodes: 60 });
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i < 200; i++) tree.store(i * 2, i * 2, text(i));
      assertEquals([handles(tree), tree.size], [200, 200]);
      if (round % 2 === 0) tree.clear();
      else tree.store(0, MAX_INDEX, undefined);
      assertEquals([handles(tree), tree.size, tree.statistics().retired], [0, 0, 0]);
    }
    const { counters } = tree.statistics();
    assertEquals(counters.allocated - counters.freed, tree.statistics().nodes);
    tree.validate();
  });
}

Deno.test("MapleTree.duplicate: neither tree sees what becomes of the other's values", () => {
  const tree = new MapleTree<string>({ gaps: true });
  for (let i = 0; i < 60; i++) tree.store(i * 2, i * 2, text(i));
  for (let i = 0; i < 30; i++) tree.erase(i * 2); // free handles, to be taken by both
  const twin = tree.duplicate();
  for (let i = 0; i < 30; i++) tree.store(i * 2, i * 2, `tree ${i}`);
  for (let i = 0; i < 45; i++) twin.store(i * 2, i * 2, `twin ${i}`);
  for (let i = 0; i < 60; i++) {
    assertEquals(tree.load(i * 2), i < 30 ? `tree ${i}` : text(i));
    assertEquals(twin.load(i * 2), i < 45 ? `twin ${i}` : text(i));
  }
  assertEquals([handles(tree), handles(twin)], [60, 60]);
  assertEquals([twin.find(2)?.value, twin.next(2)?.value], ["twin 1", "twin 2"]);
  assertEquals([tree.erase(0), twin.load(0), twin.erase(2), tree.load(2)], [
    "tree 0",
    "twin 0",
    "twin 1",
    "tree 1",
  ]);
  tree.insert(0, 0, "tree 0");
  twin.clear();
  assertEquals([handles(tree), handles(twin), tree.size], [60, 0, 60]);
  tree.validate();
  twin.validate();
});

Deno.test("MapleTree.duplicate: the twin has room of its own, and its own count of work", () => {
  const tree = new MapleTree<number>();
  for (let i = 0; i < 500; i++) tree.store(i * 2, i * 2, i);
  const twin = tree.duplicate();
  const counts = Object.values(twin.statistics().counters);
  assert(counts.every((count) => count === 0), "what the original did is counted");
  assertEquals(twin.statistics().poolBytes, tree.statistics().poolBytes);
  for (let i = 0; i < 500; i++) twin.store(2000 + i * 2, 2000 + i * 2, i);
  assertEquals([tree.size, twin.size], [500, 1000]);
  twin.validate();
});

Deno.test("MapleTree.duplicate: of what waits for readers the twin has nothing", () => {
  const tree = new MapleTree<string>({ rcu: true });
  for (let i = 0; i < 100; i++) tree.store(i, i, text(i));
  using _reader = tree.read();
  for (let i = 0; i < 100; i += 2) tree.erase(i);
  assert(tree.statistics().retired > 0);
  const twin = tree.duplicate();
  assertEquals(twin.statistics().retired, 0);
  assertEquals([handles(twin), twin.size], [50, 50]);
  twin.validate();
});

Deno.test("MapleTree.duplicate: a shared tree's twin is shared by itself", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 50, gaps: true });
  for (let i = 0; i < 60; i++) tree.store(i * 2, i * 2, i + 0.5);
  const twin = tree.duplicate();
  twin.store(2, 2, 1000.5);
  assertEquals([tree.load(2), twin.load(2), twin.load(4)], [1.5, 1000.5, 2.5]);
  assert(twin.share().nodes !== tree.share().nodes);
  assertEquals(twin.share().nodes.byteLength, tree.share().nodes.byteLength);
  twin.validate();
});

Deno.test("MapleTree.clear: a state that stood in the tree walks again", () => {
  const tree = new MapleTree<number>();
  for (let i = 0; i < 10; i++) tree.store(i * 2, i * 2, i);
  const state = tree.state(4);
  assertEquals(state.walk(), 2);
  tree.clear();
  assertEquals(state.next(), undefined);
  assertEquals(tree.load(4), undefined);
});

Deno.test("MapleTree.clear: readers keep what they hold until they leave", () => {
  const tree = new MapleTree<string>({ rcu: true });
  for (let i = 0; i < 40; i++) tree.store(i * 2, i * 2, text(i));
  {
    using _reader = tree.read();
    const { nodes } = tree.statistics();
    tree.clear();
    assertEquals(tree.statistics().retired, nodes);
    assertEquals(handles(tree), 40);
  }
  assertEquals([tree.statistics().retired, handles(tree)], [0, 0]);
});

Deno.test("MapleTree: memory is shared if that is asked for, and else it is not", () => {
  const isShared = (tree: MapleTree<number>) =>
    poolOf(tree).words.buffer instanceof SharedArrayBuffer;
  assertEquals(isShared(new MapleTree<number>()), false);
  assertEquals(isShared(new MapleTree<number>({ rcu: true })), false);
  assertEquals(isShared(new MapleTree<number>({ shared: true, maxNodes: 9 })), true);
});

Deno.test("MapleTree: keeps no account of gaps unless that is asked for", () => {
  assertEquals(poolOf(new MapleTree<number>()).gaps, false);
  assertEquals(poolOf(new MapleTree<number>({ gaps: true })).gaps, true);
});
