/**
 * VMAs that become one.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { layoutOf, map, mapFile, open, RW, touch } from "../mm/scene.ts";
import type { Scenario, Stage } from "./scenario.ts";

// Row 4. Joining previous, this and next was done in two passes, each with a store of its own. When the second could
// not have its nodes the first had been done: a stale range, or a count that was off by one.
//
//   0x1000     0x2000     0x3000     0x4000
//   |-- rw* --|-- r* --|-- rw* --|
//             mprotect rw
//   |----------- rw* ------------|        or, without memory, as it was
function joinThree(stage: Stage): void {
  stage.failEverywhere("mprotect that joins three VMAs", () => {
    const mm = stage.space();
    map(mm, 0x1000, 0x4000);
    touch(mm, 0x1000);
    mm.mprotect(0x2000, 0x1000, 1);
    assertEquals(mm.mapCount, 3);
    return mm;
  }, (mm) => mm.mprotect(0x2000, 0x1000, RW));
}

// Rows 5 and 6 need a merge that fails at each of its takings of memory. The neighbours differ in who has an anon_vma.
//
//   |-- rw* --|-- free --|-- rw --|          map in the middle: the survivor has one
//   |-- rw --|-- r* --|                      mprotect: the survivor takes one over
function mergeWithoutMemory(stage: Stage): void {
  for (const touched of [[0x1000], [0x3000], [0x1000, 0x3000], []]) {
    stage.failEverywhere(`mmap that merges, touched ${touched.join(", ")}`, () => {
      const mm = stage.space();
      map(mm, 0x1000, 0x2000);
      map(mm, 0x3000, 0x4000);
      for (const address of touched) touch(mm, address);
      return mm;
    }, (mm) => map(mm, 0x2000, 0x3000));
  }
}

// Row 6. The survivor was hung on the anon_vma of what it takes in, then the merge failed, and it stayed there: a leak,
// and a VMA that the reverse map finds though it has no pages.
//
//   |-- rw --|-- r* --|
//            mprotect rw: the survivor takes the anon_vma over, if there is memory
//   |------ rw* ------|
function adoptWithoutMemory(stage: Stage): void {
  for (const upper of [false, true]) {
    stage.failEverywhere(`mprotect that adopts an anon_vma, upper ${upper}`, () => {
      const mm = stage.space();
      map(mm, 0x1000, 0x2000, upper ? 1 : RW);
      map(mm, 0x2000, 0x3000, upper ? RW : 1);
      const range = [...mm.vmas()][upper ? 0 : 1]!;
      mm.fault(range.start, "force");
      assert(range.anonVma !== null);
      return mm;
    }, (mm) => mm.mprotect(upper ? 0x1000 : 0x2000, 0x1000, RW));
  }
}

// Row 26. A VMA that grows downwards begins at an earlier page of its file. The merge kept the old page offset: every
// byte of the file was shifted.
//
//   0x1000     0x3000     0x5000
//              |- file+0x2000 -|
//   |- file+0 -|                      mapped below
//   |------- file+0 ----------|       page offset 0, not 2
function growsDownwards(stage: Stage): void {
  const mm = stage.space();
  const file = open();
  stage.step("map the upper part", () => mapFile(mm, 0x3000, 0x5000, file, 0x2000));
  stage.step("map the lower part", () => mapFile(mm, 0x1000, 0x3000, file, 0));
  assertEquals(layoutOf(mm), ["1000-5000 r--p 0 data"]);
  stage.step("protect the middle", () => mm.mprotect(0x2000, 0x1000, 5));
  stage.step("protect the upper part the same", () => mm.mprotect(0x3000, 0x2000, 5));
  stage.step("and back from below", () => mm.mprotect(0x2000, 0x1000, 1));
  assertEquals(layoutOf(mm), ["1000-3000 r--p 0 data", "3000-5000 r-xp 2 data"]);
}

// Row 27. A VMA whose file wants to know when a mapping goes was deleted by a merge, and its file was never told.
//
//   |-- 1: file --|-- new --|-- 2: file, close hook --|
//   |--------- 1 -----------|----------- 2 -----------|      2 stays
function closeHookIsHeeded(stage: Stage): void {
  let closed = 0;
  const mm = stage.space();
  const file = open("device", { hooks: { close: () => closed++ } });
  stage.step("map the lower part", () => mapFile(mm, 0x1000, 0x2000, file, 0));
  stage.step("map the upper part", () => mapFile(mm, 0x3000, 0x4000, file, 0x2000));
  stage.step("map between", () => mapFile(mm, 0x2000, 0x3000, file, 0x1000));
  assertEquals(layoutOf(mm), ["1000-3000 r--p 0 device", "3000-4000 r--p 2 device"]);
  assertEquals(closed, 0);
  stage.step("unmap all", () => mm.munmap(0x1000, 0x3000));
  assertEquals(closed, 2);
}

/** Rows 4 to 6, 26, 27. */
export const MERGING: readonly Scenario[] = [
  { row: 4, name: "mprotect: joins three VMAs at once or not at all", run: joinThree },
  { row: 5, name: "mmap: a merge that fails keeps every anon_vma", run: mergeWithoutMemory },
  { row: 6, name: "mprotect: a merge that fails adopts no anon_vma", run: adoptWithoutMemory },
  { row: 26, name: "mmap: growing downwards moves the page offset too", run: growsDownwards },
  { row: 27, name: "mmap: a VMA with a close hook is not merged away", run: closeHookIsHeeded },
];
