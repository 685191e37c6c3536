/**
 * A worker that makes one kind of call, round after round, and answers how many bytes of the JavaScript heap the best
 * round took.
 *
 * @module
 */

import { answerGrowth } from "../steady_heap.ts";
import { CALLS, CASES, LIMIT, REFUSED, starts } from "./allocation_calls.ts";

function roundOf(name: string): () => void {
  const call = CASES[name] ?? REFUSED[name]?.[1];
  if (call === undefined) throw new TypeError(`There is no call ${name}`);
  return () => {
    for (let i = 0; i < CALLS; i++) call(starts.get(i % starts.size)!);
  };
}

answerGrowth(roundOf, LIMIT);
