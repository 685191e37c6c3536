/**
 * exit: everything goes, and a count that is wrong is noticed.
 */
import { MmInvariantError } from "../../../src/mm/error.ts";
import { assertLayout, map, space, touch } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("exit: unlinks every anon_vma, gives back every charge", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  touch(mm, 0x1000);
  const { anonVma } = [...mm.vmas()][0]!;
  mm.exit();
  assertLayout(mm, []);
  assertEquals(anonVma!.vmas.size, 0);
  assertEquals(mm.descriptor.commit.pages, 0);
});

// The first thing the 2022 report saw: at exit, one VMA more or less than mapCount.
Deno.test("exit: a count that the walk does not meet is an error", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.descriptor.tree.mapCount = 2;
  assertThrows(() => mm.exit(), MmInvariantError, "mapCount is 2");
});
