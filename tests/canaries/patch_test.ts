/** A patch fits a text that stands there once; the catalogue goes by the rows of the regressions. */

import { assertEquals, assertThrows } from "@std/assert";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { patched, PatchError } from "../../src/faults/patch.ts";

Deno.test("patched: replaces what stands there exactly once, and refuses all else", () => {
  const patch = { file: "src/a.ts", text: "b", replacement: "cc" };
  assertEquals(patched("abd", patch), "accd");
  assertEquals(patched("b", patch), "cc");
  for (const [source, times] of [["ad", 0], ["abdb", 2], ["bbb", 3]] as const) {
    const error = assertThrows(() => patched(source, patch), PatchError);
    assertEquals(
      error.message,
      `Cannot patch src/a.ts: the text stands there ${times} times, not once:\nb`,
    );
  }
});

Deno.test("catalogue: by row, ascending", () => {
  const rows = CANARIES.map(({ row }) => row);
  assertEquals(rows, rows.toSorted((a, b) => a - b));
  assertEquals(new Set(rows).size > 1, true);
});
