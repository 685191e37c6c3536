/** Stores that stay in one leaf, and the ones that make or unmake the root. */

import { assertEquals } from "@std/assert";
import { MAX_INDEX } from "../../mod.ts";
import { CheckedTree } from "./checked_tree.ts";

Deno.test("store: a single value at 0 lives in the root, without a node", () => {
  const checked = new CheckedTree();
  checked.store(0, 0, 1);
  assertEquals([checked.tree.height, checked.tree.statistics().nodes], [0, 0]);
});

Deno.test("store: another value at 0 replaces the one in the root", () => {
  const checked = new CheckedTree();
  checked.store(0, 0, 1);
  checked.store(0, 0, 2);
  assertEquals([checked.tree.load(0), checked.tree.height], [2, 0]);
});

Deno.test("store: nothing at 0 empties the root", () => {
  const checked = new CheckedTree();
  checked.store(0, 0, 1);
  checked.store(0, 0, undefined);
  assertEquals([checked.tree.size, checked.tree.height], [0, 0]);
});

Deno.test("store: nothing in an empty tree makes no node", () => {
  const checked = new CheckedTree();
  checked.store(5, 9, undefined);
  assertEquals([checked.tree.size, checked.tree.statistics().nodes], [0, 0]);
});

// 0                    0  1      5
// |1|          ▶       |1|-- 2 --|
Deno.test("store: a second range moves the root's value into a leaf", () => {
  const checked = new CheckedTree();
  checked.store(0, 0, 1);
  checked.store(1, 5, 2);
  assertEquals(checked.leaves(), ["0-max:2"]);
});

Deno.test("store: the first range away from 0 starts a leaf", () => {
  const checked = new CheckedTree();
  checked.store(5, 9, 1);
  assertEquals(checked.leaves(), ["0-max:2"]);
});

Deno.test("store: the whole index space makes a new root of one slot", () => {
  const checked = CheckedTree.touching(40);
  checked.store(0, MAX_INDEX, 7);
  assertEquals(checked.leaves(), ["0-max:0"]);
});

Deno.test("store: nothing over the whole index space leaves no node", () => {
  const checked = CheckedTree.touching(40);
  checked.store(0, MAX_INDEX, undefined);
  assertEquals([checked.tree.height, checked.tree.statistics().nodes], [0, 0]);
});

Deno.test("store: nothing over the only range, when it is the whole space, leaves an empty leaf", () => {
  const checked = new CheckedTree();
  checked.store(0, MAX_INDEX, 9);
  checked.store(0, MAX_INDEX, undefined);
  assertEquals([checked.tree.height, checked.tree.size], [1, 0]);
  checked.store(0x1000, 0x1fff, 1);
  assertEquals(checked.leaves(), ["0-max:2"]);
});

Deno.test("store: the last index can be held, alone and as the end of a range", () => {
  const checked = new CheckedTree();
  checked.store(MAX_INDEX, MAX_INDEX, 1);
  checked.store(MAX_INDEX - 9, MAX_INDEX - 5, 2);
  checked.store(MAX_INDEX - 2, MAX_INDEX, 3);
  assertEquals(checked.tree.load(MAX_INDEX), 3);
  assertEquals(checked.leaves(), ["0-max:3"]);
});

// 0x10      0x20      0x30                  0x10      0x20      0x30
// |--- 1 ---|--- 2 ---|--- 3 ---|     ▶     |--- 1 ---|--- 9 ---|--- 3 ---|
Deno.test("store: exactly a range replaces its value in place", () => {
  const checked = new CheckedTree();
  for (const i of [1, 2, 3]) checked.store(i * 0x10, i * 0x10 + 0xf, i);
  checked.store(0x20, 0x2f, 9);
  assertEquals(checked.leaves(), ["0-max:4"]);
});

// 0x10      0x20      0x30                  0x10  0x18          0x30
// |--- 1 ---|--- 2 ---|--- 3 ---|     ▶     |- 1 -|----- 9 -----|--- 3 ---|
Deno.test("store: as many slots as before, written in place", () => {
  const checked = new CheckedTree();
  for (const i of [1, 2, 3]) checked.store(i * 0x10, i * 0x10 + 0xf, i);
  checked.store(0x18, 0x2f, 9);
  assertEquals(checked.leaves(), ["0-max:4"]);
});

