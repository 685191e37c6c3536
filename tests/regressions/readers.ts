/**
 * Readers beside a writer. Where a row says "halfway", a fresh reader looks between any two words that the writer
 * writes: what it sees must be the tree as before the store, or as after it.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { MapleState, MapleTree } from "../../mod.ts";
import { type Scenario, type Stage, upwards } from "./scenario.ts";

/** Calls `look` after every word or real that is written to the tree from now on. */
function afterEveryWrite(stage: Stage, tree: MapleTree<number>, look: () => void): void {
  const pool = stage.build.tree.poolOf(tree);
  // Room for all that follows: a pool that grows has other arrays.
  pool.ensure(256);
  let isLooking = false;
  const watched = <T extends object>(array: T): T =>
    new Proxy(array, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
      set(target, key, value) {
        const done = Reflect.set(target, key, value, target);
        if (!isLooking) {
          isLooking = true;
          look();
          isLooking = false;
        }
        return done;
      },
    });
  pool.words = watched(pool.words);
  pool.doubles = watched(pool.doubles);
}

/** The range and value around each index, as a fresh reader walks to it. */
function seen(tree: MapleTree<number>, indices: readonly number[]): string[] {
  using reader = tree.read();
  return indices.map((index) => {
    const state = reader.state(index);
    const value = state.walk();
    return `${state.index}-${state.last}: ${value}`;
  });
}

/** Stores while readers look on: each index is seen as before or as after, never otherwise. */
function storeUnderEyes(
  stage: Stage,
  indices: readonly number[],
  setUp: () => MapleTree<number>,
  store: (tree: MapleTree<number>) => void,
): void {
  stage.step("a store while readers look on", () => {
    const twin = setUp();
    const before = seen(twin, indices);
    store(twin);
    const after = seen(twin, indices);
    const tree = setUp();
    afterEveryWrite(stage, tree, () => {
      for (const [i, sight] of seen(tree, indices).entries()) {
        if (sight !== before[i] && sight !== after[i]) {
          assertEquals(sight, after[i], `a reader at ${indices[i]} saw half of the store`);
        }
      }
    });
    store(tree);
    tree.validate();
  });
}

function filled(stage: Stage, count: number): MapleTree<number> {
  const tree = new stage.build.maple.MapleTree<number>({ gaps: true, rcu: true });
  for (const i of upwards(count)) tree.store(i * 0x20, i * 0x20 + 0xf, i + 1);
  return tree;
}

// Row 16. At the end of a node there is room, so a new entry was appended in place, with readers present: one that came
// between two of its writes saw the node longer than it was, or shorter.
//
//   |- 1 -| free |- 2 -| free … max
//                             |- 3 -|                  store: a new leaf, swapped in at once
function appendUnderReaders(stage: Stage): void {
  for (let count = 1; count < 7; count++) {
    const indices = upwards(count + 2).flatMap((i) => [i * 0x20, i * 0x20 + 0x10, i * 0x20 + 0x18]);
    storeUnderEyes(
      stage,
      indices,
      () => filled(stage, count),
      (tree) => tree.store(count * 0x20 + 4, count * 0x20 + 7, 900),
    );
  }
}

// Row 17. A slot that grows on one side at its neighbour's cost needs one pivot only, which was written in place:
// between the pivot and the entry a reader saw the one without the other.
//
//   |- 1 -| free |- 2 -|
//   |--- 1 ---|                grows by 8 indices: a new leaf, swapped in at once
function growOneSide(stage: Stage): void {
  const indices = upwards(5).flatMap((i) => [i * 0x20, i * 0x20 + 0x12, i * 0x20 + 0x1a]);
  for (const i of [0, 1, 2, 3]) {
    const setUp = () => filled(stage, 5);
    storeUnderEyes(
      stage,
      indices,
      setUp,
      (tree) => tree.store(i * 0x20, i * 0x20 + 0x17, 900),
    );
    storeUnderEyes(
      stage,
      indices,
      setUp,
      (tree) => tree.store(i * 0x20 + 0x18, i * 0x20 + 0x2f, 901),
    );
  }
}

/** A reader that stands on `index`, with freed nodes poisoned. */
function readerAt(stage: Stage, tree: MapleTree<number>, index: number) {
  stage.build.tree.poolOf(tree).poison = true;
  const reader = tree.read();
  const state = reader.state(index);
  state.walk();
  return { reader, state };
}

