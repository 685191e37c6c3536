/**
 * Faults: the first write gives an anon_vma, a touch below a stack makes it grow.
 */
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import {
  assertFails,
  assertLayout,
  FIXED,
  map,
  mapShared,
  open,
  RW,
  space,
  touch,
} from "../scene.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

//   0x1000        0x3000
//   |<- grows ----|-stack-|   down to mmap_min_addr, not below
Deno.test("fault: a stack grows down to mmap_min_addr", () => {
  const mm = space();
  mm.mmap({ address: 0x3000, length: PAGE, protection: RW, flags: FIXED | MAP_GROWSDOWN });
  assertFails("EPERM", () => mm.fault(0xfff, "write"));
  mm.fault(0x1000, "write");
  assertLayout(mm, ["1000-4000 rw-p 1*"]);
});

// Anonymous memory at 0x3000 has page offset 3: growing by three pages makes it 0, and that is allowed.
Deno.test("fault: a stack grows until its page offset is 0", () => {
  const mm = space({ mmapMinAddress: 0 });
  mm.descriptor.startStack = 0x10_0000;
  mm.mmap({ address: 0x3000, length: PAGE, protection: RW, flags: FIXED | MAP_GROWSDOWN });
  mm.fault(0, "write");
  assertLayout(mm, ["0-4000 rw-p 0*"]);
});

const STACK = 0x80_0000;

/** Structures that are left of `left` after a call, or its errno. */
function leftAfter(mm: AddressSpace, left: number, call: () => void): number | string {
  mm.descriptor.faultInjection.left = left;
  try {
    call();
    return mm.descriptor.faultInjection.left;
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
    return error.code;
  } finally {
    mm.validate();
  }
}

/** Two pages of stack, told apart by a name; the upper one is written to or not. */
function halves(upper: boolean): AddressSpace {
  const mm = space();
  mm.mmap({ address: STACK, length: 2 * PAGE, protection: RW, flags: FIXED | MAP_GROWSDOWN });
  mm.setAnonName(STACK + PAGE, PAGE, "upper");
  if (upper) touch(mm, STACK + PAGE);
  return mm;
}

// A stack that grows gets its anon_vma even where it is only read, as in the kernel.
//
//   |<- grows --|-- rw --|-- rw * --|     the neighbour's is shared: a link and tree nodes
Deno.test("fault: a stack that grows shares a neighbour's anon_vma", () => {
  const grow = (mm: AddressSpace) => () => mm.fault(STACK - PAGE, "read");
  const mm = halves(true);
  assertEquals(leftAfter(mm, 2, grow(mm)), 0);
  const [lower, upper] = [...mm.vmas()];
  assert(upper!.anonVma !== null && lower!.anonVma === upper!.anonVma);
  assertEquals(upper!.anonVma!.activeVmas, 2);
  const poor = halves(true);
  assertEquals(leftAfter(poor, 1, grow(poor)), "ENOMEM");
});

Deno.test("fault: a stack that grows takes an anon_vma, a link and tree nodes; then tree nodes", () => {
  const mm = halves(false);
  assertEquals(leftAfter(mm, 2, () => mm.fault(STACK - PAGE, "read")), "ENOMEM");
  assertEquals(leftAfter(mm, 3, () => mm.fault(STACK - PAGE, "read")), 0);
  const { anonVma } = mm.findVma(STACK)!;
  assert(anonVma !== null);
  assertEquals(leftAfter(mm, 0, () => mm.fault(STACK - 2 * PAGE, "read")), "ENOMEM");
  assertEquals(leftAfter(mm, 1, () => mm.fault(STACK - 2 * PAGE, "read")), 0);
  assertEquals(mm.findVma(STACK)!.anonVma, anonVma);
});

// In the child the first VMA hangs on two anon_vmas: its own pages, and those it has from the parent.
//
//   |-- rw ** --|-- new, touched --|
Deno.test("fault: what came from a fork lends its anon_vma to nobody", () => {
  const parent = space();
  map(parent, 0x1000, 0x2000);
  touch(parent, 0x1000);
  const mm = parent.fork();
  map(mm, 0x2000, 0x3000);
  touch(mm, 0x2000);
  const [old, fresh] = [...mm.vmas()];
  assertEquals([old!.anonVmaChain.length, fresh!.anonVmaChain.length], [2, 1]);
  assert(fresh!.anonVma !== old!.anonVma);
  mm.validate();
});

Deno.test("fault: below what does not grow nothing is mapped", () => {
  const mm = space();
  map(mm, STACK, STACK + PAGE);
  const call = () => mm.fault(STACK - PAGE, "write");
  assertEquals(assertThrows(call, MmError).code, "EFAULT");
  assertLayout(mm, ["800000-801000 rw-p 800"]);
});

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

const STACK_FAULT = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;

//        |<- grows -|-- stack --|
//   |----------- stack ---------|
Deno.test("fault: a touch below a stack makes it grow", () => {
  const mm = space();
  mm.mmap({ address: 0x800000, length: 0x2000, protection: RW, flags: STACK_FAULT });
  mm.fault(0x7fd123, "write");
  assertLayout(mm, ["7fd000-802000 rw-p 7fd*"]);
  assertEquals(mm.descriptor.stackPages, 5);
});

//   |-- low --|<-- less than 256 pages -->|-- stack --|
Deno.test("fault: a stack keeps 256 pages from what it could run into", () => {
  const mm = space();
  mm.mmap({ address: 0x800000, length: 0x1000, protection: RW, flags: STACK_FAULT });
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
  mm.mmap({ address: 0x800000, length: 0x1000, protection: RW, flags: STACK_FAULT });
  mm.fault(0x7fd000, "write");
  assertEquals(assertThrows(() => mm.fault(0x7fc000, "write"), MmError).code, "ENOMEM");
});
