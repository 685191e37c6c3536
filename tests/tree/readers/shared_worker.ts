/**
 * A reader in a worker: reads a shared tree as fast as it can until it is told to stop, and judges each answer by
 * the history that the writer keeps in shared memory beside the tree.
 *
 * @module
 */

import { SharedReader, type SharedTree } from "../../../mod.ts";
import {
  ENDED,
  HISTORY,
  KEYS,
  nextKey,
  READY,
  STARTED,
  STOP,
  WRITE_WORDS,
} from "./shared_history.ts";

/** What the writer posts. */
export interface Assignment {
  readonly tree: SharedTree;
  readonly history: SharedArrayBuffer;
  readonly seed: number;
}

/** What the worker answers when it was stopped. */
export interface Verdict {
  readonly reads: number;
  readonly wrong: readonly string[];
}

/** Whether the value of `key` was `value` at some time between the end of store `from` and the begin of `to + 1`. */
function wasTrue(
  history: Int32Array,
  key: number,
  value: number,
  from: number,
  to: number,
): boolean {
  for (let store = to; store > 0; store--) {
    const at = HISTORY + (store - 1) * WRITE_WORDS;
    if (key < history[at]! || key > history[at + 1]!) continue;
    if (history[at + 2] === value) return true;
    if (store <= from) return false;
  }
  return value === 0;
}

function read({ tree, history, seed }: Assignment): Verdict {
  using reader = new SharedReader(tree);
  const words = new Int32Array(history);
  const wrong: string[] = [];
  let reads = 0;
  let random = seed;
  Atomics.add(words, READY, 1);
  while (Atomics.load(words, STOP) === 0 && wrong.length < 5) {
    random = nextKey(random);
    const key = random % KEYS;
    const from = Atomics.load(words, ENDED);
    let seen = key;
    let value: number | undefined;
    if ((random & 1) === 0) value = reader.load(key);
    else {
      const entry = reader.find(key, KEYS - 1);
      seen = Math.max(key, entry?.first ?? KEYS - 1);
      value = entry?.value;
    }
    const to = Atomics.load(words, STARTED);
    reads++;
    if (!wasTrue(words, seen, value ?? 0, from, to)) {
      wrong.push(`key ${seen} was ${value} between stores ${from} and ${to}`);
    }
  }
  return { reads, wrong };
}

// The types of the main thread know no `postMessage` here, so the verdict goes back through the port that came.
addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  const assignment: Assignment = event.data;
  event.ports[0]!.postMessage(read(assignment));
});
