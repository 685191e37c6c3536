/**
 * A worker that makes one kind of call, round after round, and answers how many bytes of the JavaScript heap the best
 * round took.
 *
 * @module
 */

import { CALLS, CASES, LIMIT, REFUSED, starts, VMAS } from "./allocation_calls.ts";

const ROUNDS = 300;

/** The first rounds compile; of the later ones one undisturbed by a collection or another thread is enough. */
function leastGrowth(call: (start: number) => void): number {
  let least = Infinity;
  for (let round = 0; least > LIMIT && round < ROUNDS; round++) {
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < CALLS; i++) call(starts.get(i % VMAS)!);
    const grown = Deno.memoryUsage().heapUsed - before;
    if (round > 5 && grown >= 0) least = Math.min(least, grown);
  }
  return least;
}

// The types of the main thread know no `postMessage` here, so the answer goes back through the port that came.
addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const name: string = event.data;
  const call = CASES[name] ?? REFUSED[name]?.[1];
  if (call === undefined) throw new TypeError(`There is no call ${name}`);
  event.ports[0]!.postMessage(leastGrowth(call));
});
