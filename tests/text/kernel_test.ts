/**
 * What a kernel's version decides about the answers, and what a text shows of it.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { importText } from "../../src/text/import.ts";
import { replay } from "../../src/replay/replay.ts";
import { kernelOf } from "../../src/text/kernel.ts";

/**
 * A new program, an odd page above everything so that gaps are known to end there, then two mappings of 3 MiB, which
 * kernels align by their version.
 *
 * @param places where the two are, from the top
 */
function text(...places: readonly number[]): string {
  const top = 0x7f22_b000_1000;
  const lines = [
    'execve("./f", ["./f"], 0x7ffd0000 /* 1 var */) = 0',
    `mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ${hex(top - 0x1000)}`,
  ];
  for (const place of places) {
    lines.push(
      `mmap(NULL, 3145728, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = ${
        hex(top - 0x1000 - place)
      }`,
    );
  }
  return lines.join("\n") + "\n";
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** One after the other without alignment, and each on a boundary of 2 MiB. */
const PLAIN = [0x30_0000, 0x60_0000], ALIGNED = [0x40_0000, 0x80_0000];

Deno.test("kernelOf: the version says how large mappings are placed", () => {
  assertEquals(kernelOf(undefined).placement, undefined);
  assertEquals(kernelOf("5.15.0-91-generic").placement, "5.19");
  assertEquals(kernelOf("6.7").placement, "6.7");
  assertEquals(kernelOf("6.11").placement, "6.7");
  assertEquals([kernelOf("6.12").placement, kernelOf("6.18.44").placement], ["6.18", "6.18"]);
  assertThrows(() => kernelOf("new"), RangeError, "6.1");
});

Deno.test("importText: without a version the first large mapping cannot be known, and shows the next", () => {
  assertEquals(importText(text(...PLAIN)).answers, {
    asked: 3,
    equal: 1,
    different: 0,
    cannotKnow: 2,
  });
  assertEquals(importText(text(...ALIGNED)).answers, {
    asked: 3,
    equal: 1,
    different: 0,
    cannotKnow: 2,
  });
});

Deno.test("importText: with a version every large mapping is foretold, and another kernel's are different", async () => {
  const older = importText(text(...PLAIN), { kernel: "6.1" });
  assertEquals(older.answers, { asked: 3, equal: 2, different: 0, cannotKnow: 1 });
  assertEquals((await replay(older.records)).answers, older.answers);
  const wrong = importText(text(...ALIGNED), { kernel: "6.1" });
  assertEquals(wrong.answers.different, 2);
  assertEquals(wrong.differing.map(({ line }) => line), [3, 4]);
  assertEquals(importText(text(...ALIGNED), { kernel: "6.7" }).answers.different, 0);
});
