/** The traces of this repository hold what they are there for; what they replay to is tested elsewhere. */
import { assert, assertEquals, assertGreater, assertLess, assertStringIncludes } from "@std/assert";
import { readTrace } from "../../src/trace/read.ts";
import { countMunmaps, summarize, type TraceSummary } from "../../src/trace/summary.ts";
import { RECIPES } from "../../traces/recipes.ts";
import { generateSource } from "../../traces/generate_source.ts";
import { heading, row } from "../../traces/table.ts";

const FOLDER = new URL("../../traces/", import.meta.url);

function summaryOf(name: string): Promise<TraceSummary> {
  return summarize(readTrace(new URL(`${name}.jsonl.gz`, FOLDER)));
}

Deno.test("traces: each recipe has its trace, and nothing lies there without one", () => {
  const names = [...Deno.readDirSync(FOLDER)].map((entry) => entry.name)
    .filter((name) => name.endsWith(".gz"));
  assertEquals(names.toSorted(), Object.keys(RECIPES).map((name) => `${name}.jsonl.gz`).toSorted());
});

Deno.test("traces: together they are under 3 MB", () => {
  const files = [...Deno.readDirSync(FOLDER)].filter((entry) => entry.name.endsWith(".gz"));
  const bytes = files.map((entry) => Deno.statSync(new URL(entry.name, FOLDER)).size);
  assertLess(bytes.reduce((sum, size) => sum + size, 0), 3_000_000);
});

for (const [name, recipe] of Object.entries(RECIPES)) {
  Deno.test(`traces: ${name} is what its recipe accepts, and says so in its header`, async () => {
    const summary = await summaryOf(name);
    assertEquals(recipe.accept?.(summary) ?? true, true);
    const { purpose, placement, compiler, fidelity } = summary.header!;
    assertEquals([purpose, placement], [recipe.purpose, recipe.placement ?? "6.18"]);
    assertEquals([compiler, fidelity], ["gcc 12.2.0", "exact"]);
  });

  Deno.test(`traces: ${name} stands in the README's table as it is`, async () => {
    const text = await Deno.readTextFile(new URL("README.md", FOLDER));
    const unpadded = text.replaceAll(/ +/g, " ");
    assertStringIncludes(unpadded, heading().split("\n", 1)[0]!);
    assertStringIncludes(unpadded, row(name, await summaryOf(name)));
  });
}

Deno.test("traces: cc1-2022 has its munmaps at 59 to 61 VMAs, at least three of which cut a small one in two", async () => {
  const summary = await summaryOf("cc1-2022");
  const counts = summary.munmaps.map((munmap) => munmap.mapCount);
  assert(counts.every((count) => count >= 59 && count <= 61), String(counts));
  const splits = summary.munmaps.filter((munmap) => munmap.kind === "split");
  assertGreater(splits.filter((munmap) => munmap.vmaPages < 100).length, 2);
});

Deno.test("traces: cc1-ggc has at least 300 munmaps that split", async () => {
  assertGreater(countMunmaps(await summaryOf("cc1-ggc"), "split"), 299);
});

Deno.test("traces: cc1-large has over 1,000 calls", async () => {
  const { calls } = await summaryOf("cc1-large");
  assertGreater([...calls.values()].reduce((sum, count) => sum + count, 0), 1000);
});

Deno.test("traces: gcc-make runs the compiler on at least 20 files, by vfork, exec and exit", async () => {
  const compiled = new Set<number>(), exited = new Set<number>();
  let vforks = 0;
  for await (const record of readTrace(new URL("gcc-make.jsonl.gz", FOLDER))) {
    if (record.type === "exec" && record.program === "cc1") compiled.add(record.pid);
    if (record.type === "exit") exited.add(record.pid);
    if (record.type === "fork" && record.sharesMemory) vforks++;
  }
  assertGreater(compiled.size, 19);
  assertGreater(vforks, 19);
  assertEquals(compiled.isSubsetOf(exited), true);
});

Deno.test("generateSource: the same seed gives the same text, another seed another", () => {
  const size = { functions: 3, statements: 5 };
  assertEquals(generateSource(1, size), generateSource(1, size));
  assert(generateSource(1, size) !== generateSource(2, size));
});
