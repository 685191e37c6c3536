/**
 * A worker that stores into a tree in steady state, round after round, and answers how many bytes of the JavaScript
 * heap the best round took.
 *
 * @module
 */

import { MapleTree } from "../../src/tree/maple_tree.ts";
import { LIMIT, type Steady, STORES } from "./steady.ts";

/** Above 2^31, where a number that is not kept as a real needs 16 bytes on the heap. */
const BASE = 0x7f00_0000_0000;
const ROUNDS = 300;

/** A map keeps its numbers as objects on the heap, so that to take one out and pass it on makes none. */
function boxed(count: number, make: (i: number) => number): Map<number, number> {
  return new Map(Array.from({ length: count }, (_, i) => [i, make(i)]));
}

/** The first rounds compile; of the later ones one undisturbed by a collection or another thread is enough. */
function leastGrowth(round: () => void): number {
  let least = Infinity;
  for (let i = 0; i < ROUNDS && least > LIMIT; i++) {
    const before = Deno.memoryUsage().heapUsed;
    round();
    const grown = Deno.memoryUsage().heapUsed - before;
    if (i > 5 && grown >= 0) least = Math.min(least, grown);
  }
  return least;
}

function store({ ranges, gaps }: Steady): number {
  const tree = new MapleTree<number>({ gaps });
  const first = boxed(ranges, (i) => BASE + i * 0x8000);
  const last = boxed(ranges, (i) => BASE + i * 0x8000 + 0x3fff);
  const holeFirst = boxed(ranges, (i) => BASE + i * 0x8000 + 0x1000);
  const holeLast = boxed(ranges, (i) => BASE + i * 0x8000 + 0x1fff);
  const gapFirst = boxed(ranges, (i) => BASE + i * 0x8000 + 0x5000);
  const gapLast = boxed(ranges, (i) => BASE + i * 0x8000 + 0x5fff);
  for (let i = 0; i < ranges; i++) tree.store(first.get(i)!, last.get(i)!, i);
  let at = 0;
  return leastGrowth(() => {
    for (let k = 0; k < STORES / 4; k++) {
      tree.store(gapFirst.get(at)!, gapLast.get(at)!, 7);
      tree.store(gapFirst.get(at)!, gapLast.get(at)!, undefined);
      tree.store(holeFirst.get(at)!, holeLast.get(at)!, undefined);
      tree.store(first.get(at)!, last.get(at)!, at);
      at = (at * 7 + 1) % ranges;
    }
  });
}

// The types of the main thread know no `postMessage` here, so the answer goes back through the port that came.
addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const steady: Steady = event.data;
  event.ports[0]!.postMessage(store(steady));
});
