/** The benches on recorded compiler runs, once each. */

import { assert, assertEquals } from "@std/assert";
import { peersOf } from "../../bench/peers/all.ts";
import { reference } from "../../bench/reference.ts";
import { CC1_TRACES, traceOf, treeWorkload } from "../../bench/traces.ts";
import { replayUnchecked } from "../../mod.ts";

for (const name of CC1_TRACES) {
  Deno.test(`bench cc1 replay: ${name} gives the same hash with and without validation`, async () => {
    const trace = await traceOf(name);
    assert(trace.steps.length > 0);
    assertEquals(replayUnchecked(trace), replayUnchecked(trace, { validate: "full" }));
  });
}

for (const name of ["cc1-2022", "cc1-ggc"]) {
  Deno.test(`bench cc1 tree operations: every peer answers ${name} as the reference, again and again`, async () => {
    const operations = treeWorkload(await traceOf(name));
    const expected = reference.execute(reference.create(), operations, 0, operations.length);
    for (const peer of peersOf("recorded")) {
      const map = peer.create();
      for (let i = 0; i < 3; i++) {
        const hash = peer.execute(map, operations, 0, operations.length);
        assertEquals(hash, expected, `${peer.name}, time ${i}`);
      }
    }
  });
}
