/** What an explanation names and what it leaves out, word for word. */
import { assertEquals } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { explainMerge } from "../../src/mm/vma/explain.ts";
import { PROT_READ } from "../../src/abi/mman.ts";
import { map, mapFile, open, RW, space } from "./scene.ts";

const PAGE = 0x1000;

/** What is said of the two VMAs there are. */
function words(make: (mm: AddressSpace) => void): string {
  const mm = space();
  make(mm);
  const [lower, upper] = [...mm.vmas()];
  return explainMerge(lower!, upper!).words;
}

Deno.test("explainMerge: names the flags of that one of the two that has them", () => {
  const pair = (lower: number, upper: number) => (mm: AddressSpace) => {
    map(mm, 0x1000, 0x2000, lower);
    map(mm, 0x2000, 0x3000, upper);
  };
  assertEquals(words(pair(PROT_READ, 0)), "They differ in flags: only 0x1000-0x2000 has rd");
  assertEquals(words(pair(0, PROT_READ)), "They differ in flags: only 0x2000-0x3000 has rd");
  assertEquals(
    words(pair(PROT_READ, RW)),
    "They differ in flags: only 0x2000-0x3000 has wr ac",
  );
});

Deno.test("explainMerge: the offsets of a file say nothing of a move", () => {
  const said = words((mm) => {
    const file = open();
    mapFile(mm, 0x1000, 0x2000, file, 0);
    mapFile(mm, 0x2000, 0x3000, file, 5 * PAGE);
  });
  assertEquals(
    said,
    "Their page offsets do not continue: the lower one ends at page 0x1, the upper one begins at page 0x5",
  );
});

//   |- file -|- r -|- rw -|- r -|     three may be made, and as in the kernel one more is let through
Deno.test("headroom: the most frequent rule first; never fewer than none left", () => {
  const mm = space({ maxMapCount: 3 });
  mapFile(mm, 0x1000, 0x2000, open(), 0);
  map(mm, 0x2000, 0x3000, PROT_READ);
  map(mm, 0x3000, 0x4000);
  map(mm, 0x4000, 0x5000, PROT_READ);
  assertEquals(mm.headroom(), {
    used: 4,
    limit: 3,
    left: 0,
    borders: [{ obstacle: "flags", count: 2 }, { obstacle: "file", count: 1 }],
  });
  mm.munmap(0x1000, PAGE);
  assertEquals(mm.headroom().left, 0);
});
