/**
 * mmap: limits, refusals and what is replaced; where it places is in vma/placement_test.ts.
 */
import {
  MADV,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { cannot, MmError, MmInvariantError } from "../../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { kernelRules, overrideRules } from "../../../src/mm/rules/kernel_rules.ts";
import { formatVmFlags, VM_LOCKED, VM_MAYBE_GUARD } from "../../../src/mm/vm_flags.ts";
import { spaceWithPages } from "../pages/pages.ts";
import { assertFails, assertLayout, FIXED, map, mapFile, open, RW, space } from "../scene.ts";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";

const PAGE = 0x1000;

const TOP = 0x10000;

/** Sixteen pages of addresses, the first of which may not be mapped. */
function small(options: AddressSpaceOptions = {}): AddressSpace {
  return space({ taskSize: TOP, mmapBase: TOP, ...options });
}

Deno.test("mmap: the last address of all reads as -EPERM, unless the length is too long first", () => {
  const mm = small();
  const at = (length: number) =>
    mm.mmap({ address: ADDRESS_LIMIT - 1, length, protection: RW, flags: FIXED });
  assertFails("EPERM", () => at(TOP));
  assertFails("ENOMEM", () => at(TOP + PAGE));
});

Deno.test("mmap: a mapping may end at its file's largest offset", () => {
  const mm = space();
  const file = { ...open(), maxBytes: 3 * PAGE };
  mapFile(mm, 0x1000, 0x3000, file, PAGE);
  assertFails("EOVERFLOW", () => mapFile(mm, 0x5000, 0x7000, file, 2 * PAGE));
  assertLayout(mm, ["1000-3000 r--p 1 data"]);
});

Deno.test("mmap: MAP_SYNC is for files on persistent memory", () => {
  const mm = space();
  const request = { length: PAGE, protection: PROT_READ, flags: MAP_SHARED_VALIDATE | MAP_SYNC };
  assertFails("EOPNOTSUPP", () => mm.mmap({ ...request, file: open() }));
  mm.mmap({ ...request, file: { ...open(), hugeAligned: true } });
  assertEquals(mm.mapCount, 1);
});

Deno.test("mmap: a file whose filesystem forbids executing is mapped, and never made executable", () => {
  const mm = space();
  const file = { ...open(), executable: false };
  mapFile(mm, 0x1000, 0x2000, file, 0);
  assertFails("EPERM", () => mapFile(mm, 0x3000, 0x4000, file, 0, PROT_READ | PROT_EXEC));
  assertFails("EACCES", () => mm.mprotect(0x1000, PAGE, PROT_READ | PROT_EXEC));
  assertLayout(mm, ["1000-2000 r--p 0 data"]);
});

//   0x1000        0x3000        0x5000   0x6000
//   |---- rw -----|---- r- -----|-- rw --|
//          |  0x2000-0x5000, refused |            six pages of address space are in use, none is left
//   |- rw -|- rw -|---- r- -----|-- rw --|        only what reached over its start was cut
Deno.test("mmap: a limit refuses after the VMAs at its ends were cut, and only those", () => {
  const limits = { addressSpace: 5 * PAGE };
  const mm = space({ limits });
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x5000, PROT_READ);
  map(mm, 0x5000, 0x6000);
  mm.descriptor.limits.addressSpace = 4 * PAGE;
  assertFails("ENOMEM", () => map(mm, 0x2000, 0x5000, PROT_NONE));
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "2000-3000 rw-p 2",
    "3000-5000 r--p 3",
    "5000-6000 rw-p 5",
  ]);
});

//   0x1000        0x3000        0x5000
//   |---- rw -----|---- r- -----|
//          |  0x2000-0x4000  |                    refused: both VMAs reach over an end
//   |- rw -|- rw -|- r- -|- r- -|
Deno.test("mmap: a limit refuses after both VMAs at its ends were cut", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x5000, PROT_READ);
  mm.descriptor.limits.addressSpace = 3 * PAGE;
  assertFails("ENOMEM", () => map(mm, 0x2000, 0x4000, PROT_NONE));
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "2000-3000 rw-p 2",
    "3000-4000 r--p 3",
    "4000-5000 r--p 4",
  ]);
});

Deno.test("mmap: all addresses at once, where the first may be mapped", () => {
  const mm = small({ mmapMinAddress: 0 });
  mm.descriptor.startStack = 0x10_0000;
  map(mm, 0, TOP);
  assertLayout(mm, ["0-10000 rw-p 0"]);
});

for (const legacyLayout of [false, true]) {
  Deno.test(`mmap: finds room for exactly all there is, legacy ${legacyLayout}`, () => {
    const mm = small({ legacyLayout, mmapBase: legacyLayout ? PAGE : TOP });
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    assertFails("ENOMEM", () => mm.mmap({ length: TOP, protection: RW, flags }));
    assertEquals(mm.mmap({ length: TOP - PAGE, protection: RW, flags }), PAGE);
    assertLayout(mm, ["1000-10000 rw-p 1"]);
  });
}

