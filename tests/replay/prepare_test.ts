import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { prepare, run } from "../../src/replay/compiled.ts";
import { treeOperations } from "../../src/replay/tree_log.ts";
import { MapleTree } from "../../src/tree/maple_tree.ts";
import { recordsOf } from "./traces.ts";

Deno.test("run: gives the same hash every time, another one for another trace", async () => {
  const hello = await prepare(await recordsOf("cc1-hello"));
  const ggc = await prepare(await recordsOf("cc1-ggc"));
  const hash = run(hello);
  assertEquals(run(hello), hash);
  assertEquals(run(hello, { validate: "full" }), hash);
  assertEquals(run(hello, { validate: "touched" }), hash);
  assertNotEquals(run(ggc), hash);
});

Deno.test("run: a layout that ends otherwise gives another hash", async () => {
  const { steps } = await prepare(await recordsOf("cc1-hello"));
  const position = steps.findLastIndex((step) =>
    step.type === "call" && step.enter.call === "mmap"
  );
  const without = { steps: steps.filter((_, index) => index !== position) };
  assertNotEquals(run(without), run({ steps }));
});

Deno.test("treeOperations: stores and clears rebuild the number of VMAs that the run ends with", async () => {
  const prepared = await prepare(await recordsOf("cc1-ggc"));
  const withoutExit = { steps: prepared.steps.filter((step) => step.type !== "exit") };
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
  const prepared = await prepare(await recordsOf("gcc-make"));
  const logs = treeOperations(prepared);
  assert(logs.length > 20);
  assert(logs.every((log) => log[0]?.operation === "store"));
});
