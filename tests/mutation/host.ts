/**
 * The process in which trials run: a worker for each, so that each has modules of its own, and a line for each answer. If
 * a trial hangs, the process is ended with it.
 *
 * @module
 */

import { orders } from "../canaries/child.ts";

/** Runs one trial; prints its progress and its answer. */
async function trial(order: unknown): Promise<void> {
  const worker = new Worker(new URL("./trial.ts", import.meta.url), { type: "module" });
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = (line: unknown) => console.log(JSON.stringify(line));
  worker.onerror = (event) => {
    event.preventDefault();
    answer({ killedBy: `worker: ${event.message}`, tests: 0 });
    resolve();
  };
  worker.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data === "ready") return worker.postMessage(order);
    answer(data);
    if (data !== "going on") resolve();
  };
  await promise;
  worker.terminate();
}

if (import.meta.main) {
  for await (const order of orders()) await trial(order);
}
