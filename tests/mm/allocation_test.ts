/**
 * Calls that look and change nothing, and calls that are refused, take nothing from the JavaScript heap.
 *
 * What is left out, as it does take something: a method that throws makes an error with its message and stack, where
 * the function of `answers.ts` answers with a number; and a call that gives a number above 2^31, or passes one on to a
 * function that V8 does not compile in, may put that on the heap: 16 to 48 bytes in mmap where it looks for a place, in
 * mlock, in munmap of nothing, and in brk where something lies above the heap.
 */

import { assert, assertEquals } from "@std/assert";
import { leastGrowth } from "../steady_heap.ts";
import { CALLS, CASES, LIMIT, REFUSED, starts } from "./allocation_calls.ts";

const ROUNDS = import.meta.resolve("./allocation_rounds.ts");

async function assertAllocatesNothing(name: string): Promise<void> {
  const least = await leastGrowth(ROUNDS, name, LIMIT);
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
