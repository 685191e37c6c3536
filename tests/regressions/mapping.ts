/**
 * New mappings, and the heap.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { layoutOf, map, mapFile, open, RW } from "../mm/scene.ts";
import { codeOf, type Scenario, type Stage } from "./scenario.ts";

// Row 28. brk expanded the VMA it found below the heap's end without asking whether it was like a heap: the heap grew
// into memory of another protection.
//
//   0x20000     0x22000     0x24000
//   |-- heap, r --|                     mprotect made it read-only
//                 |-- heap, rw --|      brk: a VMA of its own
function heapGrowsIntoItsLike(stage: Stage): void {
  const mm = stage.space();
  const image = { vmas: [], startBrk: 0x20000, startStack: 0, mmapBase: 0x7fff_0000_0000 };
  stage.step("exec", () => mm.exec(image));
  stage.step("brk", () => assertEquals(mm.brk(0x22000), 0x22000));
  stage.step("mprotect the heap", () => mm.mprotect(0x20000, 0x2000, 1));
  stage.step("brk again", () => assertEquals(mm.brk(0x24000), 0x24000));
  assertEquals(layoutOf(mm), ["20000-22000 r--p 20 [heap]", "22000-24000 rw-p 22 [heap]"]);
  stage.step("and once more", () => assertEquals(mm.brk(0x25000), 0x25000));
  assertEquals(layoutOf(mm), ["20000-22000 r--p 20 [heap]", "22000-25000 rw-p 22 [heap]"]);
}

// Row 30. A file may refuse to be mapped. It was asked when the VMA stood in the tree already, and what had been done
// by then stayed; or its mappings were closed twice. As many are open as there are VMAs.
//
//   mmap(file)        asked first: refused, and nothing has happened
//   over memory       that memory is gone, as in the kernel since 6.12, and nothing else
function hooksInPairs(stage: Stage): void {
  const { MmError } = stage.build.maple;
  let live = 0;
  let refuses = true;
  const hooks = {
    open: () => live++,
    close: () => live--,
    map: () => {
      if (refuses) throw new MmError("ENODEV", "Cannot map the device: it is switched off");
      live++;
    },
  };
  const file = open("device", { hooks });
  const mm = stage.space();
  const vmasOfFile = () => [...mm.vmas()].filter((vma) => vma.file === file).length;
  stage.refused(mm, "ENODEV", "map what refuses", () => mapFile(mm, 0x1000, 0x9000, file, 0));
  stage.step("map memory", () => map(mm, 0x1000, 0x9000));
  stage.step("map over it what refuses", () => {
    assertEquals(codeOf(() => mapFile(mm, 0x2000, 0x3000, file, 0)), "ENODEV");
  });
  assertEquals(layoutOf(mm), ["1000-2000 rw-p 1", "3000-9000 rw-p 3"]);
  refuses = false;
  stage.watch(() => assertEquals(live, vmasOfFile(), "VMAs of the file that it knows of"));
  stage.step("map the file", () => mapFile(mm, 0x1000, 0x9000, file, 0));
  stage.step("unmap the middle", () => mm.munmap(0x4000, 0x1000));
  stage.step("trim the tail", () => mm.munmap(0x8000, 0x1000));
  stage.step("map over the head", () => map(mm, 0x1000, 0x2000));
  stage.step("protect the middle", () => mm.mprotect(0x6000, 0x1000, RW));
  stage.step("unmap all", () => mm.munmap(0x1000, 0x8000));
  assertEquals(live, 0);
}

// Row 31. mmap with MAP_FIXED next to a like VMA merges, and the answer was where the merged VMA starts.
//
//   0x1000     0x2000     0x3000
//   |-- rw --|                        MAP_FIXED at 0x2000
//   |------- rw --------|             the answer is 0x2000
function fixedMeansThere(stage: Stage): void {
  const mm = stage.space();
  stage.step("map", () => map(mm, 0x1000, 0x2000));
  const request = { address: 0x2000, length: 0x1000, protection: RW, flags: 0x32 };
  stage.step("map above it", () => assertEquals(mm.mmap(request), 0x2000));
  assertEquals(layoutOf(mm), ["1000-3000 rw-p 1"]);
  stage.step("map over its middle", () => assertEquals(mm.mmap(request), 0x2000));
  assertEquals(layoutOf(mm), ["1000-3000 rw-p 1"]);
}

/** Rows 28, 30, 31. */
export const MAPPING: readonly Scenario[] = [
  { row: 28, name: "brk: the heap grows into a like VMA only", run: heapGrowsIntoItsLike },
  { row: 30, name: "mmap: hooks refuse first, and open and close in pairs", run: hooksInPairs },
  { row: 31, name: "mmap: MAP_FIXED answers with the address asked for", run: fixedMeansThere },
];
