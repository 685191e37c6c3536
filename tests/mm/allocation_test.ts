/**
 * Calls that look and change nothing take nothing from the JavaScript heap.
 *
 * What is left out, as it does take something: a call that throws makes an error with its message and stack, and one
 * that gives a number above 2^31, or passes one on to a function that V8 does not compile in, may put that on the heap.
 */

import { assert } from "@std/assert";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../src/abi/mman.ts";

const MS_SYNC = 4;
const VMAS = 60;
const LENGTH = 0x4000;
const CALLS = 20_000;
/** A byte a call; a single number on the heap for each call would be 16. */
const LIMIT = CALLS;
const ROUNDS = 300;

const mm = new AddressSpace({ mmapBase: 0x7fff_0000_0000 });
/** A map keeps its numbers as objects on the heap, so that to take one out and pass it on makes none. */
const starts = new Map<number, number>();
for (let i = 0; i < VMAS; i++) {
  const protection = i % 2 === 0 ? PROT_READ : PROT_READ | PROT_WRITE;
  starts.set(i, mm.mmap({ length: LENGTH, protection, flags: MAP_PRIVATE | MAP_ANONYMOUS }));
}

const CASES: Readonly<Record<string, (start: number) => void>> = {
  findVma: (start) => mm.findVma(start),
  msync: (start) => mm.msync(start, LENGTH, MS_SYNC),
  "mlock of nothing": (start) => mm.mlock(start, 0),
};

for (const [name, call] of Object.entries(CASES)) {
  Deno.test(`AddressSpace: ${name} allocates nothing`, () => {
    let least = Infinity;
    // The first rounds compile; of the later ones one undisturbed by a collection or another thread is enough.
    for (let round = 0; round < ROUNDS && least > LIMIT; round++) {
      const before = Deno.memoryUsage().heapUsed;
      for (let i = 0; i < CALLS; i++) call(starts.get(i % VMAS)!);
      const grown = Deno.memoryUsage().heapUsed - before;
      if (round > 5 && grown >= 0) least = Math.min(least, grown);
    }
    assert(least <= LIMIT, `${CALLS} calls took ${least} bytes of the JavaScript heap`);
  });
}
