/**
 * States that go on: after a limit, a pause, a change elsewhere.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Scenario, type Stage, upwards } from "./scenario.ts";

// Row 19. `next` that ran into its limit leaves the state after the last range, `previous` before the first; turning
// round from there skipped that range.
//
//   |- 1 -|  |- 2 -|  |- 3 -|
//                     next: 3, overflow ^      previous: 3, not 2
function turnAtTheLimit(stage: Stage): void {
  for (const count of [3, 40]) {
    stage.clear();
    const tree = stage.tree().fill(upwards(count));
    const { MAX_INDEX } = stage.build.maple;
    // The limit is a range's own end: overflow stands on the last range itself.
    const state = tree.tree.state((count - 1) * 0x20);
    stage.step("walk to the last range", () => assertEquals(state.walk(), count));
    stage.step("next is overflow", () => assertEquals(state.next(state.last), undefined));
    assertEquals(state.status, "overflow");
    state.reset();
    state.set((count - 1) * 0x20);
    stage.step("next from its start, limited to it", () => {
      state.next((count - 1) * 0x20);
      assertEquals(state.status, "overflow");
    });
    stage.step("previous gives the last", () => assertEquals(state.previous(), count));
    state.set(0x8);
    stage.step("previous below the first, limited to it", () => {
      state.previous(0x8);
      assertEquals(state.status, "underflow");
    });
    stage.step("next gives the first", () => assertEquals(state.next(MAX_INDEX), 1));
    stage.step("and then the second", () => assertEquals(state.next(MAX_INDEX), 2));
  }
}

// Row 20. `find` after a pause gave the same range again, or left one out.
//
//   |- 1 -|  |- 2 -|  |- 3 -|      find: 1, pause, find: 2, pause, find: 3
function goOnAfterPause(stage: Stage): void {
  for (const stride of [0x10, 0x20]) {
    stage.clear();
    const tree = stage.tree().fill(upwards(40), stride);
    const state = tree.tree.state();
    for (let i = 0; i < 40; i++) {
      stage.step(`find range ${i}`, () => assertEquals(state.find(), i + 1));
      state.pause();
    }
    stage.step("find nothing more", () => assertEquals(state.find(), undefined));
    state.set(39 * stride + 0xf);
    for (let i = 39; i >= 0; i--) {
      stage.step(`find range ${i} backwards`, () => assertEquals(state.findReverse(), i + 1));
      state.pause();
    }
  }
}

// Row 21. A state remembers its leaf; a store elsewhere moved what lies there, and going on, or storing, through the
// state hit the wrong slot. It must walk again.
//
//   |- 1 -|- 2 -|- 3 -| …      the state stands on 2, in slot 1
//   |x|                        a store elsewhere: 2 is in slot 2 now
//   next must be 3
function staleState(stage: Stage): void {
  for (const count of [5, 60]) {
    stage.clear();
    const tree = stage.tree().fill(upwards(count), 0x20);
    for (let i = 2; i < count - 2; i++) {
      const state = tree.tree.state(i * 0x20);
      stage.step(`stand on range ${i}`, () => assertEquals(state.walk(), i + 1));
      tree.store((i - 1) * 0x20 + 4, (i - 1) * 0x20 + 7, 1000 + i);
      stage.step("next through the stale state", () => assertEquals(state.next(), i + 2));
      tree.store((i - 1) * 0x20, (i - 1) * 0x20 + 0xf, i);
      stage.step("previous through it", () => assertEquals(state.previous(), i + 1));
      tree.erase((i - 1) * 0x20);
      tree.told("store through it", () => state.store(50), i * 0x20, i * 0x20 + 0xf, 50);
      tree.store((i - 1) * 0x20, (i - 1) * 0x20 + 0xf, i);
      tree.store(i * 0x20, i * 0x20 + 0xf, i + 1);
    }
  }
}

/** Rows 19 to 21. */
export const CURSOR: readonly Scenario[] = [
  { row: 19, name: "previous, next: turning round at a limit skips nothing", run: turnAtTheLimit },
  { row: 20, name: "find: goes on after the range, after a pause", run: goOnAfterPause },
  { row: 21, name: "MapleState: walks again after a store elsewhere", run: staleState },
];
