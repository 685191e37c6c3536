import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { compileTrace, replayUnchecked } from "../../src/replay/compiled.ts";
import { treeOperations } from "../../src/replay/tree_log.ts";
import { MapleTree } from "../../src/tree/maple_tree.ts";
import { recordsOf } from "./traces.ts";

Deno.test("replayUnchecked: gives the same hash every time, another one for another trace", async () => {
  const hello = await compileTrace(await recordsOf("cc1-hello"));
  const ggc = await compileTrace(await recordsOf("cc1-ggc"));
  const hash = replayUnchecked(hello);
  assertEquals(replayUnchecked(hello), hash);
  assertEquals(replayUnchecked(hello, { validate: "full" }), hash);
  assertEquals(replayUnchecked(hello, { validate: "touched" }), hash);
  assertNotEquals(replayUnchecked(ggc), hash);
});

Deno.test("replayUnchecked: a layout that ends otherwise gives another hash", async () => {
  const { steps } = await compileTrace(await recordsOf("cc1-hello"));
  const position = steps.findLastIndex((step) =>
    step.type === "call" && step.enter.call === "mmap"
  );
  const without = { steps: steps.filter((_, index) => index !== position) };
  assertNotEquals(replayUnchecked(without), replayUnchecked({ steps }));
});

Deno.test("treeOperations: stores and clears rebuild the number of VMAs that the run ends with", async () => {
  const trace = await compileTrace(await recordsOf("cc1-ggc"));
  const withoutExit = { steps: trace.steps.filter((step) => step.type !== "exit") };
  const [log, ...others] = treeOperations(withoutExit);
  assertEquals(others, []);
  const tree = new MapleTree<number>({ gaps: true });
  for (const { operation, first, last, value } of log!) {
    if (operation === "store") tree.store(first, last, value);
    else if (operation === "clear") tree.store(first, last, undefined);
  }
  assert(log!.some((entry) => entry.operation === "clear"));
  assert(log!.some((entry) => entry.operation === "emptyAreaReverse"));
  assertEquals(new Set([...tree.entries()].map((entry) => entry.value)).size, tree.size);
  assert(tree.size > 50);
});

Deno.test("treeOperations: every address space of a make has its own log", async () => {
  const trace = await compileTrace(await recordsOf("gcc-make"));
  const logs = treeOperations(trace);
  assert(logs.length > 20);
  assert(logs.every((log) => log[0]?.operation === "store"));
});
