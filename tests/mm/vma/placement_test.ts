/**
 * Where a mapping goes: gaps, hints, guard gaps, huge pages, the legacy layout.
 */
import { kernelRules } from "../../../src/mm/rules/kernel_rules.ts";
import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_MAYMOVE,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import type { MappedFile } from "../../../src/mm/vma.ts";
import { assertFails, FIXED, map, open, RW, space } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const BASE = 0x7fff_0000_0000;

const MIB = 0x10_0000;

const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

function place(mm: AddressSpace, length: number, address = 0, flags = ANONYMOUS): number {
  return mm.mmap({ address, length, protection: RW, flags });
}

function placeFile(mm: AddressSpace, length: number, file: MappedFile, offset = 0, address = 0) {
  return mm.mmap({ address, length, protection: 1, flags: MAP_PRIVATE, file, offset });
}

//                       base
//   … |-- 2nd --|-- 1st --|
Deno.test("placement: from the top down, each below the one before", () => {
  const mm = space();
  assertEquals(place(mm, 0x3000), BASE - 0x3000);
  assertEquals(place(mm, 0x1000), BASE - 0x4000);
});

//   |-- a --| 2 pages |-- b --| 1 page |-- c --| base
Deno.test("placement: the highest gap that fits, not the tightest", () => {
  const mm = space();
  map(mm, BASE - 0x1000, BASE);
  map(mm, BASE - 0x3000, BASE - 0x2000);
  map(mm, BASE - 0x6000, BASE - 0x5000);
  assertEquals(place(mm, 0x2000), BASE - 0x5000);
  assertEquals(place(mm, 0x1000), BASE - 0x2000);
});

// A gap that ends at a stack is 256 pages shorter; a search that overlaps the guard must look further.
//
//   |-- low --|   300 pages   |-- stack, grows down --|
//             |44 |<- guard ->|
Deno.test("placement: keeps the guard gap below a stack free", () => {
  const mm = space();
  const stack = BASE - 0x10000;
  mm.mmap({
    address: stack,
    length: 0x10000,
    protection: RW,
    flags: ANONYMOUS | 0x10 | MAP_GROWSDOWN,
  });
  map(mm, stack - 0x140000, stack - 0x12c000);
  assertEquals(place(mm, 0x2c000), stack - 0x100000 - 0x2c000);
  assertEquals(place(mm, 0x1000), stack - 0x141000);
});

Deno.test("placement: 6.18 aligns whole multiples of 2 MiB, 6.7 everything from 2 MiB, 5.19 nothing", () => {
  const chosen = (policy: "6.18" | "6.7" | "5.19", length: number) => {
    const mm = space({ rules: kernelRules(policy) });
    place(mm, 0x1000);
    return BASE - place(mm, length);
  };
  assertEquals(chosen("6.18", 2 * MIB), 4 * MIB);
  assertEquals(chosen("6.7", 2 * MIB), 4 * MIB);
  assertEquals(chosen("5.19", 2 * MIB), 2 * MIB + 0x1000);
  assertEquals(chosen("6.18", 2 * MIB + 0x1000), 2 * MIB + 0x2000);
  assertEquals(chosen("6.7", 2 * MIB + 0x1000), 4 * MIB);
  assertEquals(chosen("5.19", 2 * MIB + 0x1000), 2 * MIB + 0x2000);
});

Deno.test("placement: a large file lies so that its huge pages fall on the machine's", () => {
  const file = { ...open(), hugeAligned: true };
  const mm = space();
  place(mm, 0x1000);
  const address = placeFile(mm, 4 * MIB, file, 0x5000);
  assertEquals((address - 0x5000) % (2 * MIB), 0);
  assertEquals(placeFile(space(), 4 * MIB, open(), 0x5000), BASE - 4 * MIB);
});

Deno.test("placement: a file that holds no whole huge page lies anywhere", () => {
  const mm = space();
  const file = { ...open(), hugeAligned: true };
  assertEquals(placeFile(mm, 2 * MIB, file, 0x5000), BASE - 2 * MIB);
});

Deno.test("placement: a hint is taken if free, else as if there were none", () => {
  const mm = space();
  assertEquals(place(mm, 0x2000, 0x50000), 0x50000);
  assertEquals(place(mm, 0x2000, 0x51000), BASE - 0x2000);
  assertEquals(place(mm, 0x1000, 0x60123), 0x60000);
});

