/**
 * Splitting: what both parts have in common.
 */
import { assertLayout, map, space } from "../scene.ts";

const PAGE = 0x1000;

//   |------ "arena" ------|     ▸     |-- "arena" --|  hole  |-- "arena" --|
Deno.test("split: the parts of a named VMA have its name", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.setAnonName(0x1000, 3 * PAGE, "arena");
  mm.munmap(0x2000, PAGE);
  assertLayout(mm, ["1000-2000 rw-p 1 [anon:arena]", "3000-4000 rw-p 3 [anon:arena]"]);
});