// 0x10                0x30                  0x10  0x18  0x20    0x30
// |-------- 1 --------|              ▶      |- 1 -|- 9 -|-- 1 --|
Deno.test("store: the middle of a range cuts it in two", () => {
  const checked = new CheckedTree();
  checked.store(0x10, 0x2f, 1);
  checked.store(0x18, 0x1f, 9);
  assertEquals(checked.leaves(), ["0-max:4"]);
});

// 0x10                0x30                  0x10  0x18  0x20    0x30
// |-------- 1 --------|              ▶      |- 1 -|     |-- 1 --|
Deno.test("store: nothing over the middle of a range leaves a gap", () => {
  const checked = new CheckedTree();
  checked.store(0x10, 0x2f, 1);
  checked.store(0x18, 0x1f, undefined);
  assertEquals(checked.leaves(), ["0-max:4"]);
});

// 0x10      0x20      0x30      0x40        0x10                0x30      0x40
// |--- 1 ---|--- 2 ---|--- 3 ---|     ▶     |--- 1 ---|               |---|
Deno.test("store: the start and the end of ranges are trimmed", () => {
  const checked = new CheckedTree();
  for (const i of [1, 2, 3]) checked.store(i * 0x10, i * 0x10 + 0xf, i);
  checked.store(0x20, 0x38, undefined);
  checked.store(0x1c, 0x1f, undefined);
  assertEquals(checked.leaves(), ["0-max:4"]);
});

for (const gaps of [true, false]) {
  Deno.test(`store: ranges stored upwards are appended, gaps ${gaps}`, () => {
    const checked = new CheckedTree({ gaps });
    for (let i = 0; i < 15; i++) {
      checked.store(i * 0x10, i * 0x10 + 0xf, i + 1);
      assertEquals(checked.leaves(), [`0-max:${i + 1}`]);
    }
  });
}

// 0x10      0x20      0x30      0x40        0x10                          0x40
// |--- 1 ---|         |--- 3 ---|     ▶     |--- 1 ---|     (free)        …
Deno.test("store: nothing over a range joins the free space on both its sides", () => {
  const checked = new CheckedTree();
  checked.store(0x10, 0x1f, 1);
  checked.store(0x30, 0x3f, 3);
  checked.store(0x50, 0x5f, 5);
  checked.store(0x30, 0x3f, undefined);
  assertEquals(checked.leaves(), ["0-max:4"]);
});

Deno.test("store: nothing where there is nothing changes nothing", () => {
  const checked = CheckedTree.gapped(20);
  const before = checked.tree.dump();
  for (let i = 0; i < 20; i++) checked.store(i * 0x20 + 2, i * 0x20 + 9, undefined);
  checked.store(0x1000, MAX_INDEX, undefined);
  assertEquals(checked.tree.dump(), before);
});

Deno.test("store: every range that begins and ends on a slot's boundary, in one leaf", () => {
  // Stale slots came from stores that end exactly at a later slot's maximum, or at the node's.
  const edges = [0x0, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70];
  for (const first of edges) {
    for (const end of [...edges, MAX_INDEX + 1].filter((edge) => edge > first)) {
      for (const value of [99, undefined]) {
        const checked = CheckedTree.touching(7);
        checked.store(first, end - 1, value);
        checked.store(0x100, 0x10f, 8);
      }
    }
  }
});

Deno.test("store: every range in a leaf of ranges and gaps, one index from every boundary", () => {
  const edges = [0, 1, 0xf, 0x10, 0x11, 0x1f, 0x20, 0x21, 0x2f, 0x30, 0x31, 0x3f, 0x40, 0x41];
  for (const first of edges) {
    for (const last of [...edges, MAX_INDEX].filter((edge) => edge >= first)) {
      for (const value of [99, undefined]) {
        const checked = CheckedTree.gapped(2);
        checked.store(first, last, value);
      }
    }
  }
});

Deno.test("store: neighbours with the same value stay two ranges", () => {
  const checked = new CheckedTree();
  checked.store(0x10, 0x1f, 5);
  checked.store(0x20, 0x2f, 5);
  assertEquals(checked.tree.size, 2);
});

// regressions: in a full node the end must not be read from where the last pivot lies.
Deno.test("store: all 16 slots of a leaf are found", () => {
  const checked = CheckedTree.touching(15);
  assertEquals(checked.leaves(), ["0-max:15"]);
  checked.store(0xf0, MAX_INDEX, 16);
  assertEquals(checked.leaves(), ["0-max:15"]);
});
