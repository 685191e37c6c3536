/**
 * One racer, in a process of its own: `child.ts PEER FILE PASSES` prints the time of each pass in ns an operation, and
 * the hash of all answers, as the programs in `native/` do. For PEER may stand `--native=LIBRARY`, a kernel's own tree.
 *
 * @module
 */

import { PEERS } from "../peers/all.ts";
import { nativePeer } from "../peers/native.ts";
import type { Operations } from "../peers/range_map.ts";

const [name, file, passes] = Deno.args;
if (name === undefined || file === undefined) throw new Error("which racer, which file?");
const rows = new Float64Array((await Deno.readFile(file)).buffer);
const length = rows.length / 4;
const column = (at: number) => Float64Array.from({ length }, (_, i) => rows[i * 4 + at]!);
const operations = {
  length,
  verbs: Uint8Array.from(column(0)),
  as: column(1),
  bs: column(2),
  cs: column(3),
};
const perform = passOf(name, operations);
const times: number[] = [];
let hash = 0;
for (let pass = 0; pass < Number(passes); pass++) {
  const start = performance.now();
  hash = perform();
  times.push((performance.now() - start) * 1e6 / length);
}
console.log(JSON.stringify({ passes: times, hash: hash | 0 }));

/** What performs the list once, on the same map each time. */
function passOf(name: string, operations: Operations): () => number {
  const native = nativePeer([name]);
  if (native !== undefined) return native.runner(operations);
  const peer = PEERS.find((candidate) => candidate.name === name);
  if (peer === undefined) throw new Error(`no such racer: ${name}`);
  const map = peer.create();
  return () => peer.execute(map, operations, 0, operations.length);
}
