import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError, MmInvariantError } from "../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
} from "../../src/abi/mman.ts";
import { assertLayout, map, mapShared, open, RW, space, touch } from "./scene.ts";

const STACK = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;

/** Maps memory that is never charged, so that protection is all that tells its parts apart. */
function mapUncharged(mm: AddressSpace, start: number, end: number, protection: number): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  mm.mmap({ address: start, length: end - start, protection, flags });
}

//   |-- rw* --|-- r --|        they differ in protection only: one anon_vma for both
Deno.test("fault: a neighbour's anon_vma is reused, so that the two can merge later", () => {
  const mm = space();
  mapUncharged(mm, 0x1000, 0x2000, RW);
  mapUncharged(mm, 0x2000, 0x3000, 1);
  touch(mm, 0x1000);
  mm.fault(0x2000, "force");
  const [lower, upper] = [...mm.vmas()];
  assert(lower!.anonVma !== null && lower!.anonVma === upper!.anonVma);
  mm.mprotect(0x2000, 0x1000, RW);
  assertLayout(mm, ["1000-3000 rw-p 1*"]);
});

//   |-- a* --|-- written now --|-- b* --|      next's first, previous' only without
Deno.test("fault: the next VMA's anon_vma goes before the previous one's", () => {
  const mm = space();
  mapUncharged(mm, 0x1000, 0x2000, 1);
  mapUncharged(mm, 0x2000, 0x3000, RW);
  mapUncharged(mm, 0x3000, 0x4000, 1);
  mm.fault(0x1000, "force");
  mm.fault(0x3000, "force");
  touch(mm, 0x2000);
  const [below, middle, above] = [...mm.vmas()];
  assert(below!.anonVma !== null && below!.anonVma !== above!.anonVma);
  assert(middle!.anonVma === above!.anonVma);
});

// What tells them apart beside protection here is that only one is charged.
Deno.test("fault: a neighbour that could not merge lends no anon_vma", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  touch(mm, 0x1000);
  mm.fault(0x2000, "force");
  const [lower, upper] = [...mm.vmas()];
  assert(upper!.anonVma !== null && lower!.anonVma !== upper!.anonVma);
});

Deno.test("fault: reading, and writing to shared memory, gives no anon_vma", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.fault(0x1000, "read");
  mapShared(mm, 0x3000, 0x4000, open(), 0, RW);
  mm.fault(0x3000, "write");
  assertLayout(mm, ["1000-2000 rw-p 1", "3000-4000 rw-s 0 data"]);
});

Deno.test("fault: where nothing is mapped, or not so, it is EFAULT", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000, 1);
  for (
    const [address, access] of [[0x5000, "read"], [0x1000, "write"], [0x1000, "execute"]] as const
  ) {
    assertEquals(assertThrows(() => mm.fault(address, access), MmError).code, "EFAULT");
  }
});

//        |<- grows -|-- stack --|
//   |----------- stack ---------|
Deno.test("fault: a touch below a stack makes it grow", () => {
  const mm = space();
  mm.mmap({ address: 0x800000, length: 0x2000, protection: RW, flags: STACK });
  mm.fault(0x7fd123, "write");
  assertLayout(mm, ["7fd000-802000 rw-p 7fd*"]);
  assertEquals(mm.descriptor.stackPages, 5);
});

//   |-- low --|<-- less than 256 pages -->|-- stack --|
Deno.test("fault: a stack keeps 256 pages from what it could run into", () => {
  const mm = space();
  mm.mmap({ address: 0x800000, length: 0x1000, protection: RW, flags: STACK });
  map(mm, 0x600000, 0x6f0000);
  mm.fault(0x7f0000, "write");
  const error = assertThrows(() => mm.fault(0x7ef000, "write"), MmError);
  assertEquals(error.code, "ENOMEM");
  mm.mprotect(0x600000, 0xf0000, 0);
  mm.fault(0x7ef000, "write");
  assertLayout(mm, ["600000-6f0000 ---p 600", "7ef000-801000 rw-p 7ef*"]);
});

Deno.test("fault: RLIMIT_STACK binds a stack", () => {
  const mm = space({ limits: { stack: 0x4000 } });
  mm.mmap({ address: 0x800000, length: 0x1000, protection: RW, flags: STACK });
  mm.fault(0x7fd000, "write");
  assertEquals(assertThrows(() => mm.fault(0x7fc000, "write"), MmError).code, "ENOMEM");
});

//   parent |-- a* --|-- dontfork --|-- wipe* --|-- locked --|
//   child  |-- a**--|              |-- wipe ---|-- -------- |
Deno.test("fork: leaves behind, empties and unlocks as it was told", () => {
  const mm = space();
  for (const start of [0x1000, 0x3000, 0x5000, 0x7000]) map(mm, start, start + 0x1000);
  touch(mm, 0x1000);
  touch(mm, 0x5000);
  mm.madvise(0x3000, 0x1000, MADV.DONTFORK);
  mm.madvise(0x5000, 0x1000, MADV.WIPEONFORK);
  mm.mlock(0x7000, 0x1000);
  const child = mm.fork();
  assertLayout(child, ["1000-2000 rw-p 1*", "5000-6000 rw-p 5", "7000-8000 rw-p 7*"]);
  assertEquals(child.descriptor.lockedPages, 0);
  assertEquals(mm.descriptor.lockedPages, 1);
  assertEquals([...child.vmas()][0]!.anonVmaChain.length, 2);
  mm.validate();
});

Deno.test("fork: a grandchild takes over an ancestor's anon_vma that nobody uses any more", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const child = mm.fork();
  const own = [...child.vmas()][0]!.anonVma;
  const grandchild = child.fork();
  child.exit();
  const heir = grandchild.fork();
  assert([...heir.vmas()][0]!.anonVma === own);
  for (const space of [mm, grandchild, heir]) space.validate();
});

Deno.test("fork: the child's changes leave the parent alone", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  const child = mm.fork();
  child.munmap(0x2000, 0x1000);
  mm.mprotect(0x1000, 0x1000, 1);
  assertLayout(child, ["1000-2000 rw-p 1", "3000-5000 rw-p 3"]);
  assertLayout(mm, ["1000-2000 r--p 1", "2000-5000 rw-p 2"]);
});

Deno.test("exit: unlinks every anon_vma, gives back every charge", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  touch(mm, 0x1000);
  const { anonVma } = [...mm.vmas()][0]!;
  mm.exit();
  assertLayout(mm, []);
  assertEquals(anonVma!.vmas.size, 0);
  assertEquals(mm.descriptor.commit.pages, 0);
});

// The first thing the 2022 report saw: at exit, one VMA more or less than mapCount.
Deno.test("exit: a count that the walk does not meet is an error", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.descriptor.tree.mapCount = 2;
  assertThrows(() => mm.exit(), MmInvariantError, "mapCount is 2");
});

Deno.test("exec: nothing of the old program is left", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mlockall(2);
  mm.exec({
    vmas: [{ start: 0x400000, end: 0x401000, flags: 0x75, file: open("program"), pageOffset: 0 }],
    startBrk: 0x10000,
    startStack: 0x7ffe_0000_0000,
    mmapBase: 0x7ff0_0000_0000,
  });
  assertLayout(mm, ["400000-401000 r-xp 0 program"]);
  assertEquals(mm.mmap({ length: 0x1000, protection: RW, flags: 0x22 }), 0x7fef_ffff_f000);
  assertEquals(mm.descriptor.lockedPages, 0);
});
