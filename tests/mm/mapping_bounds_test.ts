/** What mmap, munmap, mprotect and madvise do at the edges of their rules: the least, the last, and what is left alone. */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
} from "../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../src/abi/page.ts";
import { CommitLedger } from "../../src/mm/memory_descriptor.ts";
import {
  VM_HUGETLB,
  VM_MAYBE_GUARD,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_READ,
  VM_SHARED,
} from "../../src/mm/vm_flags.ts";
import { assertLayout, FIXED, map, mapFile, open, RW, space, touch } from "./scene.ts";

const PAGE = 0x1000;
const MIB = 0x10_0000;
const BASE = 0x7fff_0000_0000;
const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

Deno.test("mmap: MAP_FIXED without an address is address 0", () => {
  const mm = space({ mmapMinAddress: 0 });
  mm.descriptor.startStack = 0x10_0000;
  assertEquals(mm.mmap({ length: PAGE, protection: RW, flags: FIXED }), 0);
  assertLayout(mm, ["0-1000 rw-p 0"]);
});

Deno.test("mmap, munmap: one byte is a page", () => {
  const mm = space();
  mm.mmap({ address: 0x1000, length: 1, protection: RW, flags: FIXED });
  assertLayout(mm, ["1000-2000 rw-p 1"]);
  mm.munmap(0x1000, 1);
  assertLayout(mm, []);
});

// The kernel rounds the length up, sees that nothing is left of it, and looks at nothing else.
Deno.test("mmap: a length that rounds up to nothing is ENOMEM, wherever it is to go", () => {
  const mm = space();
  for (const address of [0x1000, 0x1001]) {
    const request = { address, length: ADDRESS_LIMIT - 1, protection: RW, flags: FIXED };
    assertFails("ENOMEM", () => mm.mmap(request));
  }
  assertLayout(mm, []);
});

Deno.test("mmap: with MAP_ANONYMOUS a file is not looked at", () => {
  const mm = space();
  const file = open("unread", { readable: false });
  mm.mmap({ address: 0x3000, length: PAGE, protection: RW, flags: FIXED, file, offset: PAGE });
  assertLayout(mm, ["3000-4000 rw-p 3"]);
});

//   |-- droppable, may hold guard pages --|-- droppable --|   one VMA, which may still hold them
Deno.test("mmap: what joins a VMA with guard pages leaves it their mark, lockable or not", () => {
  const mm = space();
  const flags = MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x1000, length: PAGE, protection: RW, flags });
  mm.madvise(0x1000, PAGE, MADV.GUARD_INSTALL);
  mm.mmap({ address: 0x2000, length: PAGE, protection: RW, flags });
  assertLayout(mm, ["1000-3000 rw-p 1*"]);
  assertEquals(mm.findVma(0x1000)!.flags & VM_MAYBE_GUARD, VM_MAYBE_GUARD);
});

/** Lets the call fail at its first, second … taking of memory, and have all that it asks for afterwards. */
function failOnce(make: () => AddressSpace, call: (mm: AddressSpace) => void, before: string[]) {
  for (let nth = 0;; nth++) {
    const mm = make();
    const budget = mm.descriptor.faultInjection;
    const take = budget.take.bind(budget);
    let taken = 0;
    budget.take = (what) => {
      if (taken++ === nth) throw new MmError("ENOMEM", `Cannot allocate ${what}: memory ran out`);
      take(what);
    };
    try {
      call(mm);
      return assertEquals([taken, taken > 0], [nth, true]);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      assertEquals(error.code, "ENOMEM");
    }
    assertLayout(mm, before);
  }
}

//   0x1000       0x4000
//   |---- rw ----|           before, and after one taking that fails
//       |---- rw ----|       would join the head that is left
//       |- file -|           would make a hole
Deno.test("mmap: one taking that fails neither cuts nor unmaps what was to be replaced", () => {
  const make = () => {
    const mm = space();
    map(mm, 0x1000, 0x4000);
    return mm;
  };
  failOnce(make, (mm) => map(mm, 0x2000, 0x6000), ["1000-4000 rw-p 1"]);
  failOnce(make, (mm) => mapFile(mm, 0x2000, 0x3000, open(), 0), ["1000-4000 rw-p 1"]);
  failOnce(make, (mm) => mapFile(mm, 0x1000, 0x4000, open(), 0), ["1000-4000 rw-p 1"]);
});

//   |------ may hold 2 pages more ------|    one page replaced by four asks for three, by three for two
Deno.test("mmap: what is replaced counts for as many pages as it has", () => {
  const mm = space();
  Object.assign(mm.descriptor.commit, { memoryPages: 2 });
  map(mm, 0x10000, 0x11000);
  assertFails("ENOMEM", () => map(mm, 0x10000, 0x14000));
  map(mm, 0x10000, 0x13000);
  assertLayout(mm, ["10000-13000 rw-p 10"]);
});

// Shared anonymous memory is placed by its filesystem, which aligns nothing unless mounted for huge pages.
Deno.test("placement: shared anonymous memory is not aligned, neither made nor mapped again", () => {
  for (const placement of ["6.18", "6.7"] as const) {
    const mm = space({ placement });
    const flags = MAP_SHARED | MAP_ANONYMOUS;
    mm.mmap({ length: PAGE, protection: RW, flags: ANONYMOUS });
    const at = mm.mmap({ length: 2 * MIB, protection: RW, flags });
    assertEquals(at, BASE - PAGE - 2 * MIB);
    assertEquals(mm.mremap(at, 0, 2 * MIB, MREMAP_MAYMOVE), at - 2 * MIB);
  }
});