/** The leaf under a state, as its bytes are now, the parent word left out: dead or alive is the writer's to say. */
function leafBytes(stage: Stage, state: MapleState<number>): string {
  const { pool, node } = stage.build.state.cursorOf(state);
  const words = Array.from(pool.words.slice(node * 64, node * 64 + 64));
  return words.filter((_, word) => word !== 34).join(" ");
}

// Row 18. The writer replaced a node and used its memory again while a reader still stood on it: the reader went on in
// a node that was now part of another place of the tree.
//
//   reader on |- 31 -|, in leaf L      store at 31's leaf: L is replaced
//   stores elsewhere take new nodes    L must not be one of them
//   next must be 32
function nodesOutliveTheirReaders(stage: Stage): void {
  const tree = filled(stage, 60);
  const { reader, state } = readerAt(stage, tree, 30 * 0x20);
  const leaf = leafBytes(stage, state);
  stage.step("replace the reader's leaf", () => tree.store(30 * 0x20 + 4, 30 * 0x20 + 7, 500));
  for (let i = 0; i < 12; i++) {
    stage.step(`store elsewhere, ${i}`, () => tree.store(i * 0x20 + 4, i * 0x20 + 7, 600 + i));
    assertEquals(leafBytes(stage, state), leaf, "a node was reused under its reader");
  }
  stage.step("the reader goes on", () => assertEquals(state.next(), 32));
  stage.step("and on", () => assertEquals(state.next(), 33));
  reader[Symbol.dispose]();
  tree.validate();
  assertEquals(tree.statistics().retired, 0);
}

// Row 18, the teardown: every node is marked dead before any is reused. In the wrong order a reader that went on found
// its node alive in a tree that was gone.
//
//   reader on |- 30 -|       clear: nothing is there any more
//   next must be nothing
function deadBeforeFree(stage: Stage): void {
  for (const count of [3, 60, 200]) {
    const tree = filled(stage, count);
    const { reader, state } = readerAt(stage, tree, Math.floor(count / 2) * 0x20);
    stage.step("clear under a reader", () => tree.clear());
    tree.validate();
    stage.step("the reader goes on", () => assertEquals(state.next(), undefined));
    reader[Symbol.dispose]();
    tree.validate();
    assertEquals(stage.build.tree.poolOf(tree).used, 0);
  }
}

// Row 25, "StackRot" (2023). A stack grew by a store in place of its range while another thread's fault was reading the
// tree: the replaced node was freed at once, not when the readers had left, and the reader held freed memory.
//
//   0x1000  0x1800   0x2000
//           |- stack -|- … -|        a reader stands on the stack
//   |----- stack -----|               it grows down: the leaf is replaced
function stackGrowsUnderAReader(stage: Stage): void {
  const tree = new stage.build.maple.MapleTree<number>({ gaps: true, rcu: true });
  for (const i of upwards(30)) tree.store(i * 0x1000 + 0x800, i * 0x1000 + 0xfff, i + 1);
  const { reader, state } = readerAt(stage, tree, 15 * 0x1000 + 0x800);
  const leaf = leafBytes(stage, state);
  for (let grown = 1; grown <= 7; grown++) {
    stage.step(`the stack grows to ${grown} pages`, () => {
      tree.store(15 * 0x1000 + 0x800 - grown * 0x100, 15 * 0x1000 + 0xfff, 16);
    });
    assert(leafBytes(stage, state) === leaf, "the reader's node was freed under it");
    tree.validate();
  }
  stage.step("the reader goes on", () => assertEquals(state.next(), 17));
  stage.step("and back", () => assertEquals(state.previous(), 16));
  reader[Symbol.dispose]();
  tree.validate();
}

/** Rows 16 to 18, 25. */
export const READERS: readonly Scenario[] = [
  {
    row: 16,
    name: "store: an append is whole or not there, for a reader",
    run: appendUnderReaders,
  },
  { row: 17, name: "store: a slot grows at once, for a reader", run: growOneSide },
  {
    row: 18,
    name: "store: no node is reused while a reader may hold it",
    run: nodesOutliveTheirReaders,
  },
  { row: 18, name: "clear: every node is dead before it is free", run: deadBeforeFree },
  { row: 25, name: "store: a stack grows under a reader", run: stackGrowsUnderAReader },
];
