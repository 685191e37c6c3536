/**
 * The incremental validator against the full one on sound trees; `canaries_test.ts` has it on broken ones.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MapleTree } from "../../../mod.ts";
import { IncrementalValidator } from "../../../src/tree/checks/incremental.ts";
import { Random } from "../../random.ts";
import { poolOf } from "../../../src/tree/maple_tree.ts";

for (const gaps of [true, false]) {
  for (const rcu of [true, false]) {
    Deno.test(`IncrementalValidator: content with 10,000 writes, gaps ${gaps}, rcu ${rcu}`, () => {
      const random = new Random(0x70c);
      const tree = new MapleTree<unknown>({ gaps, rcu });
      const validator = new IncrementalValidator(poolOf(tree));
      for (let i = 0; i < 10_000; i++) {
        const first = random.below(5000);
        const last = first + (random.chance(0.03) ? random.below(3000) : random.below(20));
        const value = random.chance(0.3) ? undefined : random.chance(0.5) ? i : { i };
        tree.store(first, last, value);
        validator.check(first, last);
        if (i % 100 !== 0) continue;
        tree.validate();
        assertEquals(validator.entries, tree.size);
      }
      tree.clear();
      validator.check(0, 0);
      assertEquals(validator.entries, 0);
    });
  }
}
