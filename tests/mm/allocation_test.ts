/**
 * Calls that look and change nothing, and calls that are refused, take nothing from the JavaScript heap.
 *
 * What is left out, as it does take something: a method that throws makes an error with its message and stack, where
 * the function of `answers.ts` answers with a number; and a call that gives a number above 2^31, or passes one on to a
 * function that V8 does not compile in, may put that on the heap: 16 to 48 bytes in mmap where it looks for a place, in
 * mlock, in munmap of nothing, and in brk where something lies above the heap.
 *
 * Which functions V8 compiles into one another it decides once. On a machine so busy that compiling takes seconds it
 * has been seen to leave one out for good: a call is tried in up to three workers, each with a V8 that begins anew.
 */

import { assert, assertEquals } from "@std/assert";
import { CALLS, CASES, LIMIT, REFUSED, starts } from "./allocation_calls.ts";

/** Bytes that the best round of a worker took. */
async function leastGrowth(name: string): Promise<number> {
  const worker = new Worker(import.meta.resolve("./allocation_rounds.ts"), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  try {
    return await new Promise((resolve, reject) => {
      port1.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(name, [port2]);
    });
  } finally {
    worker.terminate();
    port1.close();
  }
}

async function assertAllocatesNothing(name: string): Promise<void> {
  let least = Infinity;
  for (let worker = 0; worker < 3 && least > LIMIT; worker++) {
    least = Math.min(least, await leastGrowth(name));
  }
  assert(least <= LIMIT, `${CALLS} calls took ${least} bytes of the JavaScript heap`);
}

for (const [name, [errno, call]] of Object.entries(REFUSED)) {
  Deno.test(`answers: ${name} is refused, and allocates nothing`, async () => {
    assertEquals(call(starts.get(0)!), -errno);
    await assertAllocatesNothing(name);
  });
}

for (const name of Object.keys(CASES)) {
  Deno.test(`AddressSpace: ${name} allocates nothing`, () => assertAllocatesNothing(name));
}
