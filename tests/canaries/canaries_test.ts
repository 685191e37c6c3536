/**
 * Every planted fault is noticed by a scenario of its own row. `deno task canaries` prints the whole table.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { patched, PatchError } from "../../src/faults/patch.ts";
import type { Checks } from "../regressions/scenario.ts";
import { SUITE } from "../regressions/suite.ts";
import { lag, playCanaries, type Row } from "./table.ts";

/** Where each scenario met the fault under some checks, `name: operation`. */
function findings({ outcomes }: Row, checks: Checks): string[] {
  return outcomes.filter((outcome) => outcome.checks === checks)
    .map(({ scenario, failure, operations }) =>
      `${SUITE[scenario]!.name}: ${failure === undefined ? "-" : operations}`
    );
}

Deno.test("canaries: each is noticed by its own row, and by the incremental checks where by the full", async () => {
  const rows = await playCanaries({ checks: ["all", "full", "touched"] });
  for (const row of rows) {
    const { canary, best } = row;
    assert(best !== undefined, `nobody notices: ${canary.name}`);
    assertEquals(findings(row, "touched"), findings(row, "full"), canary.name);
  }
  // The stale slot of 2022 must be met by the trace itself, in the step that corrupts.
  const { outcomes } = rows.find(({ canary }) => canary.name === "stale slot kept")!;
  const trace = outcomes.find(({ scenario }) => SUITE[scenario]!.name.startsWith("replay: cc1"))!;
  assert(trace.failure !== undefined && trace.acted !== undefined);
  assertEquals(lag(trace), 0);
});

Deno.test("patched: a text that does not stand there exactly once is refused", () => {
  const patch = { file: "file.ts", text: "b", replacement: "c" };
  assertEquals(patched("abd", patch), "acd");
  assertThrows(() => patched("ad", patch), PatchError, "0 times");
  assertThrows(() => patched("abb", patch), PatchError, "2 times");
});
