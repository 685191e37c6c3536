/** The tree operations that replaying recorded compiler runs issues, on the tree and on other libraries. */

import { maple } from "./peers/maple.ts";
import { peersOf } from "./peers/all.ts";
import { reference } from "./reference.ts";
import { traceOf, treeWorkload } from "./traces.ts";

for (const name of ["cc1-2022", "cc1-ggc"]) {
  const operations = treeWorkload(await traceOf(name));
  const expected = reference.execute(reference.create(), operations, 0, operations.length);
  for (const peer of peersOf("recorded")) {
    const map = peer.create();
    Deno.bench({
      name: peer.name,
      group: `cc1 tree operations, ${name}`,
      baseline: peer === maple,
      fn: () => {
        const hash = peer.execute(map, operations, 0, operations.length);
        if (hash !== expected) throw new Error(`${peer.name} answers ${hash}, not ${expected}`);
      },
    });
  }
}
