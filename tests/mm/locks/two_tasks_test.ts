import { assert } from "@std/assert";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MREMAP_MAYMOVE,
} from "../../../src/abi/mman.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { LockChecker } from "../../../src/mm/locks/lock_checker.ts";
import { PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { explore, type Fault } from "./two_tasks.ts";

/**
 * Three VMAs, all written to, with different protections, and a stack:
 *
 *   0x10000   0x14000   0x18000            0x800000
 *   |-- rw- --|-- r-- --|-- rw- --|   …    |-- stack --|
 */
function scene(): AddressSpace {
  const mm = new AddressSpace({
    memory: new PhysicalMemory({ locks: new LockChecker() }),
    mmapBase: 0x7000_0000,
  });
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  for (const address of [0x10000, 0x14000, 0x18000]) {
    mm.mmap({ address, length: 0x4000, protection: 3, flags });
    for (let page = 0; page < 4; page += 2) mm.writePage(address + page * 0x1000, address + page);
  }
  mm.mprotect(0x14000, 0x4000, 1);
  mm.mmap({
    address: 0x80_0000,
    length: 0x2000,
    protection: 3,
    flags: flags | MAP_GROWSDOWN,
  });
  mm.writePage(0x80_0000, 1);
  return mm;
}

/** Not among them: exit, which begins when the last task has left the address space. */
const CALLS: Record<string, (mm: AddressSpace) => void> = {
  "munmap of a part": (mm) => mm.munmap(0x11000, 0x1000),
  "munmap over three": (mm) => mm.munmap(0x12000, 0x8000),
  "munmap of all": (mm) => mm.munmap(0x10000, 0xc000),
  "mprotect of a part": (mm) => mm.mprotect(0x11000, 0x2000, 1),
  "mprotect that joins": (mm) => mm.mprotect(0x14000, 0x4000, 3),
  "mprotect over three": (mm) => mm.mprotect(0x12000, 0x8000, 0),
  "mremap that moves": (mm) => void mm.mremap(0x14000, 0x4000, 0x8000, MREMAP_MAYMOVE),
  "mremap that shrinks": (mm) => void mm.mremap(0x10000, 0x4000, 0x1000),
  "mmap over it": (mm) =>
    void mm.mmap({
      address: 0x12000,
      length: 0x4000,
      protection: 3,
      flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
    }),
  "madvise that drops pages": (mm) => mm.madvise(0x10000, 0xc000, MADV.DONTNEED),
  "madvise that splits": (mm) => mm.madvise(0x11000, 0x2000, MADV.DONTFORK),
  "mlock": (mm) => mm.mlock(0x11000, 0x2000),
  "fork": (mm) => void mm.fork(),
  "a stack that grows": (mm) => mm.fault(0x7f_e000, "write"),
};

/** A fault that may fail: what it read, or how it failed. */
function attempt(act: (mm: AddressSpace) => number): Fault {
  return (mm) => {
    try {
      return act(mm);
    } catch (error) {
      if (error instanceof MmError) return error.code;
      throw error;
    }
  };
}

const write = (address: number) => attempt((mm) => (mm.writePage(address, 99), 0));
const read = (address: number) => attempt((mm) => mm.readPage(address));

const FAULTS: Record<string, Fault> = {
  "a read of a page that is there": read(0x12000),
  "a read of a page that is not": read(0x13000),
  "a write beside a page": write(0x11000),
  "a write to the middle VMA": write(0x15000),
  "a write to the last VMA": write(0x19000),
  "a stack that grows": write(0x7f_f000),
  "a stack that grows further": write(0x7f_d000),
};

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`two tasks: ${name} beside faults ends as one after the other`, () => {
    let points = 0;
    let waited = 0;
    for (const fault of Object.values(FAULTS)) {
      const tried = explore({ scene, call, fault });
      points += tried.points;
      waited += tried.waited;
    }
    assert(points > 0, "the call takes locks");
    assert(waited > 0, "some fault has to wait");
  });
}
