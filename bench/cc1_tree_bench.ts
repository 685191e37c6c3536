/** The tree operations that replaying recorded compiler runs issues, on the tree and on other libraries. */

import { maple } from "./peers/maple.ts";
import { NATIVE_NAME, nativePeer } from "./peers/native.ts";
import { peersOf } from "./peers/all.ts";
import { reference } from "./reference.ts";
import { traceOf, treeWorkload } from "./traces.ts";

/** A kernel's own tree as a library, built by `deno task kernel build`; `deno task bench` hands it on. */
const native = nativePeer();
if (native === undefined) {
  console.log(
    "linux maple_tree.c has no row: it is not built; deno task kernel build --help says how",
  );
}

for (const name of ["cc1-2022", "cc1-ggc"]) {
  const operations = treeWorkload(await traceOf(name));
  const expected = reference.execute(reference.create(), operations, 0, operations.length);
  const register = (row: string, run: () => number) => {
    Deno.bench({
      name: row,
      group: `cc1 tree operations, ${name}`,
      baseline: row === maple.name,
      fn: () => {
        const hash = run();
        if (hash !== expected) throw new Error(`${row} answers ${hash}, not ${expected}`);
      },
    });
  };
  for (const peer of peersOf("recorded")) {
    const map = peer.create();
    register(peer.name, () => peer.execute(map, operations, 0, operations.length));
  }
  if (native !== undefined) register(NATIVE_NAME, native.runner(operations));
}
