/**
 * Splitting: what both parts have in common.
 */
import { assertEquals } from "@std/assert";
import { MADV } from "../../../src/abi/mman.ts";
import { HugePagePool } from "../../../src/mm/vma/huge_pool.ts";
import { vmasAt } from "../../../src/mm/pages/reverse_map.ts";
import { spaceWithPages } from "../pages/pages.ts";
import { assertFails, assertLayout, map, mapFile, open, RW, space } from "../scene.ts";

const PAGE = 0x1000;

//   |------ "arena" ------|     ▸     |-- "arena" --|  hole  |-- "arena" --|
Deno.test("split: the parts of a named VMA have its name", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.setAnonName(0x1000, 3 * PAGE, "arena");
  mm.munmap(0x2000, PAGE);
  assertLayout(mm, ["1000-2000 rw-p 1 [anon:arena]", "3000-4000 rw-p 3 [anon:arena]"]);
});

//   |---- file ----|   ▸   |-- r --|-- rw --|-- r --|      each part hangs on the file
Deno.test("split: the reverse map finds every part of a file's VMA", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x4000, file, 0, 1);
  mm.mprotect(0x2000, 0x1000, 3);
  const at = (index: number) => vmasAt(memory.mappingOf(file), index).map(({ start }) => start);
  assertEquals([at(0), at(1), at(2)], [[0x1000], [0x2000], [0x3000]]);
});

// The kernel cuts at the start, then at the end; where the limit allows one cut, that one stays.
//
//   0x1000                  0x8000        max_map_count 2
//   |--------- rw-p ---------|
//         |0x3000-0x5000|                 protect
//   |- rw-p -|----- rw-p ----|            ENOMEM
Deno.test("split: of two cuts the first stays where the second would pass max_map_count", () => {
  const calls: [code: "ENOMEM" | "EAGAIN", call: (mm: ReturnType<typeof space>) => unknown][] = [
    ["ENOMEM", (mm) => mm.mprotect(0x3000, 0x2000, 1)],
    ["ENOMEM", (mm) => mm.mlock(0x3000, 0x2000)],
    ["EAGAIN", (mm) => mm.madvise(0x3000, 0x2000, MADV.DONTFORK)],
  ];
  for (const [code, call] of calls) {
    const mm = space({ maxMapCount: 2 });
    map(mm, 0x1000, 0x8000);
    assertFails(code, () => call(mm));
    assertLayout(mm, ["1000-3000 rw-p 1", "3000-8000 rw-p 3"]);
    // Not even one.
    assertFails(code, () => call(mm));
    assertLayout(mm, ["1000-3000 rw-p 1", "3000-8000 rw-p 3"]);
    mm.validate();
  }
});

//   |---- rw-p ----|----- rw-p -----|     room for one VMA: one cut is none too many
Deno.test("split: one cut that reaches max_map_count is made", () => {
  const mm = space({ maxMapCount: 2 });
  map(mm, 0x1000, 0x8000);
  mm.mprotect(0x3000, 0x5000, 1);
  assertLayout(mm, ["1000-3000 rw-p 1", "3000-8000 r--p 3"]);
});

const MIB = 0x10_0000, BASE = 0x2000_0000_0000, HUGE_PAGES = 0x44032;

//   |-- huge --|-- huge --|-- huge --|     from the second one on, to the middle of the third: EINVAL
//              ^ this cut stays
Deno.test("split: of two cuts the first stays where the second would cut a huge page", () => {
  for (
    const call of [
      (mm: ReturnType<typeof space>) => mm.mprotect(BASE + 2 * MIB, 2 * MIB + PAGE, 1),
      (mm: ReturnType<typeof space>) => mm.munmap(BASE + 2 * MIB, 2 * MIB + PAGE),
    ]
  ) {
    const mm = space({ hugePool: new HugePagePool() });
    mm.mmap({ address: BASE, length: 6 * MIB, protection: RW, flags: HUGE_PAGES });
    assertFails("EINVAL", () => call(mm));
    const starts = () => [...mm.vmas()].map(({ start }) => start);
    assertEquals(starts(), [BASE, BASE + 2 * MIB]);
    mm.validate();
    // Where the first one is refused there is none.
    assertFails("EINVAL", () => mm.munmap(BASE + PAGE, 2 * MIB));
    assertFails("EINVAL", () => mm.mprotect(BASE + PAGE, MIB, 1));
    assertEquals(starts(), [BASE, BASE + 2 * MIB]);
  }
});
