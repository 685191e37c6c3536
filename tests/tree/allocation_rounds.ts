/**
 * A worker that stores into a tree in steady state, round after round, and answers how many bytes of the JavaScript
 * heap the best round took.
 *
 * @module
 */

import { MapleTree } from "../../src/tree/maple_tree.ts";
import { answerGrowth } from "../steady_heap.ts";
import { LIMIT, type Steady, STORES } from "./steady.ts";

/** Above 2^31, where a number that is not kept as a real needs 16 bytes on the heap. */
const BASE = 0x7f00_0000_0000;

/** A map keeps its numbers as objects on the heap, so that to take one out and pass it on makes none. */
function boxed(count: number, make: (i: number) => number): Map<number, number> {
  return new Map(Array.from({ length: count }, (_, i) => [i, make(i)]));
}

/** A round of stores into a tree that is full from the start. */
function roundOf({ ranges, gaps }: Steady): () => void {
  const tree = new MapleTree<number>({ gaps });
  const first = boxed(ranges, (i) => BASE + i * 0x8000);
  const last = boxed(ranges, (i) => BASE + i * 0x8000 + 0x3fff);
  const holeFirst = boxed(ranges, (i) => BASE + i * 0x8000 + 0x1000);
  const holeLast = boxed(ranges, (i) => BASE + i * 0x8000 + 0x1fff);
  const gapFirst = boxed(ranges, (i) => BASE + i * 0x8000 + 0x5000);
  const gapLast = boxed(ranges, (i) => BASE + i * 0x8000 + 0x5fff);
  for (let i = 0; i < ranges; i++) tree.store(first.get(i)!, last.get(i)!, i);
  let at = 0;
  return () => {
    for (let k = 0; k < STORES / 4; k++) {
      tree.store(gapFirst.get(at)!, gapLast.get(at)!, 7);
      tree.store(gapFirst.get(at)!, gapLast.get(at)!, undefined);
      tree.store(holeFirst.get(at)!, holeLast.get(at)!, undefined);
      tree.store(first.get(at)!, last.get(at)!, at);
      at = (at * 7 + 1) % ranges;
    }
  };
}

answerGrowth(roundOf, LIMIT);
