/**
 * Faults in the page: every one that replaying can meet is there, links, and cannot hang it.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { guardLoops } from "../../src/explorer/model/link.ts";
import { Run } from "../../src/explorer/model/run.ts";
import { recordsOf, thePack } from "./packing.ts";

Deno.test("faults: all of the catalogue, each with one run to its end or to where it breaks down", async () => {
  const pack = await thePack();
  const records = await recordsOf("cc1-2022");
  const files = new Set(pack.modules.map(({ path }) => path));
  const possible = CANARIES.filter(({ patches }) => patches.every(({ file }) => files.has(file)));
  assertEquals(pack.faults.map(({ name }) => name), possible.map(({ name }) => name));
  for (const fault of pack.faults) {
    const run = new Run(pack, records, fault);
    run.index.advance();
    const last = run.view(run.index.reachable);
    assertEquals(last.step, run.index.reachable);
    assert(run.index.isComplete);
    if (run.index.reachable === run.steps.length) continue;
    assert(
      run.index.story.surfaced !== undefined,
      `${fault.name} ends early, and does not say why`,
    );
  }
});

Deno.test("guardLoops: only the condition of counted loops", () => {
  const guarded = guardLoops(
    "for(let i=f(';');i<3;i++)for(;;)g();for(const a of b)h(a);for(;x('(;)')||[1].at(0);)y()",
  );
  assertEquals(
    guarded,
    "for(let i=f(';');turn()&&(i<3);i++)for(;turn();)g();for(const a of b)h(a);" +
      "for(;turn()&&(x('(;)')||[1].at(0));)y()",
  );
  let turns = 0;
  const endless = new Function("turn", guardLoops("for(;;);"));
  assertThrows(() => endless(() => turns++ < 5 || fail()), Error, "enough");
});

function fail(): never {
  throw new Error("enough");
}
