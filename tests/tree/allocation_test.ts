/**
 * A tree in steady state, where stores come and go but the number of ranges stays, takes nothing from the JavaScript
 * heap: entries are words, nodes lie in the pool, and no number is passed to a call in a way that would box it.
 *
 * Which of these calls V8 compiles into one another it decides once, by how far a function had come when another was
 * compiled. On a machine so busy that compiling takes seconds it has been seen to leave one out for good, whose
 * numbers are boxed then: a tree is tried in up to three workers, each with a V8 that begins anew.
 */

import { assert } from "@std/assert";
import { LIMIT, type Steady, STORES } from "./steady.ts";

/** Bytes that the best round of a worker took. */
async function leastGrowth(steady: Steady): Promise<number> {
  const worker = new Worker(import.meta.resolve("./allocation_rounds.ts"), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  try {
    return await new Promise((resolve, reject) => {
      port1.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(steady, [port2]);
    });
  } finally {
    worker.terminate();
    port1.close();
  }
}

for (const gaps of [true, false]) {
  for (const ranges of [60, 1000, 65_000]) {
    Deno.test(`MapleTree: stores into gaps and holes allocate nothing, ${ranges} ranges, gaps ${gaps}`, async () => {
      let least = Infinity;
      for (let worker = 0; worker < 3 && least > LIMIT; worker++) {
        least = Math.min(least, await leastGrowth({ ranges, gaps }));
      }
      assert(least <= LIMIT, `${STORES} stores took ${least} bytes of the JavaScript heap`);
    });
  }
}
