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

/** Loses what is stored at some indices. */
class Forgetful extends MapleTree<number> {
  override store(first: number, last: number, value: number | undefined): void {
    if (first % 7 !== 3) super.store(first, last, value);
  }
}

Deno.test("soak: a tree that loses a store is found, and reduced to that store and a look at it", () => {
  for (const seed of [1, 2, 3]) {
    const { finding = "" } = treeRound(seed, (gaps) => new Forgetful({ gaps }));
    assert(finding !== "");
    assert(finding.split("\n").length <= 3, finding);
  }
});
