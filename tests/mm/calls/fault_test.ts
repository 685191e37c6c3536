/**
 * Faults: the first write gives an anon_vma, a touch below a stack makes it grow.
 */
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { kernelRules, overrideRules } from "../../../src/mm/rules/kernel_rules.ts";
import type { MappedFile } from "../../../src/mm/vma.ts";
import {
  assertFails,
  assertLayout,
  FIXED,
  map,
  mapFile,
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

/** A file that is mapped privately and never charged, so that protection alone may tell its parts apart. */
function mapParts(mm: AddressSpace, start: number, offset: number, protection: number): void {
  const flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
  mm.mmap({ address: start, length: PAGE, protection, flags, file: PARTS, offset });
}

const PARTS = open();

/** True if the two VMAs share one anon_vma after the upper one was written to as well. */
function lends(mm: AddressSpace): boolean {
  const [lower, upper] = [...mm.vmas()];
  mm.fault(upper!.start, "force");
  mm.validate();
  assert(lower!.anonVma !== null && upper!.anonVma !== null);
  return lower!.anonVma === upper!.anonVma;
}

//   |-- rw*, moved here --|-- r --|      one after the other in the file; their anonymous pages are not
Deno.test("fault: a file's neighbour lends its anon_vma only if its anonymous pages continue, on kernels that ask", () => {
  for (const anonPageOffset of [false, true]) {
    const rules = overrideRules(kernelRules(), { anonPageOffset });
    const moved = space({ rules });
    mapParts(moved, 0x1000, 0, RW);
    touch(moved, 0x1000);
    moved.mremap(0x1000, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0x8000);
    mapParts(moved, 0x9000, PAGE, PROT_READ);
    assertEquals(lends(moved), !anonPageOffset);
    const beside = space({ rules });
    mapParts(beside, 0x8000, 0, RW);
    touch(beside, 0x8000);
    mapParts(beside, 0x9000, PAGE, PROT_READ);
    assertEquals(lends(beside), true);
  }
});

/** What makes the upper one of two VMAs another kind of memory. */
const DIFFERENCES: Readonly<Record<string, (mm: AddressSpace) => void>> = {
  "another offset in the file": (mm) => mapParts(mm, 0x2000, 5 * PAGE, PROT_READ),
  "a page between": (mm) => mapParts(mm, 0x3000, 2 * PAGE, PROT_READ),
  "another file": (mm) => mapFile(mm, 0x2000, 0x3000, open(), PAGE),
  "another policy": (mm) => mm.mbind(0x2000, PAGE, "bind:0"),
  "another protection key": (mm) => mm.mprotect(0x2000, PAGE, PROT_READ, 3),
  "a flag that is carried along": (mm) => mm.descriptor.tree.findVma(0x2000)!.otherFlags = "um",
  "another flag": (mm) => mm.madvise(0x2000, PAGE, MADV.RANDOM),
};

for (const [what, change] of Object.entries(DIFFERENCES)) {
  Deno.test(`fault: ${what} keeps a neighbour from lending its anon_vma`, () => {
    const make = () => {
      const mm = space();
      mapParts(mm, 0x1000, 0, RW);
      touch(mm, 0x1000);
      mapParts(mm, 0x2000, PAGE, PROT_READ);
      return mm;
    };
    assertEquals(lends(make()), true);
    const mm = make();
    if (what === "a page between") mm.munmap(0x2000, PAGE);
    change(mm);
    assertEquals(lends(mm), false);
  });
}

const MIB = 0x10_0000;

/** True if reading at an address of 4 MiB from 2 MiB on gives the VMA an anon_vma: the huge zero page is mapped. */
function readsHugely(
  options: AddressSpaceOptions,
  at: number,
  prepare?: (mm: AddressSpace) => void,
): boolean {
  const mm = space(options);
  map(mm, 2 * MIB, 6 * MIB);
  prepare?.(mm);
  mm.fault(at, "read");
  mm.validate();
  return mm.findVma(at)!.anonVma !== null;
}

Deno.test("fault: a read maps the huge zero page where the machine's setting and madvise allow it", () => {
  const advise = (advice: number) => (mm: AddressSpace) => mm.madvise(2 * MIB, 4 * MIB, advice);
  const asked = advise(MADV.HUGEPAGE), forbidden = advise(MADV.NOHUGEPAGE);
  const cases = [
    ["never", undefined, false],
    ["never", asked, false],
    ["madvise", undefined, false],
    ["madvise", asked, true],
    ["madvise", forbidden, false],
    ["always", undefined, true],
    ["always", asked, true],
    ["always", forbidden, false],
  ] as const;
  for (const [hugePages, prepare, expected] of cases) {
    assertEquals(readsHugely({ hugePages }, 3 * MIB, prepare), expected, hugePages);
  }
});

//   2 MiB            4 MiB            6 MiB
//   |----------------|----------------|      cut at either end by a page: the 2 MiB there are whole no more
Deno.test("fault: a read maps the huge zero page only where the VMA holds all of its 2 MiB", () => {
  const options = { hugePages: "always" } as const;
  const reads = (at: number, prepare?: (mm: AddressSpace) => void) =>
    readsHugely(options, at, prepare);
  const withoutFirst = (mm: AddressSpace) => mm.munmap(2 * MIB, PAGE);
  const withoutLast = (mm: AddressSpace) => mm.munmap(6 * MIB - PAGE, PAGE);
  assertEquals([2 * MIB, 4 * MIB, 6 * MIB - PAGE].map((at) => reads(at)), [true, true, true]);
  assertEquals([reads(4 * MIB - PAGE, withoutFirst), reads(4 * MIB, withoutFirst)], [false, true]);
  assertEquals([reads(4 * MIB - PAGE, withoutLast), reads(4 * MIB, withoutLast)], [true, false]);
});

Deno.test("fault: neither shared memory nor a file shows the huge zero page; memory that grows does", () => {
  const mm = space({ hugePages: "always" });
  const make = (flags: number, file?: MappedFile) =>
    mm.mmap({
      address: 8 * MIB,
      length: 4 * MIB,
      protection: RW,
      flags: flags | MAP_FIXED,
      file: file ?? null,
    });
  const calls = [
    () => make(MAP_SHARED | MAP_ANONYMOUS),
    () => make(MAP_PRIVATE, open()),
    () => make(MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN), // as 6.12.117 and 7.3.4 did, seed 41
  ];
  const shows = calls.map((call) => {
    call();
    mm.fault(9 * MIB, "read");
    return mm.findVma(9 * MIB)!.anonVma !== null;
  });
  assertEquals(shows, [false, false, true]);
});
