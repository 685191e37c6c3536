/**
 * What `console.log` shows of an address space and of a VMA: useful, and bounded however much is mapped.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { inspect } from "node:util";
import { map, mapFile, open, space } from "./scene.ts";

for (const [runtime, show] of [["Deno", Deno.inspect], ["Node", inspect]] as const) {
  Deno.test(`AddressSpace: ${runtime} shows how much is mapped, and the first lines of it`, () => {
    const mm = space();
    for (let page = 1; page <= 200; page += 2) map(mm, page * 0x1000, (page + 1) * 0x1000);
    const lines = show(mm).split("\n");
    assertEquals(lines[0], "AddressSpace: 100 VMAs, 100 pages");
    assertMatch(lines[1]!, /^ {2}00001000-00002000 rw-p/);
    assertEquals([lines.length, lines.at(-1)], [10, "  … 92 more"]);
  });

  Deno.test(`Vma: ${runtime} shows range, permissions, page offset, flags and name in one line`, () => {
    const mm = space();
    mapFile(mm, 0x2000, 0x4000, open("libc.so.6"), 0x3000, 1);
    mm.fault(0x2000, "force");
    assertEquals(
      show(mm.findVma(0x2000)),
      "Vma 0x2000-0x4000 r--p page 0x3 {rd mr mw me} written libc.so.6",
    );
  });
}

Deno.test("inspect: as many VMAs as fit are shown, of those beyond how many they are", () => {
  const shown = (count: number) => {
    const mm = space();
    for (let at = 1; at <= count; at++) map(mm, at * 0x10000, at * 0x10000 + 0x1000);
    return Deno.inspect(mm).split("\n").slice(1);
  };
  const full = shown(8).length;
  assertEquals(full, 8);
  assertEquals(shown(9).length, 9);
  assertEquals(shown(9).at(-1), "  … 1 more");
});
