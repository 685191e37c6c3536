/** The cursor: where each call leaves it, and what the next one finds. `golden_test.ts` has the kernel's answers. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { MapleError, type MapleState, MapleTree, MAX_INDEX } from "../../mod.ts";

// 0x1000     0x2000     0x3000     0x4000     0x5000     0x6000
// |--- 1 ----|          |--- 2 ----|          |--- 3 ----|
function threeRanges(): MapleTree<number> {
  const tree = new MapleTree<number>({ gaps: true });
  for (const i of [1, 2, 3]) tree.store(i * 0x2000 - 0x1000, i * 0x2000 - 1, i);
  return tree;
}

function position(state: MapleState<number>): [index: number, last: number, status: string] {
  return [state.index, state.last, state.status];
}

/** What a loop of `step` finds until it finds nothing. */
function collect(step: () => number | undefined): number[] {
  const found: number[] = [];
  for (let value = step(); value !== undefined; value = step()) found.push(value);
  return found;
}

Deno.test("MapleState: a new state is at the start, at its range", () => {
  assertEquals(position(threeRanges().state(0x10, 0x20)), [0x10, 0x20, "start"]);
  assertEquals(position(threeRanges().state(0x10)), [0x10, 0x10, "start"]);
  assertEquals(position(threeRanges().state()), [0, 0, "start"]);
});

Deno.test("MapleState.walk: reports the range around the index", () => {
  const state = threeRanges().state(0x1800);
  assertEquals([state.walk(), ...position(state)], [1, 0x1000, 0x1fff, "active"]);
});

Deno.test("MapleState.walk: reports the free space around the index", () => {
  const state = threeRanges().state(0x2800);
  assertEquals([state.walk(), ...position(state)], [undefined, 0x2000, 0x2fff, "active"]);
});

Deno.test("MapleState.walk: an empty tree is one free range", () => {
  const state = new MapleTree<number>().state(7);
  assertEquals([state.walk(), ...position(state)], [undefined, 0, MAX_INDEX, "none"]);
});

Deno.test("MapleState.walk: a value in the root and the free space after it", () => {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  const state = tree.state(0);
  assertEquals([state.walk(), ...position(state)], [1, 0, 0, "root"]);
  state.set(5);
  assertEquals([state.walk(), ...position(state)], [undefined, 1, MAX_INDEX, "none"]);
});

Deno.test("MapleState.load: gives the value at the index", () => {
  const state = threeRanges().state(0x3abc);
  assertEquals(state.load(), 2);
});

Deno.test("MapleState.find: at or after the index the first time, strictly after from then on", () => {
  const state = threeRanges().state(0x1800);
  assertEquals(collect(() => state.find(MAX_INDEX)), [1, 2, 3]);
});

Deno.test("MapleState.find: a range counts if it starts at or before the limit", () => {
  assertEquals(threeRanges().state(0x2000).find(0x2fff), undefined);
  assertEquals(threeRanges().state(0x2000).find(0x3000), 2);
});

Deno.test("MapleState.findReverse: at or before the index the first time, strictly before from then on", () => {
  const state = threeRanges().state(0x3000);
  assertEquals(collect(() => state.findReverse(0)), [2, 1]);
});

Deno.test("MapleState.next: strictly after the index, and overflow at the limit", () => {
  const state = threeRanges().state(0x1800);
  assertEquals([state.next(0x4fff), ...position(state)], [2, 0x3000, 0x3fff, "active"]);
  assertEquals([state.next(0x4fff), ...position(state)], [undefined, 0x4000, 0x4fff, "overflow"]);
  assertEquals([state.next(0x4fff), ...position(state)], [undefined, 0x4000, 0x4fff, "overflow"]);
});

Deno.test("MapleState.previous: strictly before the index, and underflow at the limit", () => {
  const state = threeRanges().state(0x5800);
  assertEquals([state.previous(0x3fff), ...position(state)], [2, 0x3000, 0x3fff, "active"]);
  assertEquals([state.previous(0x2000), ...position(state)], [
    undefined,
    0x2000,
    0x2fff,
    "underflow",
  ]);
});

// What happened: after running off the end, the step back skipped the last range.
Deno.test("MapleState.previous: after overflow gives the last range", () => {
  const state = threeRanges().state(0x5000);
  state.walk();
  assertEquals(state.next(MAX_INDEX), undefined);
  assertEquals(state.status, "overflow");
  assertEquals([state.previous(0), ...position(state)], [3, 0x5000, 0x5fff, "active"]);
});

