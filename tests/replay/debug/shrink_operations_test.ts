/**
 * Reducing lists of tree operations, on a tree with a fault that is planted in the running class.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import {
  failureOf,
  shrinkWrites,
  type TreeWrite,
} from "../../../src/replay/debug/shrink_operations.ts";
import { MapleTree } from "../../../src/tree/maple_tree.ts";
import { MAX_INDEX } from "../../../src/tree/node_layout.ts";

type Store = (first: number, last: number, value: number | undefined) => void;

/** Runs `act` while stores go through `store`, which has the tree and its own store. */
function withStore<T>(
  store: (tree: MapleTree<number>, write: Store, ...args: Parameters<Store>) => void,
  act: () => T,
): T {
  const own = MapleTree.prototype.store;
  Object.assign(MapleTree.prototype, {
    store(this: MapleTree<number>, ...args: Parameters<Store>) {
      store(this, (...it) => Reflect.apply(own, this, it), ...args);
    },
  });
  try {
    return act();
  } finally {
    Object.assign(MapleTree.prototype, { store: own });
  }
}

/** A tree that loses what is stored from the middle of a range on. */
function losing<T>(act: () => T): T {
  return withStore((tree, write, first, last, value) => {
    const held = tree.find(first);
    if (held === undefined || held.first >= first) write(first, last, value);
  }, act);
}

function write(first: number, last: number, value = 1): TreeWrite {
  return { first, last, value };
}

Deno.test("failureOf: a sound tree holds what it was told to, whatever overlaps what", () => {
  const ranges = [0, 1, 2, 3].flatMap((first) =>
    [0, 1, 2, 3].filter((last) => last >= first).map((last) => [first, last] as const)
  );
  for (const [i, [first, last]] of ranges.entries()) {
    for (const [from, to] of ranges) {
      for (const value of [0, 2]) {
        const writes = [write(first, last), write(from, to, value), write(i % 4, i % 4, 3)];
        assertEquals(failureOf(writes), undefined, JSON.stringify(writes));
        assertEquals(failureOf([write(0, 3, 7), ...writes]), undefined, JSON.stringify(writes));
      }
    }
  }
  assertEquals(failureOf([]), undefined);
});

Deno.test("failureOf: a write that is lost, moved, changed or not undone is a failure", () => {
  const writes = [write(10, 19), write(30, 39, 2), write(50, 59, 3)];
  const faults: Parameters<typeof withStore>[0][] = [
    (_, store, first, last, value) => value === 3 || store(first, last, value),
    (_, store, first, last, value) => store(first, value === 2 ? last + 1 : last, value),
    (_, store, first, last, value) => store(value === 2 ? first - 1 : first, last, value),
    (_, store, first, last, value) => store(first, last, value === 1 ? 4 : value),
    (_, store, first, last, value) => {
      store(first, last, value);
      if (value === 3) store(70, 79, 5);
    },
  ];
  for (const [i, fault] of faults.entries()) {
    const rule = withStore(fault, () => failureOf(writes));
    assertEquals(rule, "the tree does not hold what it was told to", `fault ${i}`);
  }
  const undone = [write(10, 19), write(12, 14, 0)];
  const keeping = (_: unknown, store: Store, ...args: Parameters<Store>) =>
    args[2] === undefined || store(...args);
  assert(withStore(keeping, () => failureOf(undone)) !== undefined);
});

Deno.test("failureOf: what the tree throws is the failure, numbers left out", () => {
  const fault = () => {
    throw new RangeError("node 0x100 has 17 slots");
  };
  assertEquals(withStore(fault, () => failureOf([write(0, 9)])), "node … has … slots");
});

Deno.test("failureOf: the tree is validated after each write, not only after the last", () => {
  const fault = (tree: MapleTree<number>, store: Store, ...args: Parameters<Store>) => {
    store(...args);
    if (args[0] === 20) Object.assign(tree, { validate: () => fail("gaps add up") });
    else Object.assign(tree, { validate: () => {} });
  };
  const fail = (rule: string) => {
    throw new Error(rule);
  };
  assertEquals(
    withStore(fault, () => failureOf([write(10, 19), write(20, 29), write(30, 39)])),
    "gaps add up",
  );
});

Deno.test("shrinkWrites: what is left are the writes that the fault needs, their boundaries joined and renumbered", () => {
  const writes = [
    ...[write(5, 9, 4), write(1000, 1999, 7), write(3000, 3999, 8), write(20, 30, 0)],
    ...[write(1500, 2500, 9), write(5000, 6000, 8)],
  ];
  assertEquals(losing(() => shrinkWrites(writes)), [write(0, 0x1f, 1), write(0x10, 0x1f, 2)]);
  // Erasing is writing nothing, and stays that.
  const erased = [write(1000, 1999, 7), write(1500, 1600, 0)];
  assertEquals(losing(() => shrinkWrites(erased)), [write(0, 0x1f, 1), write(0x10, 0x1f, 0)]);
});

Deno.test("failureOf: the tree keeps gaps, as one of VMAs does", () => {
  const searching = (tree: MapleTree<number>, store: Store, ...args: Parameters<Store>) => {
    store(...args);
    tree.emptyArea(1, 0, 0xffff);
  };
  assertEquals(withStore(searching, () => failureOf([write(0, 9), write(20, 29)])), undefined);
});

Deno.test("shrinkWrites: a range of one index stays if the fault needs it, beside it boundaries are joined", () => {
  const fault = (tree: MapleTree<number>, store: Store, ...args: Parameters<Store>) =>
    args[0] === args[1] && tree.size === 2 || store(...args);
  const writes = [write(0, 9), write(20, 30, 2), write(40, 40, 3)];
  assertEquals(withStore(fault, () => shrinkWrites(writes)), [
    ...[write(0, 9), write(10, 39, 2), write(40, 40, 3)],
  ]);
});

Deno.test("shrinkWrites: a range that reaches to the last index still does", () => {
  const writes = [write(7, 8), write(100, MAX_INDEX, 5), write(4000, MAX_INDEX, 6)];
  assertEquals(losing(() => shrinkWrites(writes)), [
    write(0, MAX_INDEX, 1),
    write(0x10, MAX_INDEX, 2),
  ]);
});

Deno.test("shrinkWrites: equal values stay equal, others apart", () => {
  // Loses a write over a range of the same value whose first index is another.
  const fault = (tree: MapleTree<number>, store: Store, ...args: Parameters<Store>) => {
    const held = tree.find(args[0]);
    if (held === undefined || held.value !== args[2] || held.first === args[0]) store(...args);
  };
  const writes = [write(10, 99, 7), write(200, 300, 8), write(220, 230, 8), write(20, 30, 9)];
  assertEquals(withStore(fault, () => shrinkWrites(writes)).map(({ value }) => value), [1, 1]);
});

Deno.test("shrinkWrites: where the fault needs the very addresses, they are not renumbered", () => {
  const fault = (_: unknown, store: Store, ...args: Parameters<Store>) =>
    args[0] === 0x1234 || store(...args);
  const writes = [write(0, 9), write(0x1234, 0x2000, 5), write(0x3000, 0x4000, 6)];
  const left = withStore(fault, () => shrinkWrites(writes));
  assertEquals(left.map(({ first, value }) => [first, value]), [[0x1234, 5]]);
});

Deno.test("shrinkWrites: a list that does not fail stays as it is", () => {
  const writes = [write(5, 9, 3), write(7, 8, 0)];
  assertEquals(shrinkWrites(writes), writes);
});
