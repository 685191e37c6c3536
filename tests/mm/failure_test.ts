import { assert, assertEquals } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/errno.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../src/mm/flags.ts";
import { map, mapFile, open, RW, space, touch } from "./scene.ts";
import { snapshot } from "./snapshot.ts";

/** A call that needs memory, on the address space that {@linkcode stage} sets up. */
interface Scenario {
  readonly name: string;
  readonly call: (mm: AddressSpace) => unknown;
}

// What every call below meets: written and unwritten VMAs, some from a fork, a file, a heap.
//
//   0x1000        0x9000   0xa000  0xb000   0xd000        0x20000   0x22000
//   |-- rw* forked --|-- r* --|      |-- file --|            |-- heap --|
//                                                 0x40000-0x48000 rw, unwritten
function stage(): AddressSpace {
  const parent = space();
  parent.exec({ vmas: [], startBrk: 0x20000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  map(parent, 0x1000, 0xa000);
  touch(parent, 0x1000);
  const mm = parent.fork();
  mm.mprotect(0x9000, 0x1000, 1);
  mapFile(mm, 0xb000, 0xd000, open(), 0);
  map(mm, 0x40000, 0x48000);
  mm.brk(0x22000);
  touch(mm, 0x20000);
  mm.mprotect(0x20000, 0x1000, 1);
  return mm;
}

const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

const SCENARIOS: readonly Scenario[] = [
  { name: "munmap with a hole", call: (mm) => mm.munmap(0x3000, 0x1000) },
  { name: "munmap over several VMAs", call: (mm) => mm.munmap(0x8000, 0x4000) },
  {
    name: "mmap of something new",
    call: (mm) => mm.mmap({ length: 0x3000, protection: RW, flags: ANONYMOUS }),
  },
  {
    name: "mmap of shared memory",
    call: (mm) => mm.mmap({ length: 0x3000, protection: RW, flags: MAP_SHARED | MAP_ANONYMOUS }),
  },
  { name: "mmap over a hole in the middle", call: (mm) => map(mm, 0x3000, 0x4000, 5) },
  { name: "mmap over several VMAs", call: (mm) => map(mm, 0x8000, 0x10000, 5) },
  { name: "mmap that merges both ways", call: (mm) => map(mm, 0x42000, 0x43000) },
  { name: "mprotect of a middle", call: (mm) => mm.mprotect(0x3000, 0x1000, 1) },
  { name: "mprotect that merges a tail up", call: (mm) => mm.mprotect(0x8000, 0x1000, 1) },
  { name: "mprotect that merges a whole VMA", call: (mm) => mm.mprotect(0x9000, 0x1000, RW) },
  { name: "mprotect of an unwritten middle", call: (mm) => mm.mprotect(0x42000, 0x1000, 1) },
  {
    name: "madvise of a middle",
    call: (mm) => mm.madvise(0x3000, 0x1000, MADV.DONTFORK),
  },
  { name: "mlock of a head", call: (mm) => mm.mlock(0x1000, 0x1000) },
  { name: "first write", call: (mm) => touch(mm, 0x44000) },
  { name: "mremap that grows and must move", call: (mm) => mm.mremap(0x1000, 0x8000, 0xa000, 1) },
  { name: "mremap that grows in place", call: (mm) => mm.mremap(0x40000, 0x8000, 0x9000) },
  { name: "mremap that shrinks a middle", call: (mm) => mm.mremap(0x2000, 0x3000, 0x1000) },
  {
    name: "mremap of a middle onto a middle",
    call: (mm) => mm.mremap(0x3000, 0x2000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x43000),
  },
  {
    name: "mremap of a middle to elsewhere in its VMA",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x6000),
  },
  {
    name: "mremap that leaves the old place",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
  },
  { name: "fork", call: (mm) => mm.fork() },
];

/** Lets the call fail at its first, second … taking of memory, until it succeeds; the number of failures. */
function failEverywhere({ name, call }: Scenario): number {
  for (let taken = 0;; taken++) {
    const mm = stage();
    const before = snapshot(mm);
    mm.descriptor.budget.left = taken;
    try {
      call(mm);
      mm.validate();
      return taken;
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      assert(["ENOMEM", "EAGAIN"].includes(error.code), `${name}: ${error.message}`);
    }
    assertEquals(snapshot(mm), before, `${name}, failed at taking ${taken}`);
    mm.validate();
  }
}

for (const scenario of SCENARIOS) {
  Deno.test(`failure: ${scenario.name} without memory changes nothing`, () => {
    assert(failEverywhere(scenario) > 0, "the call took no memory: nothing was tested");
  });
}

Deno.test("failure: brk without memory stays where it is", () => {
  for (let taken = 0;; taken++) {
    const mm = stage();
    const before = snapshot(mm);
    mm.descriptor.budget.left = taken;
    if (mm.brk(0x25000) === 0x25000) return assert(taken > 0);
    assertEquals(snapshot(mm), before);
  }
});
