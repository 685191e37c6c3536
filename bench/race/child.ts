/**
 * One racer, in a process of its own: `child.ts PEER [--fresh] [FILL] FILE PASSES` prints the time of each pass in ns
 * an operation, and the hash of all answers, as the programs in `native/` do. FILL is performed once, before anything
 * is timed. With `--fresh` each pass has a new map, made before the clock starts; else all have the same. For PEER may
 * stand `--native=LIBRARY`, a kernel's own tree.
 *
 * @module
 */

import { PEERS } from "../peers/all.ts";
import { nativePeer } from "../peers/native.ts";
import type { Operations } from "../peers/range_map.ts";

const [name, ...rest] = Deno.args;
const isFresh = rest.includes("--fresh");
const [passes, file, fill] = rest.filter((argument) => argument !== "--fresh").reverse();
if (name === undefined || file === undefined) throw new Error("which racer, which file?");
const operations = await readOperations(file);
const filling = fill === undefined ? undefined : await readOperations(fill);
const racer = racerOf(name);
let map = racer.begin(filling);
const times: number[] = [];
let hash = 0;
for (let pass = 0; pass < Number(passes); pass++) {
  if (isFresh && pass > 0) map = racer.begin(filling);
  const start = performance.now();
  hash = map(operations);
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

/** Makes maps. */
interface Racing {
  /** A new map, filled: what performs a list on it. The one before is given up. */
  readonly begin: (filling?: Operations) => (list: Operations) => number;
}

function racerOf(name: string): Racing {
  const native = nativePeer([name]);
  if (native !== undefined) return native;
  const peer = PEERS.find((candidate) => candidate.name === name);
  if (peer === undefined) throw new Error(`no such racer: ${name}`);
  return {
    begin: (filling) => {
      const map = peer.create();
      const perform = (list: Operations) => peer.execute(map, list, 0, list.length);
      if (filling !== undefined) perform(filling);
      return perform;
    },
  };
}
