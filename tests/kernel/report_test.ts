/**
 * What a report says of faults that no answer of the tree shows.
 *
 * @module
 */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { operation, Verb } from "../../src/kernel/operation.ts";
import { cTest } from "../kernel_check/c_source.ts";
import { memoryFaultIn } from "../kernel_check/difference.ts";

const SLAB = await Deno.readTextFile(new URL("../../src/kernel/driver/slab.h", import.meta.url));

Deno.test("kernel check: each rule of memory of the driver's allocator is told by its name", () => {
  const rules = [...SLAB.matchAll(/memory_fault\("([^"]+)"/g)].map(([, rule]) => rule!);
  assertEquals(rules.length, 3);
  for (const rule of rules) {
    const printed = `assertion failed at maple_tree.c:1\nBUG: ${rule}: node 0x55\nmore\n`;
    assertEquals(memoryFaultIn(printed), `a rule of memory is broken: ${rule}`);
  }
  assertEquals(memoryFaultIn("BUG at maple_tree.c:2 (1)\n"), undefined);
});

Deno.test("kernel check: the test of a leak says where to count, as none of its lines fails", () => {
  const list = [operation(Verb.STORE, 0, 0xf, 1)];
  const options = { gaps: true, readers: true };
  assertMatch(cTest(list, options, "leak"), /mtree_destroy\(mt\);\n\t\/\* .*nr_allocated/);
  assertEquals(cTest(list, options, "content").includes("nr_allocated"), false);
  assertStringIncludes(cTest(list, options), "mtree_destroy(mt);\n}");
});
