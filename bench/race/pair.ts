/**
 * What a pair of mmap and munmap costs the model, in an address space of a given number of VMAs: `pair.ts VMAS PASSES`
 * prints the time of each pass in ns a pair, as `native/pair.c` does for the running kernel.
 *
 * A program and its heap lie below, the rest are pages whose protection alternates; the pair maps what merges with none
 * of them.
 *
 * @module
 */

import {
  AddressSpace,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../mod.ts";

const PAIRS = 1000;
const PAGE = 0x1000;
const LENGTH = 4 * PAGE;
/** VMAs of the program and its heap, as a small one has them. */
const PROGRAM_VMAS = 6;
const PROGRAM = 0x5555_5555_4000;
const PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS;
const ALTERNATING = [PROT_READ, PROT_READ | PROT_WRITE] as const;

const [vmas, passes] = Deno.args.map(Number);
if (!(vmas! > PROGRAM_VMAS && passes! > 0)) throw new Error("how many VMAs, how many passes?");
const mm = new AddressSpace({ mmapBase: 0x7fff_f7ff_f000 });
for (let i = 0; i < PROGRAM_VMAS; i++) {
  const address = PROGRAM + i * PAGE;
  const protection = ALTERNATING[i % 2]!;
  mm.mmap({ address, length: PAGE, protection, flags: PRIVATE | MAP_FIXED });
}
for (let i = PROGRAM_VMAS; i < vmas!; i++) {
  mm.mmap({ length: PAGE, protection: ALTERNATING[i % 2]!, flags: PRIVATE });
}
const request = { length: LENGTH, protection: PROT_READ | PROT_EXEC, flags: PRIVATE };
const times: number[] = [];
for (let pass = 0; pass < passes!; pass++) {
  const start = performance.now();
  for (let i = 0; i < PAIRS; i++) mm.munmap(mm.mmap(request), LENGTH);
  times.push((performance.now() - start) * 1e6 / PAIRS);
}
console.log(JSON.stringify({ vmas: mm.mapCount, hash: 0, passes: times }));
