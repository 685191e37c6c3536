/**
 * Every scenario on the checkout as it is. `tests/canaries/` runs the same ones on builds with a planted fault.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { load, ROOT } from "../canaries/build.ts";
import { Stage } from "./scenario.ts";
import { ROWS, SUITE } from "./suite.ts";

const plain = await load(ROOT);

for (const { row, name, run } of SUITE) {
  Deno.test(`regression ${row}: ${name}`, () => {
    const stage = new Stage(plain);
    run(stage);
    assert(stage.operations > 0);
  });
}

Deno.test("regressions: every row of the catalogue has a scenario", () => {
  const rows = new Set(SUITE.map((scenario) => scenario.row));
  assertEquals([...rows].sort((a, b) => a - b), Array.from({ length: ROWS }, (_, i) => i + 1));
});

Deno.test("regressions: no two scenarios have one name", () => {
  assertEquals(new Set(SUITE.map((scenario) => scenario.name)).size, SUITE.length);
});
