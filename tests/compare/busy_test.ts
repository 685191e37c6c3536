/** When a measurement is said to have had company. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { busySentence, Watch } from "../../src/compare/busy.ts";

Deno.test("busy: a quiet machine is not mentioned", () => {
  assertEquals(busySentence(0.1, 1.2, 2), undefined);
  assertEquals(busySentence(0.2, 1, 1), undefined);
});

Deno.test("busy: company before a measurement, or during it, is said with its size", () => {
  assertStringIncludes(busySentence(1.9, 2, 2) ?? "", "others used 1.9 of 2 processors before");
  assertStringIncludes(busySentence(0, 1.8, 8) ?? "", "1.8 were in use meanwhile");
  assertStringIncludes(busySentence(0.6, 1, 1) ?? "", "others used 0.6 of 1 processors");
});

Deno.test("busy: a watch sees workers that keep processors busy", async () => {
  const spin = "const end = performance.now() + 1500; while (performance.now() < end); close();";
  const url = `data:text/javascript,${encodeURIComponent(spin)}`;
  const workers = [1, 2].map(() => new Worker(url, { type: "module" }));
  const watch = await Watch.begin();
  assert(watch.end() !== undefined);
  for (const worker of workers) worker.terminate();
});

Deno.test("busy: up to a quarter of a processor before, and 1.4 during, nothing is said", () => {
  const isSaid = (before: number, during: number, count: number) =>
    busySentence(before, during, count) !== undefined;
  assertEquals([isSaid(0.25, 1.4, 2), isSaid(0.26, 1.4, 2), isSaid(0.25, 1.41, 2)], [
    false,
    true,
    true,
  ]);
  // With one processor only what was before tells.
  assertEquals([isSaid(0.25, 1.8, 1), isSaid(0.26, 1.8, 1)], [false, true]);
});
