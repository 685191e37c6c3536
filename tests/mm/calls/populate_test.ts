/**
 * Faulting pages in ahead of their use: locking, MAP_POPULATE, and what is passed over.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_POPULATE,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../../src/abi/mman.ts";
import { parseVmFlags } from "../../../src/mm/vm_flags.ts";
import { spaceWithPages, tableOf } from "../pages/pages.ts";
import { assertFails, assertLayout, map, mapFile, mapShared, open, RW, space } from "../scene.ts";

const FIXED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

//   |-- rw --|-- r --|-- file rw, private --|-- file, shared --|      locked: what a write would have copied is
//       *                    *                                        copied, the rest is read
Deno.test("populate: locking writes to private memory that may be written, and reads the rest", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  mapFile(mm, 0x3000, 0x4000, open(), 0, RW);
  mapShared(mm, 0x4000, 0x5000, open(), 0, RW);
  mm.mlock(0x1000, 0x4000);
  assertEquals(tableOf(mm, 0x1000, 0x5000), "w0wr");
  const faulted = [...mm.vmas()].map((vma) => vma.anonVma !== null);
  assertEquals(faulted, [true, false, true, false]);
  mm.validate();
});

Deno.test("populate: each way of locking or of asking for it gives what is writable an anon_vma", () => {
  const ways: Readonly<Record<string, (mm: AddressSpace) => void>> = {
    MAP_POPULATE: (mm) => {
      const flags = FIXED | MAP_POPULATE;
      mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
    },
    MAP_LOCKED: (mm) => {
      const flags = FIXED | MAP_LOCKED;
      mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
    },
    "mlockall, now": (mm) => {
      map(mm, 0x1000, 0x2000);
      mm.mlockall(1);
    },
    "mlockall, from now on": (mm) => {
      mm.mlockall(2);
      map(mm, 0x1000, 0x2000);
    },
    "mprotect of what is locked": (mm) => {
      map(mm, 0x1000, 0x2000, 1);
      mm.mlock(0x1000, 0x1000);
      mm.mprotect(0x1000, 0x1000, RW);
    },
  };
  for (const [name, way] of Object.entries(ways)) {
    const mm = space();
    way(mm);
    assertEquals([...mm.vmas()].map((vma) => vma.anonVma !== null), [true], name);
    mm.validate();
  }
});

Deno.test("populate: not by MAP_NONBLOCK, nor by locking pages as they are faulted in", () => {
  const mm = space();
  const flags = FIXED | MAP_POPULATE | MAP_NONBLOCK;
  mm.mmap({ address: 0x1000, length: 0x2000, protection: RW, flags });
  mm.mlock(0x1000, 0x1000, 1);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 rw-p 2"]);
});

Deno.test("populate: the heap and a mapping that grow under a lock are faulted in where they are new", () => {
  const { mm } = spaceWithPages();
  mm.exec({ vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  mm.mlockall(2);
  mm.brk(0x12000);
  assertEquals(tableOf(mm, 0x10000, 0x12000), "ww");
  map(mm, 0x20000, 0x21000);
  mm.mremap(0x20000, 0x1000, 0x3000);
  assertEquals(tableOf(mm, 0x20000, 0x23000), "www");
  map(mm, 0x23000, 0x24000, 0);
  const moved = mm.mremap(0x20000, 0x3000, 0x5000, MREMAP_MAYMOVE);
  assertEquals(tableOf(mm, moved, moved + 0x5000), "wwwww");
  mm.validate();
});

Deno.test("populate: what may not be accessed makes mlock fail, with everything locked", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 0);
  assertEquals(assertThrows(() => mm.mlock(0x1000, 0x2000), MmError).code, "ENOMEM");
  assertEquals(mm.descriptor.lockedPages, 2);
  assertLayout(mm, ["1000-2000 rw-p 1*", "2000-3000 ---p 2"]);
});

Deno.test("populate: execute-only and write-only memory is faulted in as far as it goes", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000, 4);
  map(mm, 0x3000, 0x4000, 2);
  mapShared(mm, 0x5000, 0x6000, open(), 0, 2);
  mm.mlock(0x1000, 0x1000);
  mm.mlock(0x3000, 0x1000);
  mm.mlock(0x5000, 0x1000);
  assertEquals(tableOf(mm, 0x1000, 0x6000), "..w.w");
  mm.validate();
});

//   |-- rw, locked --|   moves to where it was told and grows: its new pages are faulted in behind it
Deno.test("populate: what grows as it moves under a lock is faulted in where it is new", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  mm.mlock(0x1000, 0x1000);
  mm.mremap(0x1000, 0x1000, 0x3000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x20000);
  assertEquals(tableOf(mm, 0x20000, 0x23000), "www");
  mm.validate();
});

//   |-- none --|-- rw --|        mlock ends at the first VMA that may not be accessed, mlockall does not
Deno.test("populate: mlockall passes over what may not be accessed, where mlock ends", () => {
  const layout = (lock: (mm: AddressSpace) => void) => {
    const mm = space();
    map(mm, 0x1000, 0x2000, 0);
    map(mm, 0x2000, 0x3000);
    lock(mm);
    return [...mm.vmas()].map((vma) => vma.anonVma !== null);
  };
  assertEquals(layout((mm) => mm.mlockall(1)), [false, true]);
  const error = (mm: AddressSpace) =>
    assertEquals(assertThrows(() => mm.mlock(0x1000, 0x2000), MmError).code, "ENOMEM");
  assertEquals(layout(error), [false, false]);
});

// The kernel stops at a guard page; which pages are some, the model does not know.
Deno.test("populate: a VMA with guard pages is left to its first use", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x3000, open(), 0, RW);
  mm.madvise(0x1000, 0x1000, MADV.GUARD_INSTALL);
  mm.mlock(0x1000, 0x2000);
  assertLayout(mm, ["1000-3000 rw-p 0 data"]);
});

// Page frames of a device, and those without `struct page`, are there already: there is nothing to fault in.
Deno.test("populate: what a driver mapped is passed over, be it accessible or not", () => {
  for (const driver of ["io", "pf"]) {
    for (const rights of ["rd wr ", ""]) {
      const mm = space();
      const flags = parseVmFlags(`${rights}mr mw me ${driver}`);
      const vmas = [{ start: 0x1000, end: 0x2000, flags }];
      mm.exec({ vmas, startBrk: 0, startStack: 0, mmapBase: 0x7fff_0000_0000 });
      mm.mlock(0x1000, 0x1000);
      assertLayout(mm, [`1000-2000 ${rights === "" ? "--" : "rw"}-p 1`]);
    }
  }
});

Deno.test("mlock: secret memory cannot be faulted in ahead of its use, other files can", () => {
  for (const secret of [false, true]) {
    const mm = space();
    const file = { ...open("secretmem"), secret };
    mm.mmap({ length: 0x1000, protection: RW, flags: 1, file });
    const { start } = [...mm.vmas()][0]!;
    if (secret) assertFails("ENOMEM", () => mm.mlock(start, 0x1000));
    else mm.mlock(start, 0x1000);
  }
});