Deno.test("placement: a hint below mmap_min_addr is raised to it", () => {
  const mm = space({ mmapMinAddress: 0x10000 });
  assertEquals(place(mm, 0x1000, 0x2000), 0x10000);
});

// Linux 6.18 with SELinux built in: vm.mmap_min_addr is 4096, and yet nothing is placed below 65536.
Deno.test("placement: hints and placement stop where a security module says, MAP_FIXED does not", () => {
  const mm = space({ mmapMinAddress: 0x1000, hintMinAddress: 0x10000, mmapBase: 0x18000 });
  assertEquals(place(mm, 0x1000, 0x1000), 0x10000);
  map(mm, 0x10000, 0x11000);
  assertEquals(place(mm, 0x7000), 0x11000);
  map(mm, 0x11000, 0x18000);
  assertEquals(place(mm, 0x2000) >= 0x18000, true);
  const request = { address: 0x1000, length: 0x1000, protection: RW, flags: FIXED };
  assertEquals(mm.mmap(request), 0x1000);
});

// The kernel tries a file's hint with 2 MiB to spare, so a hint that fits exactly is not taken.
Deno.test("placement: a hint for a large file needs room for its alignment too", () => {
  const mm = space();
  const file = { ...open(), hugeAligned: true };
  map(mm, BASE - 0x1000, BASE);
  const exact = BASE - 0x1000 - 4 * MIB;
  assertEquals(placeFile(mm, 4 * MIB, file, 0, exact) === exact, false);
  assertEquals(placeFile(mm, 4 * MIB, file, 0, 0x100_0000), 0x100_0000);
});

Deno.test("placement: MAP_FIXED_NOREPLACE over something is EEXIST, beside it is not", () => {
  const mm = space();
  map(mm, 0x5000, 0x6000);
  const flags = ANONYMOUS | MAP_FIXED_NOREPLACE;
  const error = assertThrows(() => place(mm, 0x2000, 0x4000, flags), MmError);
  assertEquals(error.code, "EEXIST");
  assertEquals(place(mm, 0x1000, 0x4000, flags), 0x4000);
});

Deno.test("placement: MAP_32BIT is placed between 1 and 2 GiB, upwards", () => {
  const mm = space();
  const flags = ANONYMOUS | MAP_32BIT;
  assertEquals(place(mm, 0x1000, 0, flags), 0x4000_0000);
  assertEquals(place(mm, 0x1000, 0, flags), 0x4000_1000);
});

Deno.test("placement: the legacy layout goes up from its base", () => {
  const mm = space({ legacyLayout: true, mmapBase: 0x2aaa_0000_0000 });
  assertEquals(place(mm, 0x2000), 0x2aaa_0000_0000);
  assertEquals(place(mm, 0x2000), 0x2aaa_0000_2000);
});

Deno.test("placement: when nothing fits below the base, the lowest gap above a third of the space", () => {
  const mm = space({ mmapBase: 0x10000 });
  const address = place(mm, 0x20000);
  assertEquals(address >= Math.floor(0x7fff_ffff_f000 / 3), true);
});

Deno.test("placement: what is longer than the address space is ENOMEM", () => {
  const error = assertThrows(() => place(space(), 0x8000_0000_0000), MmError);
  assertEquals(error.code, "ENOMEM");
});

// The legacy layout, going up: a stack's guard gap makes it look above the stack.
//
//   base  |guard|-- stack --|-- here --|
Deno.test("placement: going up, the guard gap of a stack in the way is kept", () => {
  const base = 0x2aaa_0000_0000;
  const mm = space({ legacyLayout: true, mmapBase: base });
  mm.mmap({
    address: base + MIB,
    length: 0x2000,
    protection: RW,
    flags: ANONYMOUS | 0x10 | MAP_GROWSDOWN,
  });
  assertEquals(place(mm, 0x1000), base + MIB + 0x2000);
});

Deno.test("placement: the legacy layout aligns to huge pages upwards, without room to spare", () => {
  const base = 0x2aaa_0000_0000;
  const mm = space({ legacyLayout: true, mmapBase: base });
  assertEquals(place(mm, 2 * MIB), base);
  place(mm, 0x1000);
  assertEquals(place(mm, 2 * MIB), base + 4 * MIB);
});

