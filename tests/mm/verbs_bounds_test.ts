/**
 * mseal, msync, remap_file_pages, shmat and shmdt at the edges of their rules, and what a cut VMA keeps: each scenario
 * lies right beside what the rule is about.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import {
  MAP_NONBLOCK,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
  SHM_RDONLY,
} from "../../src/abi/mman.ts";
import type { SharedSegment } from "../../src/mm/vma.ts";
import { formatVmFlags } from "../../src/mm/vm_flags.ts";
import { spaceWithPages, tableOf } from "./pages.ts";
import { assertLayout, map, mapFile, mapShared, open, RW, space } from "./scene.ts";

const PAGE = 0x1000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

/** Four pages of System V shared memory. */
function segment(): SharedSegment {
  return { file: { ...open("SYSV00000000"), inode: 8 }, bytes: 4 * PAGE, attached: 0 };
}

// The kernel's lengths have no sign: what is negative here is near 2^64 there, and the range wraps.
Deno.test("mseal: a negative length wraps, be it a whole page or what rounds to nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  for (const length of [-PAGE, -1]) assertFails("EINVAL", () => mm.mseal(0x2000, length));
  mm.munmap(0x1000, 2 * PAGE);
  assertLayout(mm, []);
});

Deno.test("msync: a negative length wraps, but what rounds to nothing is nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  assertFails("ENOMEM", () => mm.msync(0x2000, -PAGE, MS_SYNC));
  mm.msync(0x2000, -1, MS_SYNC);
});

//   |-- rw --|  hole  |-- rw, locked --|        the range ends where the locked VMA begins
Deno.test("msync: a locked VMA behind the range is not met, nor is one without MS_INVALIDATE", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mlock(0x3000, PAGE);
  for (const flags of [0, MS_SYNC, MS_ASYNC, MS_INVALIDATE]) {
    assertFails("ENOMEM", () => mm.msync(0x1000, 2 * PAGE, flags));
  }
  for (const flags of [0, MS_SYNC, MS_ASYNC]) mm.msync(0x3000, PAGE, flags);
  assertFails("EBUSY", () => mm.msync(0x3000, PAGE, MS_INVALIDATE));
});

Deno.test("msync: where nothing is mapped any more is a hole for every kind of call", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  for (const flags of [0, MS_SYNC, MS_ASYNC, MS_INVALIDATE]) {
    assertFails("ENOMEM", () => mm.msync(0x1000, 2 * PAGE, flags));
  }
});

Deno.test("remap_file_pages: the pages that come are faulted in, unless MAP_NONBLOCK says not to", () => {
  for (const [flags, table] of [[0, "rr"], [MAP_NONBLOCK, ".."]] as const) {
    const { mm } = spaceWithPages();
    mapShared(mm, 0x1000, 0x4000, open(), 0);
    mm.remapFilePages(0x2000, 2 * PAGE, 0, 7, flags);
    assertEquals(tableOf(mm, 0x1000, 0x4000), "." + table);
    mm.validate();
  }
});

// A shared mapping of a file that was opened for reading counts as private (VM_MAYSHARE without VM_SHARED).
Deno.test("remap_file_pages: refuses a file that is not mapped shared, or could not be written", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x2000, open(), 0);
  mapShared(mm, 0x3000, 0x4000, open("data", { writable: false }), 0);
  assertFails("EINVAL", () => mm.remapFilePages(0x1000, PAGE, 0, 1));
  assertFails("EINVAL", () => mm.remapFilePages(0x3000, PAGE, 0, 1));
  assertLayout(mm, ["1000-2000 r--p 0 data", "3000-4000 r--s 0 data"]);
});

Deno.test("shmat: anywhere is not where something is mapped, though the first pages are taken", () => {
  const mm = space({ mmapMinAddress: 0 });
  map(mm, 0, 0x2000);
  assertEquals(mm.shmat(segment()), 0x7ffe_ffff_c000);
});

Deno.test("shmat: an attachment for reading can never be written", () => {
  const mm = space();
  mm.shmat(segment(), 0x10000, SHM_RDONLY);
  assertEquals(formatVmFlags(mm.findVma(0x10000)!.flags), "rd mr me ms");
  assertFails("EACCES", () => mm.mprotect(0x10000, PAGE, RW));
});

//   0x10000  0x11000  0x12000    0x14000
//   |-- 0 ---|  hole  |---- 2, 3 ----|          the last part ends where the segment does
Deno.test("shmdt: takes the segment's last pages too", () => {
  const mm = space();
  const shared = segment();
  mm.shmat(shared, 0x10000);
  mm.munmap(0x11000, PAGE);
  mm.shmdt(0x10000);
  assertLayout(mm, []);
  assertEquals(shared.attached, 0);
});

//   0x10000  0x11000     0x12000  0x13000 0x14000
//   |-- 0 ---|-- 1, of --|-- 0 ---|-- 3 --|     what is left: another attachment's page, and one that was
//            |  another   | again  |             remapped, so that it does not lie where the attachment has it
Deno.test("shmdt: leaves what another attachment has there, and what was remapped", () => {
  const mm = space();
  const shared = segment();
  mm.shmat(shared, 0x10000);
  mm.shmat(shared, 0x20000);
  mm.mremap(0x21000, PAGE, PAGE, MOVE, 0x11000);
  mm.remapFilePages(0x12000, PAGE, 0, 0);
  mm.shmdt(0x10000);
  assertLayout(mm, [
    "11000-12000 rw-s 1 SYSV00000000",
    "12000-13000 rw-s 0 SYSV00000000",
    "20000-21000 rw-s 0 SYSV00000000",
    "22000-24000 rw-s 2 SYSV00000000",
  ]);
  assertEquals(shared.attached, 4);
});

Deno.test("shmdt: a file that is no segment is not detached, nor is anonymous memory", () => {
  const mm = space();
  mapShared(mm, 0x10000, 0x11000, open(), 0);
  map(mm, 0x20000, 0x21000);
  assertFails("EINVAL", () => mm.shmdt(0x10000));
  assertFails("EINVAL", () => mm.shmdt(0));
  assertLayout(mm, ["10000-11000 r--s 0 data", "20000-21000 rw-p 20"]);
});

//   -0x1000  0        0x1000   0x2000
//                     |-- 2 ---|                a page whose segment would begin below the first address
Deno.test("shmdt: there is no address below 0", () => {
  const mm = space();
  mm.shmat(segment(), 0x10000);
  mm.mremap(0x12000, PAGE, PAGE, MOVE, 0x1000);
  mm.munmap(0x10000, 4 * PAGE);
  assertFails("EINVAL", () => mm.shmdt(-PAGE));
  assertLayout(mm, ["1000-2000 rw-s 2 SYSV00000000"]);
});

//   |------ "arena" ------|     ▸     |-- "arena" --|  hole  |-- "arena" --|
Deno.test("split: the parts of a named VMA have its name", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.setAnonName(0x1000, 3 * PAGE, "arena");
  mm.munmap(0x2000, PAGE);
  assertLayout(mm, ["1000-2000 rw-p 1 [anon:arena]", "3000-4000 rw-p 3 [anon:arena]"]);
});
