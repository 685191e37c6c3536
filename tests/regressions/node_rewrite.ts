/**
 * What happens within one leaf, and in trees that are one leaf.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { AddressSpace } from "../../mod.ts";
import { recordsOf } from "../replay/traces.ts";
import { type Scenario, type Stage, upwards } from "./scenario.ts";

/** The trace of the 2022 report's situation, read once. */
const CC1_2022 = await recordsOf("cc1-2022");
const { compileTrace } = await import("../../src/replay/compiled.ts");
const CC1_STEPS = (await compileTrace(CC1_2022)).steps;

// Row 1. In 2022 a store that ended exactly at a later slot's maximum kept the slot it had overwritten. Nothing showed
// at once: lookups went by the pivots before it. Some operations later a split or a merge turned the ghost into a
// second entry in the wrong place; a linear walk met it first (its start was not its index), and exit counted more
// VMAs than map_count said. cc1 met it at map_count 59 to 61 with a munmap that cut a small VMA in two.
//
//   0x00      0x10      0x20      0x30      0x40
//   |---- 1 ----|---- 2 ----|---- 3 ----|---- 4 ----|
//        store |---------- 9 -----------|             ends with slot 3
//   |-- 1 --|------------- 9 ------------|---- 4 ----|
function endsWithLaterSlot(stage: Stage): void {
  for (const count of [4, 9, 14]) {
    for (const value of [99, undefined]) {
      for (let from = 0; from < count; from++) {
        for (let to = from; to < count; to++) {
          for (const trim of [0, 8]) {
            stage.clear();
            const tree = stage.tree().fill(upwards(count), 0x10);
            tree.store(from * 0x10 + trim, to * 0x10 + 0xf, value);
          }
        }
      }
    }
  }
}

// The same, found by what cc1 really did: the recorded trace, validated after every step.
function replayCc1(stage: Stage): void {
  const machine = new stage.build.system.System();
  const watched = new Set<AddressSpace>();
  for (const step of CC1_STEPS) {
    stage.step(`step ${stage.operations + 1} of cc1-2022: ${step.type}`, () => {
      try {
        if (step.type !== "call") machine.apply(step);
        else assertEquals(machine.apply(step), step.record.result);
      } catch (error) {
        if (step.type !== "call" || step.record.error === undefined) throw error;
      }
      for (const space of machine.spaces()) {
        if (!watched.has(space)) stage.watchSpace(space);
        watched.add(space);
      }
    });
  }
}

// The node's own end, the other half of row 1: what a smaller rewrite leaves past the end of the node.
//
//   | 1 | 2 | 3 | 4 | 5 | 6 |            6 slots
//       store |---- 9 ----|
//   | 1 | 2 |      9      | 6 |  past the end: nothing
function nothingPastTheEnd(stage: Stage): void {
  for (let count = 3; count <= 14; count++) {
    stage.clear();
    const tree = stage.tree().fill(upwards(count), 0x10);
    tree.store(0x10, (count - 1) * 0x10 + 0xf, 77);
    tree.store(0x10, (count - 1) * 0x10 + 0xf, undefined);
    tree.fill(upwards(count), 0x10);
  }
}

// Row 13. A node that is full has no room to say where it ends: the last pivot's place is the end's. Reading it wrong,
// lookups missed slots 14 and 15.
//
//   slot    0   1   2  …  13  14  15
//         | 1 | 2 | 3 | … | 14 | 15 | 16 |     all sixteen are found
function allSixteenSlots(stage: Stage): void {
  for (const gaps of [true, false]) {
    stage.clear();
    const tree = stage.tree({ gaps });
    tree.store(15 * 0x10, stage.build.maple.MAX_INDEX, 16);
    for (let i = 14; i >= 0; i--) tree.store(i * 0x10, i * 0x10 + 0xf, i + 1);
    assertEquals(tree.tree.statistics().leaves, 1);
    for (let i = 0; i < 16; i++) assertEquals(tree.tree.find(i * 0x10)?.value, i + 1);
    for (let i = 15; i > 0; i--) assertEquals(tree.tree.previous(i * 0x10)?.value, i);
  }
}

// Row 24. A store of exactly one free slot needs no other slot, and was written in place without telling the parent
// that the gap was gone. No lookup shows it, and a gap search only loses its way and comes back: the validator alone
// does.
//
//   0x00   0x10      0x20   0x30
//   |- 1 -|  (free)  |- 2 -|            the parent's record: 0x10 free
//         |--- 9 ---|
//   |- 1 -|--- 9 ---|- 2 -|            the parent's record: nothing free
function inPlaceTellsTheParent(stage: Stage): void {
  const tree = stage.tree().fill(upwards(60));
  for (let i = 0; i < 59; i++) tree.store(i * 0x20 + 0x10, i * 0x20 + 0x1f, 1000 + i);
  for (let i = 0; i < 59; i++) tree.store(i * 0x20 + 0x10, i * 0x20 + 0x1f, undefined);
}

// Row 33. A tree that is a single leaf has no parent to look at and no inner node to search: destroying it, and
// allocating in it, crashed.
//
//   root = leaf  | 1 | free | 2 | free | … | 7 | free … max |
function oneLeaf(stage: Stage): void {
  for (let count = 1; count <= 7; count++) {
    stage.clear();
    const tree = stage.tree().fill(upwards(count));
    for (let i = 0; i < count; i++) tree.emptyArea(0x10, i * 0x20, i * 0x20 + 0x2f);
    tree.emptyAreaReverse(0x10, 0, count * 0x20);
    tree.allocate(500, 0x10, count * 0x20 - 0x20, count * 0x20 + 0x20);
    tree.allocateReverse(501, 0x10, 0, count * 0x20 + 0x100);
    const pool = stage.build.tree.poolOf(tree.tree);
    assert(pool.used > 0);
    tree.told("clear", () => tree.tree.clear(), 0, stage.build.maple.MAX_INDEX, undefined);
    assertEquals(pool.used, 0);
    tree.fill(upwards(count));
  }
}

/** Rows 1, 13, 24, 33. */
export const NODE_REWRITE: readonly Scenario[] = [
  { row: 1, name: "replay: cc1 as in 2022, every step validated", run: replayCc1 },
  {
    row: 1,
    name: "store: what ends with a later slot keeps nothing of it",
    run: endsWithLaterSlot,
  },
  { row: 1, name: "store: a smaller rewrite leaves nothing past the end", run: nothingPastTheEnd },
  { row: 13, name: "store: all sixteen slots of a full leaf are found", run: allSixteenSlots },
  {
    row: 24,
    name: "store: exactly a free slot, and the gap above knows it",
    run: inPlaceTellsTheParent,
  },
  { row: 33, name: "clear, allocate: a tree that is one leaf", run: oneLeaf },
];
