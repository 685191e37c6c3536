/**
 * A load with too little memory: recorded compiler runs side by side, events drawn from a seed, each checked where it
 * touched something. A call is 10,000 events, the machine's last ones included; memory is ample, or a tenth of what
 * they touch.
 */

import { LoadRun, programOf } from "../mod.ts";
import { CC1_TRACES, traceOf } from "./traces.ts";

/** Events of a call. */
const EVENTS = 10_000;

/** Page frames by the number of processes: a tenth of those in use at the end of a call with ample memory. */
const SCARCE = { 4: 80, 16: 108, 64: 136 };

const programs = await Promise.all(
  CC1_TRACES.map(async (name) => programOf(name, await traceOf(name))),
);

for (const processes of [4, 16, 64] as const) {
  for (const [memory, pages] of [["ample", 1_000_000], ["scarce", SCARCE[processes]]] as const) {
    let expected: string | undefined;
    Deno.bench({
      name: `${processes} processes, memory ${memory}`,
      group: "load",
      baseline: processes === 16 && memory === "ample",
      fn: () => {
        const run = new LoadRun({
          programs,
          processes,
          memoryPages: pages,
          swapPages: 1_000_000,
          hugePages: "madvise",
          seed: 1,
          checkEvery: Infinity,
        });
        while (run.events < EVENTS) run.next();
        run.end();
        expected ??= run.hash;
        if (run.hash !== expected) {
          throw new Error(`The events hash to ${run.hash}, not ${expected}`);
        }
      },
    });
  }
}
