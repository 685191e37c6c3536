/**
 * What repeated work takes from the JavaScript heap, measured in workers.
 *
 * Which functions V8 compiles into one another it decides once, by how far one had come when another was compiled. On a
 * machine so busy that compiling takes seconds it has been seen to leave one out for good, whose numbers are then put on
 * the heap: work is tried in up to three workers, each with a V8 that begins anew.
 *
 * @module
 */

const WORKERS = 3;
const ROUNDS = 300;
/** Rounds that only compile. */
const FIRST_ROUNDS = 6;

/**
 * Bytes that the best round of the best worker took.
 *
 * @param module what the worker runs: it calls {@linkcode answerGrowth}
 * @param message what it is given
 * @param limit bytes that are little enough: nothing more is tried then
 */
export async function leastGrowth(
  module: string,
  message: unknown,
  limit: number,
): Promise<number> {
  let least = Infinity;
  for (let worker = 0; worker < WORKERS && least > limit; worker++) {
    least = Math.min(least, await growthIn(module, message));
  }
  return least;
}

async function growthIn(module: string, message: unknown): Promise<number> {
  const worker = new Worker(module, { type: "module" });
  const { port1, port2 } = new MessageChannel();
  try {
    return await new Promise((resolve, reject) => {
      port1.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(message, [port2]);
    });
  } finally {
    worker.terminate();
    port1.close();
  }
}

/** In a worker: answers how many bytes the best round of the work took that a message asks for. */
export function answerGrowth<M>(workFor: (message: M) => () => void, limit: number): void {
  // The types of the main thread know no `postMessage` here, so the answer goes back through the port that came.
  addEventListener("message", (event) => {
    if (!(event instanceof MessageEvent)) return;
    event.ports[0]!.postMessage(bestRound(workFor(event.data), limit));
  });
}

/** Of the rounds after the first one that no collection and no other thread disturbed is enough. */
function bestRound(work: () => void, limit: number): number {
  let least = Infinity;
  for (let round = 0; round < ROUNDS && least > limit; round++) {
    const before = Deno.memoryUsage().heapUsed;
    work();
    const grown = Deno.memoryUsage().heapUsed - before;
    if (round >= FIRST_ROUNDS && grown >= 0) least = Math.min(least, grown);
  }
  return least;
}
