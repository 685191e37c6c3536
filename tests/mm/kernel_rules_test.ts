/**
 * Rules that random calls on a running kernel (Linux 6.18) taught: each scenario is one at which the model once
 * answered otherwise.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { cannot, MmError } from "../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MLOCK_ONFAULT,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_NONE,
  PROT_READ,
} from "../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../src/abi/page.ts";
import { formatVmFlags, VM_LOCKED, VM_MERGEABLE } from "../../src/mm/vm_flags.ts";
import { assertLayout, FIXED, map, mapFile, mapShared, open, RW, space, touch } from "./scene.ts";

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

function flagsAt(mm: AddressSpace, address: number): string {
  return formatVmFlags(mm.findVma(address)!.flags);
}

//   0x1000  0x2000  0x3000                  guard pages in the lower VMA only
//   |--gu--||------|   unmapped, then
//   |------ one VMA, gu ------|             mapped next to it again: what is sticky does not keep apart
Deno.test("madvise: guard pages give the VMA an anon_vma, and their mark spreads by merging", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.madvise(0x1000, 0x1000, MADV.GUARD_INSTALL);
  assertLayout(mm, ["1000-2000 rw-p 1*"]);
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-3000 rw-p 1*"]);
  assertEquals(flagsAt(mm, 0x1000), "rd wr mr mw me gu ac");
});

//   |-- rw --|-- rw, locked --|-- r--s --|     each kind of VMA refuses other advice
Deno.test("madvise: advice about pages is refused by the VMAs it does not suit", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mlock(0x3000, 0x1000);
  mapShared(mm, 0x5000, 0x6000, open("data", { writable: false }), 0);
  const cases: readonly [number, number, string][] = [
    [0x1000, MADV.REMOVE, "EINVAL"],
    [0x3000, MADV.DONTNEED, "EINVAL"],
    [0x3000, MADV.FREE, "EINVAL"],
    [0x3000, MADV.COLD, "EINVAL"],
    [0x3000, MADV.PAGEOUT, "EINVAL"],
    [0x3000, MADV.GUARD_INSTALL, "EINVAL"],
    [0x5000, MADV.FREE, "EINVAL"],
    [0x5000, MADV.REMOVE, "EACCES"],
    [0x5000, MADV.POPULATE_WRITE, "EINVAL"],
    [0x1000, MADV.COLLAPSE, "EINVAL"],
  ];
  for (const [address, advice, code] of cases) {
    assertFails(code, () => mm.madvise(address, 0x1000, advice));
  }
  for (const advice of [MADV.DONTNEED_LOCKED, MADV.GUARD_REMOVE, MADV.POPULATE_WRITE]) {
    mm.madvise(0x3000, 0x1000, advice);
  }
});

//   |-- shared, 2 pages --|........|     grown to 3: the third page lies behind the memory's end
Deno.test("mremap: shared memory stays as long as it was made, and cannot be faulted in behind", () => {
  const mm = space();
  mm.mmap({ address: 0x1000, length: 0x2000, protection: RW, flags: MAP_SHARED | 0x30 });
  mm.mremap(0x1000, 0x2000, 0x3000);
  mm.mlock(0x1000, 0x2000);
  assertFails("ENOMEM", () => mm.mlock(0x1000, 0x3000));
  assertEquals(mm.descriptor.lockedPages, 3);
  assertFails("EFAULT", () => mm.madvise(0x1000, 0x3000, MADV.POPULATE_READ));
});

//   |-- rw --|-- --- --|     locked both, and ENOMEM for the second, which cannot be faulted in
Deno.test("mlock: what may not be accessed is locked, and the call fails all the same", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, PROT_NONE);
  assertFails("ENOMEM", () => mm.mlock(0x1000, 0x2000));
  assertEquals(mm.descriptor.lockedPages, 2);
  mm.mlock(0x1000, 0x2000, 1); // MLOCK_ONFAULT faults nothing in
});

Deno.test("mlock: a length that wraps round to nothing locks nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mlock(0x1000, ADDRESS_LIMIT - 1);
  assertEquals(mm.descriptor.lockedPages, 0);
  mm.mlock(0x1234, ADDRESS_LIMIT - 1); // wraps round to one page
  assertEquals(mm.descriptor.lockedPages, 1);
  assertFails("EINVAL", () => mm.mlock(0x1000, ADDRESS_LIMIT - 0x1000));
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

Deno.test("madvise: a shared mapping that cannot be written is passed over by same-page merging", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x2000, open("data", { writable: false }), 0);
  mm.madvise(0x1000, 0x1000, MADV.MERGEABLE);
  assertEquals(mm.findVma(0)!.flags & VM_MERGEABLE, 0);
});

Deno.test("mprotect: a range that wraps is ENOMEM before anything is changed", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertFails("ENOMEM", () => mm.mprotect(0x1000, ADDRESS_LIMIT - 0x1000, PROT_READ));
  assertFails("ENOMEM", () => mm.mprotect(0x1000, ADDRESS_LIMIT - 1, PROT_READ));
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

//   |-- rw * --|                 moved, but left empty behind
//   |-- rw   --|  …  |-- rw * --|
Deno.test("mremap: MREMAP_DONTUNMAP leaves a VMA that was never written, at its old page offset", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.mremap(0x1000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x5000);
  assertLayout(mm, ["5000-6000 rw-p 1*"]);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  mm.mremap(0x5000, 0x1000, 0x1000, flags, 0x9000);
  assertLayout(mm, ["5000-6000 rw-p 1", "9000-a000 rw-p 1*"]);
});

//            |-- rw, locked --|
//   |---- one VMA, unlocked --|     the copy lies right below its source and merges with it
Deno.test("mremap: MREMAP_DONTUNMAP unlocks the source even where it is one VMA with the copy", () => {
  const mm = space();
  map(mm, 0x2000, 0x3000);
  mm.mlock(0x2000, 0x1000, MLOCK_ONFAULT);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  mm.mremap(0x2000, 0x1000, 0x1000, flags, 0x1000);
  assertLayout(mm, ["1000-3000 rw-p 1"]);
  assertEquals([mm.findVma(0)!.flags & VM_LOCKED, mm.descriptor.lockedPages], [0, 0]);
});

Deno.test("mremap: a second mapping right over its source finds nothing any more", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x3000, open(), 0);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  assertFails("EFAULT", () => mm.mremap(0x1000, 0, 0x1000, flags, 0x1000));
  assertLayout(mm, ["2000-3000 r--s 1 data"]);
});

Deno.test("mremap: an old length beyond the user's addresses cannot shrink", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  assertFails("EINVAL", () => mm.mremap(0x1000, ADDRESS_LIMIT - 0x1000, 0x1000));
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  assertFails("EFAULT", () => mm.mremap(0x1000, ADDRESS_LIMIT - 0x1000, 0x3000, flags, 0x8000));
});

//   |-- segment --|-- rw --|     both to another place
Deno.test("mremap: a System V segment is not moved together with others", () => {
  const mm = space();
  const segment = { file: open("SYSV00000000"), bytes: 0x1000, attached: 0 };
  mm.shmat(segment, 0x1000);
  map(mm, 0x2000, 0x3000);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  assertFails("EFAULT", () => mm.mremap(0x1000, 0x2000, 0x2000, flags, 0x8000));
  assertLayout(mm, ["1000-2000 rw-s 0 SYSV00000000", "2000-3000 rw-p 2"]);
  mm.mremap(0x1000, 0x1000, 0x1000, flags, 0x8000);
  assertLayout(mm, ["2000-3000 rw-p 2", "8000-9000 rw-s 0 SYSV00000000"]);
});
