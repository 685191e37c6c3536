/**
 * One JavaScript racer, in a process of its own: `child.ts PEER FILE PASSES` prints the time of each pass in ns an
 * operation, and the hash of all answers, as the native ones do.
 *
 * @module
 */

import { PEERS } from "../peers/all.ts";

const [name, file, passes] = Deno.args;
const peer = PEERS.find((candidate) => candidate.name === name);
if (peer === undefined || file === undefined) throw new Error(`no such racer: ${name}`);
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
const map = peer.create();
const times: number[] = [];
let hash = 0;
for (let pass = 0; pass < Number(passes); pass++) {
  const start = performance.now();
  hash = peer.execute(map, operations, 0, length);
  times.push((performance.now() - start) * 1e6 / length);
}
console.log(JSON.stringify({ passes: times, hash: hash | 0 }));
