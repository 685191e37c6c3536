/** What is said about mutants that no test can notice is said about code that is there. */

import { assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { equivalence, type Placed, staleEntries } from "./equivalent.ts";
import { mutantsOf } from "./mutants.ts";
import { sourceFiles } from "./areas.ts";

async function everyMutant(): Promise<Placed[]> {
  const placed: Placed[] = [];
  for (const file of await sourceFiles()) {
    const source = await Deno.readTextFile(pathOf(file));
    placed.push(...mutantsOf(file, source).map((mutant) => ({ source, mutant })));
  }
  return placed;
}

Deno.test("equivalent mutants: every rule and every entry fits a line of the source", async () => {
  assertEquals(staleEntries(await everyMutant()), []);
});

Deno.test("equivalent mutants: a rule or an entry that fits nothing is named", () => {
  const source = "export const version = 1 + 1;\n";
  const mutants = mutantsOf("src/tree/other.ts", source).map((mutant) => ({ source, mutant }));
  const stale = staleEntries(mutants);
  assertEquals(stale.includes("the rule: BOUND is 0."), true);
  assertEquals(mutants.map(({ mutant }) => equivalence(source, mutant)), [
    undefined,
    undefined,
    undefined,
  ]);
});
