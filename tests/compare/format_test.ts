import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  duration,
  formatMarkdown,
  formatText,
  isRegression,
  summary,
} from "../../src/compare/format.ts";
import { comparison, workload } from "./samples.ts";

const GATE = 0.025;

Deno.test("isRegression: slower beyond the gate, or other answers; nothing else", () => {
  assertEquals(isRegression(comparison([workload("a", 0.05)]), GATE), true);
  assertEquals(isRegression(comparison([workload("a", 0.05)]), 0.1), false);
  assertEquals(isRegression(comparison([workload("a", -0.2), workload("b", 0.01)]), GATE), false);
  const answersPart = { step: 3, description: "load 0x1000" };
  assertEquals(isRegression(comparison([workload("a", 0, { answersPart })]), 0.1), true);
  const countersPart = { step: 3, description: "load 0x1000" };
  assertEquals(isRegression(comparison([workload("a", 0, { countersPart })]), GATE), false);
});

Deno.test("formatText: verdict, ratio, interval, floor, processes and times of each workload", () => {
  const text = formatText(comparison([workload("find/60", 0.05, { floor: 0.0123 })]));
  assertMatch(
    text,
    /find\/60 +slower +1\.05\d +1\.0[45]\d–1\.05\d +±1\.2 % +8 × 200 +1\.05 +100 ns → 105 ns/,
  );
  assertStringIncludes(text, "working tree (bbbbbbbbbb) with uncommitted changes against main");
});

Deno.test("formatText: says where the counts part, and what changed", () => {
  const it = workload("store/60", 0, {
    countersPart: { step: 511, description: "store 0x1000-0x1fff" },
    counters: { base: { rewritten: 100, split: 3 }, head: { rewritten: 139, split: 3 } },
  });
  const text = formatText(comparison([it]));
  assertStringIncludes(
    text,
    "store/60 counts differently: rewritten 100 → 139; first at step 511, store 0x1000-0x1fff",
  );
  assert(!text.includes("split 3"), "what did not change is not told");
});

Deno.test("formatText: says what was skipped and why", () => {
  const skipped = [{
    name: "cc1-replay",
    side: "base",
    why: "its mod.ts does not export prepare",
  }] as const;
  assertStringIncludes(
    formatText(comparison([], { skipped })),
    "cc1-replay is skipped: the base cannot do it: its mod.ts does not export prepare",
  );
});

Deno.test("formatText: an unmeasured floor is said to be one", () => {
  assertStringIncludes(formatText(comparison([workload("a", 0)])), "run with --self");
});

Deno.test("formatMarkdown: the verdict is the heading, the table has a row for each workload", () => {
  const text = formatMarkdown(comparison([workload("a", 0.05), workload("b", 0)]), GATE);
  assertEquals(text.split("\n")[0], "### Slower beyond 2.5 %: a");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  assertEquals(rows.length, 2);
  const columns = (row: string) => row.split("|").length;
  assertEquals(
    new Set(text.split("\n").filter((line) => line.startsWith("|")).map(columns)).size,
    1,
  );
});

Deno.test("summary: changed answers come before any time", () => {
  const answersPart = { step: 3, description: "load 0x1000" };
  const both = comparison([workload("a", 0.5), workload("b", 0, { answersPart })]);
  assertEquals(summary(both, GATE), "Answers changed: b");
  assertEquals(
    summary(comparison([workload("a", -0.1)]), GATE),
    "No regression beyond 2.5 % in 1 workload; faster: a",
  );
});

Deno.test("duration: three digits and a unit", () => {
  assertEquals([1.234, 99.96, 1_234, 5_678_901].map(duration), [
    "1.23 ns",
    "100 ns",
    "1.23 µs",
    "5.68 ms",
  ]);
});
