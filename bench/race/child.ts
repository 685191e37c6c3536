/**
 * One racer, in a process of its own: `child.ts PEER [FILL] FILE PASSES` prints the time of each pass in ns an
 * operation, and the hash of all answers, as the programs in `native/` do. FILL is performed once, before anything is
 * timed. For PEER may stand `--native=LIBRARY`, a kernel's own tree, which begins empty.
 *
 * @module
 */

import { PEERS } from "../peers/all.ts";
import { nativePeer } from "../peers/native.ts";
import type { Operations } from "../peers/range_map.ts";

const [name, ...rest] = Deno.args;
const [passes, file, fill] = rest.reverse();
if (name === undefined || file === undefined) throw new Error("which racer, which file?");
const operations = await readOperations(file);
const perform = passOf(
  name,
  operations,
  fill === undefined ? undefined : await readOperations(fill),
);
const times: number[] = [];
let hash = 0;
for (let pass = 0; pass < Number(passes); pass++) {
  const start = performance.now();
  hash = perform();
  times.push((performance.now() - start) * 1e6 / operations.length);
}
console.log(JSON.stringify({ passes: times, hash: hash | 0 }));

async function readOperations(file: string): Promise<Operations> {
  const rows = new Float64Array((await Deno.readFile(file)).buffer);
  const length = rows.length / 4;
  const column = (at: number) => Float64Array.from({ length }, (_, i) => rows[i * 4 + at]!);
  return {
    length,
    verbs: Uint8Array.from(column(0)),
    as: column(1),
    bs: column(2),
    cs: column(3),
  };
}

/** What performs the list once, on the same map each time. */
function passOf(name: string, operations: Operations, fill?: Operations): () => number {
  const native = nativePeer([name]);
  if (native !== undefined) return native.runner(operations);
  const peer = PEERS.find((candidate) => candidate.name === name);
  if (peer === undefined) throw new Error(`no such racer: ${name}`);
  const map = peer.create();
  if (fill !== undefined) peer.execute(map, fill, 0, fill.length);
  return () => peer.execute(map, operations, 0, operations.length);
}