Deno.test("mmap: a hint is taken up to the last address that there is", () => {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const low = 0x7fff_f000;
  const mm = small();
  map(mm, 0xe000, 0xf000);
  assertEquals(mm.mmap({ address: 0xf000, length: PAGE, protection: PROT_READ, flags }), 0xf000);
  const wide = space();
  const at = (address: number) =>
    wide.mmap({ address, length: PAGE, protection: RW, flags: flags | MAP_32BIT });
  assertEquals(at(low), low);
  assertEquals(at(low + PAGE), 0x4000_0000);
});

//   0x1000            0x3000                  0x103000
//   |--- two pages ---|-- 1 MiB guard gap ----|-stack-|    upwards, both pages before the gap are free
Deno.test("mmap: upwards, what is placed may touch the guard gap of a stack", () => {
  const mm = space({ legacyLayout: true, mmapBase: PAGE });
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x10_3000, length: PAGE, protection: RW, flags });
  const anywhere = MAP_PRIVATE | MAP_ANONYMOUS;
  assertEquals(mm.mmap({ length: 2 * PAGE, protection: RW, flags: anywhere }), 0x1000);
  assertEquals(mm.mmap({ length: PAGE, protection: RW, flags: anywhere }), 0x10_4000);
});

Deno.test("mmap: MAP_FIXED at the lowest address that may be mapped, and one page below", () => {
  const mm = space({ mmapMinAddress: 0x3000 });
  const at = (address: number) =>
    mm.mmap({ address, length: PAGE, protection: RW, flags: MAP_FIXED | FIXED });
  assertFails("EPERM", () => at(0x2000));
  assertEquals(at(0x3000), 0x3000);
});

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

//   |--- rw, 3 pages of 3 ---|     ▸     |rw|r-|rw|
Deno.test("mmap: what is replaced makes room under RLIMIT_AS and in what was promised", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.descriptor.limits.addressSpace = 3 * PAGE;
  mm.descriptor.commit.memoryPages = 0;
  map(mm, 0x2000, 0x3000, PROT_READ);
  map(mm, 0x3000, 0x4000, RW);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 r--p 2", "3000-4000 rw-p 3"]);
  assertFails("ENOMEM", () => map(mm, 0x2000, 0x3000)); // one more page to promise
  assertFails("ENOMEM", () => map(mm, 0x3000, 0x5000, PROT_READ)); // one more page
});

//   |------------ rw ------------|
//            |== map over ==|            RLIMIT_AS forbids it:
//   |-- rw --|----- rw -----|-- rw --|   nothing is gone, but the cuts were made before the limit was looked at
Deno.test("mmap: a limit leaves what was to be replaced cut out of its VMA", () => {
  const mm = space({ limits: { addressSpace: 0x4000 } });
  map(mm, 0x1000, 0x5000);
  const request = { address: 0x2000, length: 0x6000, protection: RW, flags: FIXED };
  assertFails("ENOMEM", () => mm.mmap(request));
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-5000 rw-p 2"]);
});

//   |------------ rw ------------|
//            |= file says no =|
//   |-- rw --|                |-- rw --|     what was there is gone
Deno.test("mmap: where the file refuses, what was to be replaced is gone", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  const file = open("data", {
    hooks: {
      map: (vma) => {
        throw cannot("map", vma.start, vma.end, "EOPNOTSUPP", "the file does not like it");
      },
    },
  });
  assertFails("EOPNOTSUPP", () => mapFile(mm, 0x2000, 0x3000, file, 0));
  assertLayout(mm, ["1000-2000 rw-p 1", "3000-5000 rw-p 3"]);
});

Deno.test("mmap: lengths and addresses at the end of all numbers", () => {
  const mm = space();
  const flags = FIXED, protection = RW;
  assertFails("ENOMEM", () => mm.mmap({ length: ADDRESS_LIMIT - 1, protection, flags: 0x22 }));
  assertFails("ENOMEM", () => mm.mmap({ length: ADDRESS_LIMIT - 4096, protection, flags: 0x22 }));
  const last = { address: ADDRESS_LIMIT - 1, length: 0x1000, protection, flags };
  assertFails("EPERM", () => mm.mmap(last));
  assertFails("ENOMEM", () => mm.mmap({ ...last, address: ADDRESS_LIMIT - 0x1000 }));
});

Deno.test("mmap: MAP_SHARED_VALIDATE knows no flag that is younger than itself", () => {
  const mm = space();
  const flags = MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE;
  const request = { address: 0x1000, length: 0x1000, protection: PROT_READ, file: open(), flags };
  assertFails("EOPNOTSUPP", () => mm.mmap(request));
  mm.mmap({ ...request, flags: MAP_SHARED | MAP_FIXED_NOREPLACE });
});

function flagsAt(mm: AddressSpace, address: number): string {
  return formatVmFlags(mm.findVma(address)!.flags);
}

