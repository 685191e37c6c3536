import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  duration,
  formatMarkdown,
  formatText,
  isRegression,
  summary,
  versionName,
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

Deno.test("duration: a whole microsecond and a whole millisecond have the larger unit", () => {
  assertEquals([999, 1_000, 999_000, 1_000_000].map(duration), [
    "999 ns",
    "1.00 µs",
    "999 µs",
    "1.00 ms",
  ]);
});

Deno.test("versionName: the commit once, and whether there were changes", () => {
  const commit = "0123456789abcdef".padEnd(40, "0");
  assertEquals(versionName({ name: "main", commit, isDirty: false }), "main (0123456789)");
  assertEquals(versionName({ name: "01234", commit, isDirty: false }), "0123456789");
  assertEquals(
    versionName({ name: "working tree", commit, isDirty: true }),
    "working tree (0123456789) with uncommitted changes",
  );
});

/** What stands below the table. */
function notesOf(...workloads: Parameters<typeof comparison>[0]): string[] {
  const lines = formatText(comparison(workloads)).split("\n");
  return lines.slice(lines.lastIndexOf("", lines.length - 1) + 1);
}

Deno.test("formatText: each note, and the legend that fits", () => {
  const RATIO = "Ratio is time of the new version over time of the old one: above 1 is slower.";
  const SAME = "Both answer alike in every workload.";
  const floor = 0.01;
  assertEquals(notesOf(workload("a", 0, { floor })), [RATIO, SAME]);
  assertEquals(notesOf(workload("a", 0, { floor }), workload("b", 0)), [
    RATIO,
    SAME,
    "A floor of – has not been measured on this machine: run with --self.",
  ]);
  const answersPart = { step: 3, description: "load 0x1000" };
  assertEquals(notesOf(workload("a", 0, { floor, answersPart })), [
    "a answers differently from step 3 on (load 0x1000)",
    RATIO,
  ]);
  const equalAgain = { step: 0, description: "load 0x1000" };
  assertEquals(notesOf(workload("a", 0, { floor, countersPart: equalAgain })), [
    "a counts differently: equal again at the end; first at step 0, load 0x1000",
    RATIO,
    SAME,
  ]);
  const filling = { step: -1, description: "filling, before the first step" };
  const counters = { base: { split: 3, visited: 9 }, head: { split: 4, visited: 8 } };
  assertEquals(notesOf(workload("a", 0, { floor, countersPart: filling, counters })), [
    "a counts differently: split 3 → 4, visited 9 → 8; first at filling, before the first step",
    RATIO,
    SAME,
  ]);
  const executed = (base: number, head: number) =>
    notesOf(workload("a", 0, { floor, instructions: { base, head } }))[0];
  assertEquals(executed(100, 110), "a executes 100.0 → 110.0 instructions a step (+10.0 %)");
  assertEquals(executed(100, 90), "a executes 100.0 → 90.0 instructions a step (−10.0 %)");
  assertEquals(executed(100, 100), "a executes 100.0 → 100.0 instructions a step (+0.0 %)");
});

Deno.test("formatMarkdown: a list of notes only if there are some, and a floor that was not measured is –", () => {
  const quiet = formatMarkdown(comparison([workload("a", 0)]), GATE);
  assertEquals(quiet.includes("\n- "), false);
  assertEquals(quiet.includes("\n\n\n"), false);
  assertMatch(quiet, /\| – \| 8 × 200 \|/);
  const answersPart = { step: 3, description: "load 0x1000" };
  const loud = formatMarkdown(comparison([workload("a", 0, { answersPart, floor: 0.02 })]), GATE);
  assertStringIncludes(loud, "\n\n- a answers differently from step 3 on (load 0x1000)\n\n<sub>");
  assertMatch(loud, /\| ±2 % \| 8 × 200 \|/);
});

Deno.test("summary: how many workloads, and which are faster", () => {
  assertEquals(
    summary(comparison([workload("a", 0), workload("b", 0)]), GATE),
    "No regression beyond 2.5 % in 2 workloads",
  );
});

Deno.test("formatText: a column takes the floor's place, under its own head", () => {
  const column = { head: "shape", cell: () => "as before", legend: "What the tree is." };
  const [, , header, row] = formatText(comparison([workload("a", 0)]), column).split("\n");
  assertEquals([header?.includes("shape"), header?.includes("floor")], [true, false]);
  assertEquals([row?.includes("as before"), header?.includes("workload")], [true, true]);
  const plain = formatText(comparison([workload("a", 0)])).split("\n")[2];
  assertEquals([plain?.includes("floor"), plain?.startsWith("workload")], [true, true]);
});
