/**
 * Nodes that were promised to a store.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { codeOf, type Scenario, type Stage, upwards } from "./scenario.ts";

// Row 2. A prepared store takes what it needs and gives back all the rest. Two stores under one preparation were common
// (the second then allocated late, where it must not fail, or failed): each needs its own.
//
//   preallocate(0x04-0x07)   reserved: n
//   storePreallocated        reserved: 0
//   storePreallocated        ENOMEM, and nothing has changed
function oneStoreEach(stage: Stage): void {
  const tree = stage.tree().fill(upwards(40), 0x10);
  const pool = stage.build.tree.poolOf(tree.tree);
  for (let i = 0; i < 40; i++) {
    // Some are prepared for more leaves than they then store to, so that there is a rest.
    const isWide = i % 2 === 1 && i < 16;
    const state = tree.tree.state(i * 0x10 + 4, i * 0x10 + (isWide ? 0x187 : 7));
    stage.step(`preallocate from the middle of range ${i}`, () => state.preallocate(2000));
    state.set(i * 0x10 + 4, i * 0x10 + 7);
    const { index, last } = state;
    tree.told("the prepared store", () => state.storePreallocated(2000), index, last, 2000);
    assertEquals([state.reserved, pool.reserved], [0, 0]);
    state.set(i * 0x10 + 12, i * 0x10 + 13);
    const worst = stage.step("a second store under the same preparation", () => {
      const allocated = tree.tree.statistics().counters.allocated;
      const code = codeOf(() => state.storePreallocated(3000));
      if (code === undefined) {
        tree.reference.store(i * 0x10 + 12, i * 0x10 + 13, 3000);
        assertEquals(tree.tree.statistics().counters.allocated, allocated, "it allocated late");
      }
      return code;
    });
    if (worst !== undefined) assertEquals(worst, "ENOMEM");
  }
}

// Row 15. Many states reserve nodes, one after the other; each asked for its own without counting those already
// promised, and the last ones wrote past the end of what there was. A reader keeps what is replaced from coming back.
//
//   pool   | in the tree | promised to a | promised to b | …
//   wrong  | in the tree | promised to a |                     b's do not exist
function reserveOnReserve(stage: Stage): void {
  const tree = stage.tree({ gaps: true, rcu: true }).fill(upwards(320));
  using reader = tree.tree.read();
  assertEquals(reader.state(0x20).walk(), 2);
  // Each in a leaf of its own, so that no store changes what another needs.
  const states = upwards(20).map((i) => tree.tree.state(i * 0x200 + 4, i * 0x200 + 7));
  for (const [i, state] of states.entries()) {
    stage.step(`state ${i} reserves`, () => state.preallocate(900));
  }
  for (const [i, state] of states.entries()) {
    const first = i * 0x200 + 4;
    tree.told(`state ${i} stores`, () => state.storePreallocated(900), first, first + 3, 900);
  }
  assertEquals(stage.build.tree.poolOf(tree.tree).reserved, 0);
}

// Row 22. Prepared for one range, another was stored: the store was of another kind and ran out of nodes halfway.
//
//   | 1 | 2 | … | 15 |       prepared: all of range 3, in place, no node
//       |x|                  stored: a piece of range 2, which splits the leaf
function anotherThanPrepared(stage: Stage): void {
  const tree = stage.tree().fill(upwards(15), 0x10);
  const state = tree.tree.state(0x30, 0x3f);
  stage.step("prepare for exactly range 3", () => state.preallocate(9));
  assertEquals(state.reserved, 0);
  // The pool is filled up to its last node, so that one too many has no place.
  const pool = stage.build.tree.poolOf(tree.tree);
  const others = upwards(20).map((i) => tree.tree.state(0x10000 + i * 0x1000));
  others.forEach((other, i) =>
    stage.step(`state ${i} reserves too`, () => {
      if (pool.top + pool.reserved + 3 <= 16) other.preallocate(1);
    })
  );
  state.set(0x24, 0x27);
  stage.step("store another range", () => {
    assertEquals(codeOf(() => state.storePreallocated(9)), "ENOMEM");
  });
  for (const other of others) other.destroy();
  tree.store(0x24, 0x27, 9);
}

// Row 23. Storing nothing widens its range over the free space on both sides. When the store then failed for want of a
// node and was tried again, the second attempt started from the widened range, and wiped what had been stored there
// meanwhile.
//
//   |- 1 -| free |- 2 -| … |- 40 -| free
//                |--- nothing ----|              fails: no node
//         |--------- widened ------------|
//         |- 9 -|                                another store
//                |--- nothing ----|              again: 9 stays
function retryKeepsItsRange(stage: Stage): void {
  const budget = new stage.build.maple.NodeBudget();
  const tree = stage.tree({ gaps: true, budget }).fill(upwards(40));
  const state = tree.tree.state(2 * 0x20, 20 * 0x20 + 0xf);
  budget.left = 0;
  stage.step("nothing over ranges 2 to 20, without a node", () => {
    assertEquals(codeOf(() => state.store(undefined)), "ENOMEM");
  });
  budget.left = Infinity;
  tree.store(0x32, 0x3f, 900);
  tree.store(21 * 0x20 - 0x10, 21 * 0x20 - 4, 901);
  tree.told(
    "the same again, with nodes",
    () => state.store(undefined),
    2 * 0x20,
    20 * 0x20 + 0xf,
    undefined,
  );
}

/** Rows 2, 15, 22, 23. */
export const RESERVE: readonly Scenario[] = [
  { row: 2, name: "storePreallocated: one store for one preparation", run: oneStoreEach },
  { row: 15, name: "preallocate: a reserve on top of reserves", run: reserveOnReserve },
  {
    row: 22,
    name: "storePreallocated: another range than the one prepared",
    run: anotherThanPrepared,
  },
  {
    row: 23,
    name: "store: a second attempt has the range of the first",
    run: retryKeepsItsRange,
  },
];
