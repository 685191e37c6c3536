import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { bisect, formatFault, markChanges } from "../../../src/replay/debug/bisect.ts";
import type { Build } from "../../canaries/build.ts";
import { withPlanted } from "../../canaries/planted.ts";
import { present } from "../../present.ts";
import { recordsOf } from "../traces.ts";

/** The first step after which full validation fails, found the slow way. */
async function firstBroken(build: Build, name: string): Promise<number> {
  const { steps } = await build.compiled.compileTrace(await recordsOf(name));
  const system = new build.system.System();
  return 1 + steps.findIndex((step) => {
    try {
      system.apply(step);
      for (const space of system.spaces()) space.validate();
      return false;
    } catch (error) {
      return !(error instanceof build.maple.MmError);
    }
  });
}

Deno.test("bisect: a sound run has no first fault", async () => {
  assertEquals(await bisect(await recordsOf("cc1-hello")), undefined);
});

for (const name of ["cc1-2022", "cc1-large"]) {
  Deno.test(`bisect: the stale slot is found in ${name}, whatever the checkpoints`, async () => {
    await withPlanted("stale slot kept", async (build) => {
      const expected = await firstBroken(build, name);
      assert(expected > 0);
      for (const every of [1, 7, 256, 1_000_000]) {
        const fault = await build.bisect.bisect(await recordsOf(name), every);
        assertEquals(fault?.step, expected, `checkpoints every ${every} steps`);
      }
    });
  });
}

Deno.test("bisect: tells a fault apart from where it surfaces, and marks what changed", async () => {
  await withPlanted("stale slot kept", async (build) => {
    const fault = present(await build.bisect.bisect(await recordsOf("cc1-large")));
    assert(fault.surfaced > fault.step + 100, "it surfaced at once");
    const text = formatFault(fault);
    assertStringIncludes(text, `first fault after step ${fault.step}`);
    assertStringIncludes(text, "pivots rise");
    assertStringIncludes(text, `went on to step ${fault.surfaced}`);
    assert(/^\+ .*node 0x[0-9a-f]+ .*«/m.test(text), "no changed slot is marked");
  });
});

Deno.test("markChanges: a node's changed words, slots that came and went", () => {
  const before = "tree\n0-9: node 0x100 a b\n  0-4: x\n  5-9: y";
  const after = "tree\n0-9: node 0x100 a c\n  0-4: x\n  5-6: z\n  7-9: y";
  assertEquals(markChanges(before, after), [
    "  tree",
    "- 0-9: node 0x100 a «b»",
    "+ 0-9: node 0x100 a «c»",
    "    0-4: x",
    "+   5-6: z",
    "+   7-9: y",
    "-   5-9: y",
  ]);
});

Deno.test("markChanges: what went before the line that changed is marked, each once and in its place", () => {
  assertEquals(markChanges("a\nb\nc\nd", "a\nd"), ["  a", "- b", "- c", "  d"]);
  assertEquals(markChanges("a\nd", "a\nb\nc\nd"), ["  a", "+ b", "+ c", "  d"]);
  assertEquals(markChanges("a\na\nb", "a\nb"), ["  a", "- a", "  b"]);
  assertEquals(markChanges("a\nb", "a\na\nb"), ["  a", "+ a", "  b"]);
  assertEquals(markChanges("a", "b"), ["+ b", "- a"]);
  assertEquals(markChanges("node 0x100 a", "node 0x100 b"), [
    "- node 0x100 «a»",
    "+ node 0x100 «b»",
  ]);
  assertEquals(
    markChanges(
      "gone\n0-1: node 0x100 a\n2-3: node 0x200 b",
      "0-1: node 0x100 c\n2-3: node 0x200 b",
    ),
    ["- gone", "- 0-1: node 0x100 «a»", "+ 0-1: node 0x100 «c»", "  2-3: node 0x200 b"],
  );
  // A node of another number is another node.
  assertEquals(markChanges("node 0x100 a", "node 0x200 a"), ["+ node 0x200 a", "- node 0x100 a"]);
  // A node that stands before the place that was reached is no twin.
  assertEquals(
    markChanges("node 0x1 a\nnode 0x2 b", "node 0x2 c\nnode 0x1 d"),
    ["- node 0x1 a", "- node 0x2 «b»", "+ node 0x2 «c»", "+ node 0x1 d"],
  );
});