// What happened: after running off the front, the step forward skipped the first range.
Deno.test("MapleState.next: after underflow gives the first range", () => {
  const state = threeRanges().state(0x1000);
  state.walk();
  assertEquals(state.previous(0), undefined);
  assertEquals(state.status, "underflow");
  assertEquals([state.next(MAX_INDEX), ...position(state)], [1, 0x1000, 0x1fff, "active"]);
});

Deno.test("MapleState.findRange: stops at free space too", () => {
  const state = threeRanges().state(0x1000);
  assertEquals([state.findRange(MAX_INDEX), state.index], [1, 0x1000]);
  assertEquals([state.findRange(MAX_INDEX), ...position(state)], [
    undefined,
    0x2000,
    0x2fff,
    "active",
  ]);
  assertEquals([state.findRange(MAX_INDEX), state.index], [2, 0x3000]);
});

Deno.test("MapleState.nextRange, previousRange: stop at free space too", () => {
  const state = threeRanges().state(0x3000);
  state.walk();
  state.nextRange(MAX_INDEX);
  assertEquals([state.index, state.last], [0x4000, 0x4fff]);
  assertEquals(state.nextRange(MAX_INDEX), 3);
  state.previousRange(0);
  assertEquals([state.index, state.last], [0x4000, 0x4fff]);
  assertEquals(state.previousRange(0), 2);
});

Deno.test("MapleState.findRangeReverse: stops at free space too", () => {
  const state = threeRanges().state(0x3fff);
  assertEquals([state.findRangeReverse(0), state.index], [2, 0x3000]);
  assertEquals([state.findRangeReverse(0), state.index, state.last], [undefined, 0x2000, 0x2fff]);
});

// What happened: find after a pause gave the paused range again, or skipped the one after it.
Deno.test("MapleState.pause: find goes on after the range, findReverse before it", () => {
  const state = threeRanges().state(0);
  assertEquals(state.find(MAX_INDEX), 1);
  state.pause();
  assertEquals(position(state), [0x1000, 0x1fff, "pause"]);
  assertEquals(state.find(MAX_INDEX), 2);
  state.pause();
  assertEquals(state.findReverse(0), 1);
});

Deno.test("MapleState.pause: the tree may change before the search goes on", () => {
  const tree = threeRanges();
  const state = tree.state(0);
  assertEquals(state.find(MAX_INDEX), 1);
  state.pause();
  tree.erase(0x3000);
  for (let i = 0; i < 100; i++) tree.store(0x10000 + i * 0x10, 0x10000 + i * 0x10 + 7, 100 + i);
  assertEquals(state.find(MAX_INDEX), 3);
});

Deno.test("MapleState.reset: walks again at the same index", () => {
  const tree = threeRanges();
  const state = tree.state(0x3000);
  assertEquals(state.walk(), 2);
  tree.store(0x3000, 0x3fff, 9);
  state.reset();
  assertEquals(state.status, "start");
  assertEquals(state.walk(), 9);
});

Deno.test("MapleState.set: moves the state and begins anew", () => {
  const state = threeRanges().state(0x1000);
  state.walk();
  state.set(0x5000);
  assertEquals(position(state), [0x5000, 0x5000, "start"]);
  assertEquals(state.find(MAX_INDEX), 3);
});

// 0x1000     0x2000     0x3000 0x3800 0x4000
// |--- 1 ----|          |-- 2 --------|
//            |------ 8 ------|
Deno.test("MapleState.store: the iteration goes on behind what was stored", () => {
  const tree = threeRanges();
  const state = tree.state(0x3000);
  state.walk();
  state.set(0x2000, 0x37ff);
  state.store(8);
  assertEquals([state.index, state.last], [0x2000, 0x37ff]);
  assertEquals([state.next(MAX_INDEX), state.index, state.last], [2, 0x3800, 0x3fff]);
  assertEquals([state.previous(0), state.index, state.last], [8, 0x2000, 0x37ff]);
});

Deno.test("MapleState.store: an iteration survives stores that split and join nodes", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 500; i++) tree.store(i * 0x20, i * 0x20 + 0xf, i);
  const state = tree.state(0);
  const seen: number[] = [];
  for (let value = state.find(MAX_INDEX); value !== undefined; value = state.next(MAX_INDEX)) {
    seen.push(value);
    state.store(value % 3 === 0 ? undefined : value + 1000);
    tree.validate();
  }
  assertEquals(seen, Array.from({ length: 500 }, (_, i) => i));
  assertEquals(tree.size, 333);
});

Deno.test("MapleState.store: nothing leaves the state at the widened free space", () => {
  const state = threeRanges().state(0x3000, 0x3fff);
  state.store(undefined);
  assertEquals([state.index, state.last], [0x2000, 0x4fff]);
});