Deno.test("placement: a hint is taken up to the guard gap of the stack above it, no further", () => {
  const mm = space();
  const stack = 0x4000_0000;
  mm.mmap({
    address: stack,
    length: 0x1000,
    protection: RW,
    flags: ANONYMOUS | 0x10 | MAP_GROWSDOWN,
  });
  const last = stack - 256 * 0x1000 - 0x1000;
  assertEquals(place(mm, 0x1000, last), last);
  assertEquals(place(mm, 0x1000, last + 0x1000), BASE - 0x1000);
});

Deno.test("placement: MAP_32BIT takes a hint in the first 2 GiB, and is ENOMEM when the window is full", () => {
  const mm = space();
  const flags = ANONYMOUS | MAP_32BIT;
  assertEquals(place(mm, 0x1000, 0x2000_0000, flags), 0x2000_0000);
  assertEquals(place(mm, 0x1000, 0x9000_0000, flags), 0x4000_0000);
  map(mm, 0x4000_0000, 0x8000_0000);
  assertEquals(assertThrows(() => place(mm, 0x1000, 0, flags), MmError).code, "ENOMEM");
  assertEquals(assertThrows(() => place(mm, 0x8000_1000, 0, flags), MmError).code, "ENOMEM");
});

Deno.test("placement: an address space that is full is ENOMEM, both ways", () => {
  for (const legacyLayout of [false, true]) {
    const mm = space({ legacyLayout, mmapBase: 0x20000, taskSize: 0x40000 });
    map(mm, 0x1000, 0x3f000);
    assertEquals(assertThrows(() => place(mm, 0x2000), MmError).code, "ENOMEM");
    assertEquals(place(mm, 0x1000), 0x3f000);
  }
});

Deno.test("placement: a hint that reaches behind the end counts for none", () => {
  const mm = space();
  assertEquals(place(mm, 0x2000, 0x7fff_ffff_e000), BASE - 0x2000);
});

//   mmap_base ──▶ 0x3f000 |<- one page ->| 0x40000, the end of the user's addresses
Deno.test("placement: upwards, what is longer than all above mmap_base finds no place", () => {
  const mm = space({ legacyLayout: true, mmapBase: 0x3f000, taskSize: 0x40000 });
  assertEquals(assertThrows(() => place(mm, 0x2000), MmError).code, "ENOMEM");
  assertEquals(place(mm, 0x1000), 0x3f000);
});

const PAGE = 0x1000;

// Shared anonymous memory is placed by its filesystem, which aligns nothing unless mounted for huge pages.
Deno.test("placement: shared anonymous memory is not aligned, neither made nor mapped again", () => {
  for (const release of ["6.18", "6.7"]) {
    const mm = space({ rules: kernelRules(release) });
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

//   [base |.. free ..|== huge ==| …       upwards: the first border at or after the base; downwards: the last that fits
Deno.test("placement: huge pages go to the nearest border, up from the base or down from it", () => {
  const huge = 2 * 0x10_0000, flags = 0x4_4022;
  for (const legacyLayout of [false, true]) {
    const mm = space({ legacyLayout, mmapBase: 0x7000_0000_1000 });
    const place = () => mm.mmap({ length: huge, protection: RW, flags });
    const expected = legacyLayout
      ? [0x7000_0000_0000 + huge, 0x7000_0000_0000 + 2 * huge]
      : [0x7000_0000_0000 - huge, 0x7000_0000_0000 - 2 * huge];
    assertEquals([place(), place()], expected);
  }
});

Deno.test("placement: where no huge page fits, it is ENOMEM", () => {
  for (const legacyLayout of [false, true]) {
    const mm = space({
      legacyLayout,
      taskSize: 0x40_0000,
      mmapBase: legacyLayout ? 0x1000 : 0x40_0000,
    });
    map(mm, 0x20_0000, 0x20_1000);
    map(mm, 0x1f_f000, 0x20_0000);
    assertFails("ENOMEM", () => mm.mmap({ length: 0x20_0000, protection: RW, flags: 0x4_4022 }));
  }
});

//   0x1000                    0x400000      2 MiB and what its alignment may take: just that is free
Deno.test("placement: a huge page takes the last room that its alignment leaves", () => {
  const mm = space({ taskSize: 0x40_0000, mmapBase: 0x40_0000 });
  assertEquals(mm.mmap({ length: 0x20_0000, protection: RW, flags: 0x4_4022 }), 0x20_0000);
});
