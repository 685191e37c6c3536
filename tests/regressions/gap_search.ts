/**
 * Searches for free space.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { map, RW } from "../mm/scene.ts";
import { codeOf, type Scenario, type Stage, upwards } from "./scenario.ts";

// Row 7. The highest free area was looked for below the window, or in a window smaller than the size, and something was
// answered. This very search is from the kernel's own test.
//
//                      0x111000      0x11bfff
//   free …             |---- window ----|            0xb000 indices
//   wanted    |--------- 0x10000 -------|            EINVAL, not 0x10c000
function largerThanTheWindow(stage: Stage): void {
  for (const count of [0, 1, 20, 100]) {
    stage.clear();
    const tree = stage.tree().fill(upwards(count), 0x20);
    tree.emptyAreaReverse(0x10000, 0x111000, 0x11bfff);
    tree.emptyArea(0x10000, 0x111000, 0x11bfff);
    tree.emptyAreaReverse(0xb000, 0x111000, 0x11bfff);
    tree.emptyAreaReverse(0x20, 0x1f0, 0x208);
    tree.emptyAreaReverse(0x10, 0x14, 0x1f);
    tree.emptyAreaReverse(0x8, 0x18, 0x1e);
    for (let i = 0; i < count; i++) tree.emptyAreaReverse(0x10, i * 0x20 + 0x18, i * 0x20 + 0x27);
  }
}

// Row 9. A window that ends within the next node: the search skipped that node and answered EBUSY.
//
//   leaves   |--- a: full ---|--- b: full, gap, … ---|
//   window              |-------------|
//   free                        |--|                       must be found
function windowEndsInTheNextNode(stage: Stage): void {
  const tree = stage.tree().fill(upwards(120), 0x10);
  for (let i = 0; i < 120; i++) {
    tree.store(i * 0x10 + 4, i * 0x10 + 7, undefined);
    tree.emptyArea(4, Math.max(0, i * 0x10 - 0x98), i * 0x10 + 8);
    tree.emptyAreaReverse(4, i * 0x10 + 3, i * 0x10 + 0x98);
    tree.store(i * 0x10 + 4, i * 0x10 + 7, i + 1);
  }
}

// Row 10. A state that had found an area could not be moved on from, or stored through.
//
//   |- 1 -| free |- 2 -| free |- 3 -|
//   walk ^        area ^^^^           next: 3   previous: 2
function usableAfterASearch(stage: Stage): void {
  const tree = stage.tree().fill(upwards(40));
  const state = tree.tree.state();
  for (let i = 2; i < 39; i++) {
    const area = i * 0x20 + 0x10;
    const search = (text: string) => {
      state.set(0);
      state.walk();
      stage.step(text, () => state.emptyArea(8, area, area + 0xf));
    };
    search("area, then next");
    assertEquals([state.index, state.last, state.next()], [area, area + 7, i + 2]);
    search("area, then previous");
    assertEquals(state.previous(), i + 1);
    search("area, then find");
    assertEquals(state.find(), i + 2);
    search("area, then walk");
    assertEquals(state.walk(), undefined);
    search("area, then store");
    tree.told("store in the area", () => state.store(700 + i), area, area + 7, 700 + i);
  }
}

// Row 11. A single value at 0 lives in the root, without a node, and the area at 0 was given away a second time.
//
//   0x0   0x1
//   |- 1 -|  free …         [0, 0] is not free: EBUSY
function areaAtZero(stage: Stage): void {
  const tree = stage.tree();
  tree.emptyArea(1, 0, 0);
  tree.store(0, 0, 1);
  tree.emptyArea(1, 0, 0);
  tree.emptyAreaReverse(1, 0, 0);
  tree.emptyArea(1, 0, 5);
  tree.emptyAreaReverse(5, 0, 5);
  tree.emptyAreaReverse(6, 0, 5);
  tree.allocate(2, 1, 0, 5);
}

// Row 12. The gap that was found reached into the guard gap below a stack, and was taken all the same.
//
//                        0x7ffef0000000   stack
//   free …    | guard gap: 256 pages |------ rw, grows down ------|
//          |here|                    mmap(NULL, 1 page) ends where the guard gap begins
function guardGap(stage: Stage): void {
  const mm = stage.space();
  const start = 0x7ffe_f000_0000;
  const end = 0x7fff_0000_0000;
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;
  const address = start;
  stage.step("map a stack", () => mm.mmap({ address, length: end - start, protection: RW, flags }));
  const found = stage.step(
    "mmap(NULL, 1 page)",
    () => mm.mmap({ length: 0x1000, protection: RW, flags: MAP_PRIVATE | MAP_ANONYMOUS }),
  );
  assertEquals(found, start - 256 * 0x1000 - 0x1000);
  // The same for the lowest gap: below a stack that would be reached from underneath.
  const low = stage.space({ mmapBase: 0x10_0000, legacyLayout: true });
  stage.step("map what lies below", () => map(low, 0x10_0000, 0x20_0000));
  stage.step("map a stack above a narrow gap", () => {
    const request = { address: 0x28_0000, length: 0x1000, protection: RW, flags };
    low.mmap(request);
  });
  const above = stage.step(
    "mmap(NULL, 1 page), upwards",
    () => low.mmap({ length: 0x1000, protection: 1, flags: MAP_PRIVATE | MAP_ANONYMOUS }),
  );
  assertEquals(above, 0x28_1000);
  assertEquals(codeOf(() => low.munmap(1, 1)), "EINVAL");
}

/** Rows 7, 9 to 12. */
export const GAP_SEARCH: readonly Scenario[] = [
  {
    row: 7,
    name: "emptyAreaReverse: a size beyond the window is EINVAL",
    run: largerThanTheWindow,
  },
  {
    row: 9,
    name: "emptyArea: a gap in the node where the window ends",
    run: windowEndsInTheNextNode,
  },
  { row: 10, name: "MapleState: moves on from an area found", run: usableAfterASearch },
  { row: 11, name: "emptyArea: the place of a single value at 0 is taken", run: areaAtZero },
  { row: 12, name: "mmap: stays clear of the stack's guard gap", run: guardGap },
];
