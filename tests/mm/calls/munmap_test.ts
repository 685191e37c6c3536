import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { assertFails, assertLayout, map, mapFile, open, space, touch } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

// munmap in the middle of a heap arena: one VMA becomes two, the count rises by one.
//
//   0x1000      0x4000      0x7000
//   |---- rw-p anonymous ---|
//        unmap |0x3000-0x4000|
//   |-- rw-p --|  (free)  |-- rw-p --|
Deno.test("munmap: a hole in the middle makes two VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x7000);
  mm.munmap(0x3000, 0x1000);
  assertLayout(mm, ["1000-3000 rw-p 1", "4000-7000 rw-p 4"]);
  assertEquals(mm.totalPages, 5);
});

//   |----- file, pages 10… -----|
//         unmap |--|
//   |- 10 -|        |- page 13 -|
Deno.test("munmap: the upper half of a file mapping keeps its offset in the file", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x6000, open(), 0x10000);
  mm.munmap(0x2000, 0x2000);
  assertLayout(mm, ["1000-2000 r--p 10 data", "4000-6000 r--p 13 data"]);
});

//   |----------|          |----------|             |----------|
//  |--|                             |--|           |----------|
//     |--------|          |---------|
Deno.test("munmap: a head, a tail, and a whole VMA", () => {
  const mm = space();
  map(mm, 0x2000, 0x5000);
  mm.munmap(0x1000, 0x2000);
  assertLayout(mm, ["3000-5000 rw-p 3"]);
  mm.munmap(0x4000, 0x3000);
  assertLayout(mm, ["3000-4000 rw-p 3"]);
  mm.munmap(0x3000, 0x1000);
  assertLayout(mm, []);
  assertEquals(mm.totalPages, 0);
});

//   |-- rw --|-- r --|-- rw --|-- r --|
//        |------- unmap --------|
//   |rw-|                       |- r -|
Deno.test("munmap: over several VMAs trims the first and the last", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x4000, 1);
  map(mm, 0x4000, 0x6000);
  map(mm, 0x6000, 0x8000, 1);
  mm.munmap(0x2000, 0x5000);
  assertLayout(mm, ["1000-2000 rw-p 1", "7000-8000 r--p 7"]);
});

Deno.test("munmap: where nothing is mapped nothing happens", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.munmap(0x5000, 0x1000);
  mm.munmap(0x2000, 0x8000);
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

// The 2022 thread: an exclusive VMA end taken for the tree's inclusive limit.
//
//   |-- A --|-- B --|      unmap up to exactly the start of B
Deno.test("munmap: a VMA that starts exactly at the end stays", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x4000, 1);
  mm.munmap(0x1000, 0x2000);
  assertLayout(mm, ["3000-4000 r--p 3"]);
});

Deno.test("munmap: both halves of a written VMA hang on its anon_vma", () => {
  const mm = space();
  map(mm, 0x1000, 0x7000);
  touch(mm, 0x1000);
  mm.munmap(0x3000, 0x1000);
  assertLayout(mm, ["1000-3000 rw-p 1*", "4000-7000 rw-p 4*"]);
  const [lower, upper] = [...mm.vmas()];
  assertEquals(lower!.anonVma === upper!.anonVma, true);
  mm.munmap(0x1000, 0x6000);
  assertEquals(lower!.anonVmaChain, []);
});

Deno.test("munmap: a hole at the limit is refused and changes nothing, a trim is not", () => {
  const mm = space({ maxMapCount: 2 });
  map(mm, 0x1000, 0x4000);
  map(mm, 0x5000, 0x6000);
  assertThrows(
    () => mm.munmap(0x2000, 0x1000),
    MmError,
    "Cannot unmap 0x2000-0x3000: 2 VMAs are in use",
  );
  assertLayout(mm, ["1000-4000 rw-p 1", "5000-6000 rw-p 5"]);
  mm.munmap(0x3000, 0x1000);
  assertLayout(mm, ["1000-3000 rw-p 1", "5000-6000 rw-p 5"]);
});

const PAGE = 0x1000;

const TOP = 0x10000;

/** Sixteen pages of addresses, the first of which may not be mapped. */
function small(options: AddressSpaceOptions = {}): AddressSpace {
  return space({ taskSize: TOP, mmapBase: TOP, ...options });
}

Deno.test("munmap: from the first address to the last", () => {
  const mm = small();
  map(mm, 0x1000, TOP);
  assertFails("EINVAL", () => mm.munmap(0, TOP + PAGE));
  mm.munmap(0, TOP);
  assertLayout(mm, []);
});

//   |-- rw --|  (hole)  |-- sealed --|
//   |------ unmap ------|
Deno.test("munmap: a range that ends in a hole does not ask the VMA behind", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mseal(0x3000, PAGE);
  mm.munmap(0x1000, 2 * PAGE);
  assertLayout(mm, ["3000-4000 rw-p 3"]);
});