Deno.test("MapleState.erase: gives the value and stands at the widened free space", () => {
  const state = threeRanges().state(0x3abc);
  assertEquals([state.erase(), state.index, state.last], [2, 0x2000, 0x4fff]);
});

// What happened: a store went through a node that another store had replaced.
Deno.test("MapleState.store: a state that a store elsewhere made stale walks again", () => {
  const tree = threeRanges();
  const state = tree.state(0x3000);
  state.walk();
  for (let i = 0; i < 200; i++) tree.store(0x10000 + i * 0x10, 0x10000 + i * 0x10 + 7, 100 + i);
  state.store(9);
  tree.validate();
  assertEquals([tree.load(0x3000), tree.load(0x3fff), tree.size], [9, 9, 203]);
});

Deno.test("MapleState: moves on a stale state find what is there now", () => {
  const tree = threeRanges();
  const state = tree.state(0x1000);
  state.walk();
  for (let i = 0; i < 200; i++) tree.store(0x2000 + i * 4, 0x2000 + i * 4 + 1, 100 + i);
  assertEquals([state.next(MAX_INDEX), state.index], [100, 0x2000]);
});

Deno.test("MapleState.emptyArea: stands at the area found and may be moved on from", () => {
  const tree = threeRanges();
  const state = tree.state(0);
  state.emptyArea(0x800, 0x1000, 0x5fff);
  assertEquals([state.index, state.last], [0x2000, 0x27ff]);
  assertEquals(state.next(MAX_INDEX), 2);
  state.set(0);
  state.emptyAreaReverse(0x800, 0x1000, 0x5fff);
  assertEquals([state.index, state.last], [0x4800, 0x4fff]);
  assertEquals(state.previous(0), 2);
});

Deno.test("MapleState.emptyArea: what is stored in the area found touches nothing else", () => {
  const tree = threeRanges();
  const state = tree.state(0);
  state.emptyAreaReverse(0x800, 0x1000, 0x5fff);
  state.store(7);
  tree.validate();
  assertEquals([...tree].map(({ first, value }) => [first, value]), [
    [0x1000, 1],
    [0x3000, 2],
    [0x4800, 7],
    [0x5000, 3],
  ]);
});

Deno.test("MapleState.emptyArea: undefined where nothing fits, EINVAL for an impossible window", () => {
  const tree = threeRanges();
  for (const call of ["emptyArea", "emptyAreaReverse"] as const) {
    const code = (size: number, min: number, max: number) =>
      assertThrows(() => tree.state(0)[call](size, min, max), MapleError).code;
    assertEquals(tree.state(0)[call](0x1001, 0x1000, 0x4fff), undefined);
    assertEquals(code(1, 5, 4), "EINVAL");
    assertEquals(code(0, 0, 0xffff), "EINVAL");
    assertEquals(code(0x11, 0, 0xf), "EINVAL");
  }
});

Deno.test("MapleState.set: an index outside the domain is refused and the state stays", () => {
  const state = threeRanges().state(0x1000);
  state.walk();
  for (const bad of [-1, 1.5, NaN, Infinity, MAX_INDEX + 1]) {
    assertThrows(() => state.set(bad), RangeError);
    assertThrows(() => state.set(0, bad), RangeError);
  }
  assertEquals(position(state), [0x1000, 0x1fff, "active"]);
});

for (const gaps of [true, false]) {
  Deno.test(`MapleState: goes through 3,000 ranges in both directions, gaps ${gaps}`, () => {
    const tree = new MapleTree<number>({ gaps });
    for (let i = 0; i < 3000; i++) tree.store(i * 4 + 1, i * 4 + 2, i);
    const all = Array.from({ length: 3000 }, (_, i) => i);
    const forward = tree.state(0);
    assertEquals(collect(() => forward.find(MAX_INDEX)), all);
    const backward = tree.state(MAX_INDEX);
    assertEquals(collect(() => backward.findReverse(0)), all.toReversed());
    const next = tree.state(0);
    assertEquals(collect(() => next.next(MAX_INDEX)), all);
    const previous = tree.state(MAX_INDEX);
    assertEquals(collect(() => previous.previous(0)), all.toReversed());
  });
}

Deno.test("MapleState.nextRange: the ranges and the free space between them cover every index once", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 1000; i++) tree.store(i * 5 + 1, i * 5 + 3, i);
  const state = tree.state(0);
  state.walk();
  let expected = 0;
  while (state.status !== "overflow") {
    assertEquals(state.index, expected);
    assert(state.last >= state.index);
    expected = state.last + 1;
    state.nextRange(MAX_INDEX);
  }
  assertEquals(expected, MAX_INDEX + 1);
});