Deno.test("mmap: MAP_SYNC marks memory that has no file, too", () => {
  const mm = space();
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags: FIXED | MAP_SYNC });
  assertEquals(flagsAt(mm, 0x1000), "rd wr mr mw me ac sf");
});

Deno.test("mmap: droppable memory is not locked where everything is to be", () => {
  const mm = space();
  mm.mlockall(2);
  const flags = MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
  assertEquals([mm.findVma(0)!.flags & VM_LOCKED, mm.descriptor.lockedPages], [0, 0]);
  mm.validate();
});

/** A kernel that unmaps what MAP_FIXED covers first. */
const UNMAPS_FIRST = overrideRules(kernelRules(), { replaceAtOnce: false });

//   0x1000        0x4000             four pages of address space are allowed, three of them in use
//   |---- r- -----|                  the part that goes makes room
//          |---- rw, 3 ----|
//          |------- rw, 4 -------|   refused, and nothing has changed
Deno.test("mmap: where it unmaps first, a limit counts what goes, and refuses before anything has changed", () => {
  const mm = space({ rules: UNMAPS_FIRST, limits: { addressSpace: 4 * PAGE } });
  map(mm, 0x1000, 0x4000, PROT_READ);
  assertFails("ENOMEM", () => map(mm, 0x2000, 0x6000));
  assertLayout(mm, ["1000-4000 r--p 1"]);
  map(mm, 0x2000, 0x5000);
  assertLayout(mm, ["1000-2000 r--p 1", "2000-5000 rw-p 2"]);
  assertFails("ENOMEM", () => map(mm, 0x1000, 0x6000, PROT_READ));
  assertLayout(mm, ["1000-2000 r--p 1", "2000-5000 rw-p 2"]);
});

Deno.test("mmap: where it unmaps first, a sealed VMA is EPERM, and one that cannot be cut is ENOMEM", () => {
  const mm = space({ rules: UNMAPS_FIRST });
  mm.exec({
    vmas: [{ start: 0x1000, end: 0x3000, flags: 0x75, special: "[vdso]" }],
    startBrk: 0,
    startStack: 0,
    mmapBase: 0x7fff_0000_0000,
  });
  const error = assertThrows(() => map(mm, 0x2000, 0x4000), MmError);
  assertEquals(error.code, "ENOMEM");
  assertMatch(error.message, /what lies there stays: .*cannot be split/);
  map(mm, 0x8000, 0x9000);
  mm.mseal(0x8000, PAGE);
  assertFails("EPERM", () => map(mm, 0x8000, 0x9000, PROT_READ));
  assertLayout(mm, ["1000-3000 r-xp 1 [vdso]", "8000-9000 rw-p 8"]);
});

Deno.test("mmap: where it unmaps first, a broken rule is not taken for a refusal", () => {
  const { mm } = spaceWithPages({ rules: UNMAPS_FIRST });
  map(mm, 0x1000, 0x2000);
  mm.fault(0x1000, "write");
  const entry = mm.entry(0x1000)!;
  if (entry.kind !== "present") throw new Error("it was written to");
  mm.descriptor.pageTable!.set(1, { kind: "migration", page: entry.page, writable: false });
  assertThrows(() => map(mm, 0x1000, 0x2000), MmInvariantError, "not locked");
});

// memfd_secret: every mapping of it is locked.
Deno.test("mmap: a file that locks its mappings is EAGAIN beyond RLIMIT_MEMLOCK", () => {
  const mm = space({ limits: { lockedMemory: 2 * PAGE }, capIpcLock: false });
  const file = { ...open("secretmem"), addedFlags: VM_LOCKED };
  const flags = MAP_SHARED;
  mm.mmap({ length: 2 * PAGE, protection: RW, flags, file });
  assertFails("EAGAIN", () => mm.mmap({ length: PAGE, protection: RW, flags, file }));
  assertEquals([mm.mapCount, mm.descriptor.lockedPages], [1, 2]);
});

Deno.test("mmap: under READ_IMPLIES_EXEC only what may be read may be executed", () => {
  const mm = space();
  mm.descriptor.readImpliesExec = true;
  map(mm, 0x1000, 0x2000, PROT_READ);
  map(mm, 0x3000, 0x4000, PROT_WRITE);
  map(mm, 0x5000, 0x6000, PROT_NONE);
  mapFile(mm, 0x7000, 0x8000, { ...open(), executable: false }, 0);
  assertLayout(mm, [
    "1000-2000 r-xp 1",
    "3000-4000 -w-p 3",
    "5000-6000 ---p 5",
    "7000-8000 r--p 0 data",
  ]);
});

Deno.test("mmap: a sealed file may be mapped privately, to be written too", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x2000, { ...open(), sealed: true }, 0, RW);
  assertEquals(formatVmFlags(mm.findVma(0x1000)!.flags), "rd wr mr mw me ac");
});

Deno.test("mmap: a refusal without an address names address 0", () => {
  const call = () => space().mmap({ length: 0, protection: RW, flags: 0x22 });
  assertEquals(assertThrows(call, MmError).message, "Cannot map 0x0-0x0: it is empty");
});