Deno.test("placement: a hint above mmap_base is taken up to the last address", () => {
  const mm = space({ taskSize: 0x10000, mmapBase: 0x8000 });
  const at = mm.mmap({ address: 0xf000, length: PAGE, protection: RW, flags: ANONYMOUS });
  assertEquals(at, 0xf000);
});

//   0    mmap_min_addr  base                0x10000
//   |  never  |-- 1st --|       |-- 2nd --|   going down ends there; then upwards from a third
Deno.test("placement: going down ends at mmap_min_addr", () => {
  const mm = space({ taskSize: 0x10000, mmapBase: 0x4000, mmapMinAddress: 0x3000 });
  const place = () => mm.mmap({ length: PAGE, protection: RW, flags: ANONYMOUS });
  assertEquals([place(), place()], [0x3000, 0x6000]);
});

Deno.test("placement: going up begins at mmap_min_addr where the base lies below", () => {
  const mm = space({ legacyLayout: true, mmapBase: PAGE, mmapMinAddress: 0x3000 });
  assertEquals(mm.mmap({ length: PAGE, protection: RW, flags: ANONYMOUS }), 0x3000);
});

//           |<-- guard, 0x100 pages -->|-- stack --|
//              |-- 0x90 pages --|                       would fit right below the stack, but for the guard
Deno.test("placement: what is longer than half the guard gap stays out of it, too", () => {
  const mm = space();
  const stack = BASE - 0x1_0000;
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: stack, length: 0x1_0000, protection: RW, flags });
  const length = 0x90 * PAGE;
  const at = mm.mmap({ length, protection: RW, flags: ANONYMOUS });
  assertEquals(at, stack - 0x100 * PAGE - length);
});

Deno.test("mprotect: a length that wraps is ENOMEM before the protection is looked at, at the top too", () => {
  const mm = space();
  for (const address of [0, -PAGE]) {
    assertFails("ENOMEM", () => mm.mprotect(address, ADDRESS_LIMIT - 1, 0x1000));
  }
});

Deno.test("mprotect: a file's private pages stay charged when they become read-only", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x3000, open(), 0, RW);
  mm.mprotect(0x1000, 2 * PAGE, PROT_READ);
  assertEquals(mm.descriptor.committedPages, 2);
});

//   never promises more than two pages; the written one, read-only for a while, is one of them
Deno.test("mprotect: what is charged already asks for nothing to become writable again", () => {
  const commit = Object.assign(new CommitLedger(), { mode: "never", limitPages: 3 });
  const mm = space({ commit });
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.mprotect(0x1000, PAGE, PROT_READ);
  map(mm, 0x5000, 0x6000);
  assertFails("ENOMEM", () => map(mm, 0x8000, 0x9000));
  mm.mprotect(0x1000, PAGE, RW);
  mm.mprotect(0x1000, PAGE, RW | PROT_EXEC);
  assertEquals(commit.pages, 2);
});

Deno.test("mprotect: becoming writable asks for the pages of the range, wherever it lies", () => {
  const mm = space();
  Object.assign(mm.descriptor.commit, { memoryPages: 2 });
  map(mm, 0x7000_0000, 0x7000_3000, PROT_READ);
  assertFails("ENOMEM", () => mm.mprotect(0x7000_0000, 3 * PAGE, RW));
  mm.mprotect(0x7000_0000, 2 * PAGE, RW);
  assertEquals(commitOf(mm), 2);
});

// Huge pages come from their pool, which keeps its own accounts.
Deno.test("mprotect: huge pages are not charged for becoming writable", () => {
  const flags = VM_READ | VM_MAYREAD | VM_MAYWRITE | VM_HUGETLB;
  const mm = loaded({ start: 2 * MIB, end: 4 * MIB, flags });
  mm.mprotect(2 * MIB, 2 * MIB, RW);
  assertEquals(commitOf(mm), 0);
});

//   |-- rw --|  (hole)  |-- sealed --|
//   |------ unmap ------|
Deno.test("munmap: a range that ends in a hole does not ask the VMA behind", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mseal(0x3000, PAGE);
  mm.munmap(0x1000, 2 * PAGE);
  assertLayout(mm, ["3000-4000 rw-p 3"]);
});

// So is a memory file mapped that was sealed against writing.
Deno.test("madvise: MADV_REMOVE refuses what is shared but may never be written", () => {
  const flags = VM_READ | VM_SHARED | VM_MAYREAD | VM_MAYSHARE;
  const mm = loaded({ start: 0x1000, end: 0x2000, flags, file: open(), pageOffset: 0 });
  assertFails("EACCES", () => mm.madvise(0x1000, PAGE, MADV.REMOVE));
});

function commitOf(mm: AddressSpace): number {
  return mm.descriptor.committedPages;
}

/** A program that begins with one VMA. */
function loaded(vma: Parameters<AddressSpace["exec"]>[0]["vmas"][number]): AddressSpace {
  const mm = space();
  mm.exec({ vmas: [vma], startBrk: 0x100_0000, startStack: 0, mmapBase: BASE });
  return mm;
}
