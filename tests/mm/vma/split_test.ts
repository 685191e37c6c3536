/**
 * Splitting: what both parts have in common.
 */
import { assertEquals } from "@std/assert";
import { vmasAt } from "../../../src/mm/pages/reverse_map.ts";
import { spaceWithPages } from "../pages/pages.ts";
import { assertLayout, map, mapFile, open, space } from "../scene.ts";

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
