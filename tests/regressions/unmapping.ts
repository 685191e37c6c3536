/**
 * Taking VMAs away: munmap, fork that fails, and the count of what is left.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { layoutOf, map, open, touch } from "../mm/scene.ts";
import { snapshot } from "../mm/snapshot.ts";
import { codeOf, type Scenario, type Stage } from "./scenario.ts";

// Row 3. The tree's limit is the last index, a VMA's end the first byte after it. Taken for one another, a VMA that
// starts exactly at the end was included.
//
//   0x1000     0x2000     0x3000
//   |-- rw --|-- r --|            munmap [0x1000, 0x2000): r stays
function startsAtTheEnd(stage: Stage): void {
  const mm = stage.space();
  stage.step("map rw", () => map(mm, 0x1000, 0x2000));
  stage.step("map r", () => map(mm, 0x2000, 0x3000, 1));
  assertEquals(mm.findVmaIntersection(0x1000, 0x2000)?.start, 0x1000);
  stage.step("unmap rw", () => mm.munmap(0x1000, 0x1000));
  assertEquals(mm.findVmaIntersection(0x1000, 0x2000), undefined);
  assertEquals(mm.findVma(0x1000)?.start, 0x2000);
  stage.step("unmap what is free already", () => mm.munmap(0x1000, 0x1000));
  assertEquals(layoutOf(mm), ["2000-3000 r--p 2"]);
  stage.step("map below, with MAP_FIXED_NOREPLACE", () => {
    const flags = 0x10_0022;
    mm.mmap({ address: 0x1000, length: 0x1000, protection: 3, flags });
  });
}

// Row 29. munmap splits at its first end, then at its second. When the second failed the first was left split, or the
// count said something else than a walk.
//
//   0x1000   0x3000     0x4000      0x8000
//   |---------------- rw* ----------------|
//            |-- munmap --|
//   |-- rw* -|            |----- rw* -----|     or, without memory, as it was
function secondSplitFails(stage: Stage): void {
  const setUp = () => {
    const mm = stage.space();
    map(mm, 0x1000, 0x8000);
    touch(mm, 0x1000);
    map(mm, 0x9000, 0xc000, 1);
    return mm;
  };
  stage.failEverywhere("munmap of a hole", setUp, (mm) => mm.munmap(0x3000, 0x1000));
  stage.failEverywhere("munmap over two VMAs", setUp, (mm) => mm.munmap(0x7000, 0x3000));
  stage.clear();
  const mm = setUp();
  stage.step("munmap of a hole", () => mm.munmap(0x3000, 0x1000));
  assertEquals([mm.mapCount, [...mm.vmas()].length], [3, 3]);
  stage.step("munmap over three VMAs", () => mm.munmap(0x2000, 0x8000));
  assertEquals([mm.mapCount, [...mm.vmas()].length], [2, 2]);
}

// Row 32. fork failed at its n-th VMA; the teardown of the child went on beyond what had been copied, or left the
// copies hanging on the parent's anon_vmas.
//
//   parent  |- a* -|- b* -|- c* -|
//   child   |- a* -|  no memory                 both as before: no child
function forkFailsHalfway(stage: Stage): void {
  for (let taken = 0;; taken++) {
    stage.clear();
    let live = 0;
    const hooks = { open: () => live++, close: () => live--, map: () => live++ };
    const file = open("device", { hooks });
    const mm = stage.space();
    for (const start of [0x1000, 0x3000, 0x5000]) {
      map(mm, start, start + 0x1000);
      touch(mm, start);
    }
    const flags = 0x12;
    mm.mmap({ address: 0x7000, length: 0x1000, protection: 1, flags, file });
    assertEquals(live, 1);
    const before = snapshot(mm);
    mm.descriptor.faultInjection.left = taken;
    const code = stage.step(`fork, ${taken} takings left`, () => codeOf(() => mm.fork()));
    mm.descriptor.faultInjection.left = Infinity;
    if (code === undefined) return assertEquals(live, 2);
    assertEquals(code, "ENOMEM");
    assertEquals(snapshot(mm), before, "the parent is not what it was");
    assertEquals(live, 1, "the file was not told as often of closing as of opening");
    stage.step("the parent goes on", () => map(mm, 0x2000, 0x3000));
  }
}

// Row 34. The count of VMAs alone said "fine" while an entry stood in the wrong place. Count, walk, start and index,
// and both lookups belong together.
//
//   0x1000   0x3000     0x4000      0x8000
//   |-- a -|            |------ b -------|      b stands under its own range, and is not a
function everythingTogether(stage: Stage): void {
  const mm = stage.space();
  for (const start of [0x10000, 0x20000, 0x30000]) {
    stage.step("map", () => map(mm, start, start + 0x8000));
    stage.step("munmap the middle", () => mm.munmap(start + 0x2000, 0x1000));
    const entries = [...mm.descriptor.tree.ranges()];
    assertEquals(entries.length, mm.mapCount);
    for (const { first, last, vma } of entries) {
      assertEquals([vma.start, vma.end], [first, last + 1]);
      assert(mm.findVma(first) === vma && mm.findVma(last) === vma);
      assert(mm.descriptor.tree.load(first) === vma && mm.descriptor.tree.load(last) === vma);
    }
  }
  stage.step("exit", () => mm.exit());
  assertEquals(mm.mapCount, 0);
}

/** Rows 3, 29, 32, 34. */
export const UNMAPPING: readonly Scenario[] = [
  { row: 3, name: "munmap: what starts at the end is not in the range", run: startsAtTheEnd },
  { row: 29, name: "munmap: both splits or none", run: secondSplitFails },
  { row: 32, name: "fork: halfway is not at all", run: forkFailsHalfway },
  {
    row: 34,
    name: "munmap: count, walk, indices and lookups agree together",
    run: everythingTogether,
  },
];
