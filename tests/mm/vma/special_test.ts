/**
 * What the kernel maps by itself: `[vvar]` and `[vdso]`. Linux 6.18 on x86-64 was asked everything here but names, by
 * calls on the two mappings of a process.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { MADV, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../../src/abi/mman.ts";
import { parseVmFlags } from "../../../src/mm/vm_flags.ts";
import { assertLayout, map, RW, space } from "../scene.ts";

const FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;

//   0x40000           0x44000           0x46000
//   |-- [vvar] r, io --|-- [vdso] r-x ---|
function process(): AddressSpace {
  const mm = space();
  const vvar = { start: 0x40000, end: 0x44000, special: "[vvar]" };
  const vdso = { start: 0x44000, end: 0x46000, special: "[vdso]" };
  mm.exec({
    vmas: [
      { ...vvar, flags: parseVmFlags("rd mr pf io de dd") },
      { ...vdso, flags: parseVmFlags("rd ex mr mw me de") },
    ],
    startBrk: 0,
    startStack: 0,
    mmapBase: 0x7fff_0000_0000,
  });
  return mm;
}

/** The error number that a call ends in, `ok` if it succeeds. */
function outcome(call: (mm: AddressSpace) => unknown): string {
  const mm = process();
  try {
    call(mm);
    return "ok";
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
    return error.code;
  } finally {
    mm.validate();
  }
}

// Whole [vvar], a page of [vvar], whole [vdso], a page of [vdso]; advice that changes nothing needs no split.
const ADVICE: Readonly<Record<string, readonly [string, string, string, string]>> = {
  NORMAL: ["ok", "ok", "ok", "ok"],
  RANDOM: ["ok", "EINVAL", "ok", "EINVAL"],
  SEQUENTIAL: ["ok", "EINVAL", "ok", "EINVAL"],
  DONTNEED: ["EINVAL", "EINVAL", "ok", "ok"],
  FREE: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
  REMOVE: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
  DONTFORK: ["ok", "EINVAL", "ok", "EINVAL"],
  DOFORK: ["EINVAL", "EINVAL", "ok", "ok"],
  MERGEABLE: ["ok", "ok", "ok", "ok"],
  UNMERGEABLE: ["ok", "ok", "ok", "ok"],
  HUGEPAGE: ["ok", "EINVAL", "ok", "EINVAL"],
  NOHUGEPAGE: ["ok", "EINVAL", "ok", "EINVAL"],
  DONTDUMP: ["ok", "ok", "ok", "EINVAL"],
  DODUMP: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
  WIPEONFORK: ["ok", "EINVAL", "ok", "EINVAL"],
  KEEPONFORK: ["ok", "ok", "ok", "ok"],
  COLD: ["EINVAL", "EINVAL", "ok", "ok"],
  PAGEOUT: ["EINVAL", "EINVAL", "ok", "ok"],
  POPULATE_READ: ["EINVAL", "EINVAL", "ok", "ok"],
  POPULATE_WRITE: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
  DONTNEED_LOCKED: ["EINVAL", "EINVAL", "ok", "ok"],
  COLLAPSE: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
  GUARD_INSTALL: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
  GUARD_REMOVE: ["EINVAL", "EINVAL", "EINVAL", "EINVAL"],
};

for (const [name, outcomes] of Object.entries(ADVICE)) {
  Deno.test(`special: madvise(MADV_${name}) of a special mapping, whole and in part`, () => {
    const advice = new Map(Object.entries(MADV)).get(name)!;
    const ranges = [[0x40000, 0x4000], [0x40000, 0x1000], [0x44000, 0x2000], [0x44000, 0x1000]];
    const found = ranges.map(([address, length]) =>
      outcome((mm) => mm.madvise(address!, length!, advice))
    );
    assertEquals(found, [...outcomes]);
  });
}

const CALLS: readonly [string, string, (mm: AddressSpace) => unknown][] = [
  ["munmap of a head", "EINVAL", (mm) => mm.munmap(0x40000, 0x1000)],
  ["munmap of a middle", "EINVAL", (mm) => mm.munmap(0x41000, 0x1000)],
  ["munmap of a tail", "EINVAL", (mm) => mm.munmap(0x43000, 0x1000)],
  ["munmap of all", "ok", (mm) => mm.munmap(0x40000, 0x4000)],
  ["mmap over a part", "EINVAL", (mm) => map(mm, 0x45000, 0x46000)],
  ["mprotect of a part", "EINVAL", (mm) => mm.mprotect(0x40000, 0x1000, 0)],
  ["mprotect of all", "ok", (mm) => mm.mprotect(0x40000, 0x4000, 0)],
  ["mprotect of what may never be written", "EACCES", (mm) => mm.mprotect(0x40000, 0x4000, RW)],
  ["mprotect of [vdso], to be written", "ok", (mm) => mm.mprotect(0x44000, 0x2000, RW)],
  ["naming of a part", "EINVAL", (mm) => mm.setAnonName(0x44000, 0x1000, "part")],
  ["mlock", "ok", (mm) => mm.mlock(0x40000, 0x1000)],
  ["mseal of a part", "EINVAL", (mm) => mm.mseal(0x40000, 0x1000)],
  ["mseal of all", "ok", (mm) => mm.mseal(0x40000, 0x4000)],
  ["mremap of a part", "EINVAL", (mm) => mm.mremap(0x44000, 0x1000, 0x1000, FIXED, 0x90000)],
  ["mremap of all", "ok", (mm) => mm.mremap(0x44000, 0x2000, 0x2000, FIXED, 0x90000)],
  ["mremap that shrinks", "EINVAL", (mm) => mm.mremap(0x44000, 0x2000, 0x1000)],
  ["mremap that grows", "EFAULT", (mm) => mm.mremap(0x44000, 0x2000, 0x3000, MREMAP_MAYMOVE)],
  [
    "mremap that leaves the old place",
    "EINVAL",
    (mm) => mm.mremap(0x44000, 0x2000, 0x2000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP),
  ],
];

for (const [name, expected, call] of CALLS) {
  Deno.test(`special: ${name} is ${expected}`, () => assertEquals(outcome(call), expected));
}

//   0x3b000      0x3d000        0x40000                0x44000
//   |------------ rw ------------|-- [vvar], not to be cut --|
//                |-------- munmap ------->|
//   |---- rw ----|----- rw ------|-- [vvar] -----------------|
Deno.test("special: a munmap that would cut it has cut the VMA at its own start", () => {
  const mm = process();
  map(mm, 0x3b000, 0x40000);
  assertEquals(assertThrows(() => mm.munmap(0x3d000, 0x4000), MmError).code, "EINVAL");
  assertLayout(mm, [
    "3b000-3d000 rw-p 3b",
    "3d000-40000 rw-p 3d",
    "40000-44000 r--p 40 [vvar]",
    "44000-46000 r-xp 44 [vdso]",
  ]);
});

Deno.test("special: mlockall passes it over, and locks the rest", () => {
  const mm = process();
  map(mm, 0x1000, 0x2000);
  mm.mlockall(1);
  assertEquals(mm.descriptor.lockedPages, 1);
});

Deno.test("special: a fork copies it, unless it was told not to", () => {
  const mm = process();
  mm.madvise(0x40000, 0x4000, MADV.DONTFORK);
  assertLayout(mm.fork(), ["44000-46000 r-xp 44 [vdso]"]);
});
