/** A round of each program; `deno task soak` makes as many as one likes. */

import { assert, assertEquals } from "@std/assert";
import { MapleTree } from "../../mod.ts";
import { PROGRAMS } from "./programs.ts";
import { treeRound } from "./tree_round.ts";

for (const program of PROGRAMS) {
  Deno.test(`soak: rounds of ${program.name} find nothing`, () => {
    for (const seed of [1, 2, 3]) {
      const { operations, finding } = program.round(seed);
      assertEquals(finding, undefined);
      assert(operations > 0);
    }
  });
}

/** Loses what is stored over exactly three indices of its own. */
class Forgetful extends MapleTree<number> {
  override store(first: number, last: number, value: number | undefined): void {
    if (last - first !== 2) super.store(first, last, value);
  }
}

Deno.test("soak: a tree that loses a store is found, and reduced to that store and a look at it", () => {
  const findings = Array.from({ length: 8 }, (_, seed) => {
    return treeRound(seed, (gaps) => new Forgetful({ gaps })).finding;
  }).filter((finding) => finding !== undefined);
  assert(findings.length > 0);
  for (const finding of findings) assert(finding.split("\n").length <= 4, finding);
});
