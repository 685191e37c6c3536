/** Calls that change little or nothing: mseal, msync, mincore, remap_file_pages, shmat and shmdt, naming memory. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_SHARED,
  MS_ASYNC,
  MS_INVALIDATE,
  SHM_EXEC,
  SHM_RDONLY,
  SHM_REMAP,
} from "../../src/abi/mman.ts";
import type { SharedSegment } from "../../src/mm/vma.ts";
import { formatVmFlags } from "../../src/mm/vm_flags.ts";
import { assertLayout, map, mapShared, open, RW, space, touch } from "./scene.ts";

//   |-------- rw --------|
//   |-rw-|-- sl --|--rw--|      and what is sealed merges with what is sealed
Deno.test("mseal: cuts the range out; touching seals become one VMA", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  mm.mseal(0x2000, 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 rw-p 2", "3000-5000 rw-p 3"]);
  mm.mseal(0x1000, 0x4000);
  assertLayout(mm, ["1000-5000 rw-p 1"]);
  assertEquals(formatVmFlags(mm.findVma(0)!.flags), "rd wr mr mw me ac sl");
});

Deno.test("mseal: a range with a hole seals nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertThrows(() => mm.mseal(0x1000, 0x2000), MmError);
  mm.munmap(0x1000, 0x1000);
  assertLayout(mm, []);
});

Deno.test("mseal: brk cannot give sealed memory back; exit can", () => {
  const mm = space();
  mm.exec({ vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  mm.brk(0x12000);
  mm.mseal(0x11000, 0x1000);
  assertEquals(mm.brk(0x10000), 0x12000);
  mm.exit();
  assertLayout(mm, []);
});

// MS_ASYNC alone has nothing to do, so it gives up at the first hole; the others look at all the rest.
Deno.test("msync: a locked VMA behind a hole is met by all but MS_ASYNC", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mlock(0x3000, 0x1000);
  const code = (flags: number) => assertThrows(() => mm.msync(0x1000, 0x3000, flags), MmError).code;
  assertEquals(code(MS_ASYNC), "ENOMEM");
  assertEquals(code(MS_INVALIDATE), "EBUSY");
  assertEquals(code(MS_INVALIDATE | MS_ASYNC), "EBUSY");
  mm.msync(0x1000, 0x1000, MS_INVALIDATE);
});

Deno.test("mincore: without pages every byte is 0, and many pages go in pieces", () => {
  const mm = space();
  map(mm, 0x10000, 0x10000 + 5000 * 0x1000);
  assertEquals(mm.mincore(0x10000, 5000 * 0x1000, 0x10000), new Uint8Array(5000));
});

//   |-- file 0 1 2 3 --|
//   |-0-|-- 6 --|-2 3--|
Deno.test("remapFilePages: another part of the file in the middle, under the same rights", () => {
  const mm = space();
  const file = open();
  mapShared(mm, 0x1000, 0x5000, file, 0, RW);
  mm.remapFilePages(0x2000, 0x1000, 0, 6);
  assertLayout(mm, ["1000-2000 rw-s 0 data", "2000-3000 rw-s 6 data", "3000-5000 rw-s 2 data"]);
  assertThrows(() => mm.remapFilePages(0x1000, 0x5000, 0, 0), MmError);
  mm.remapFilePages(0x2000, 0x1000, 0, 1);
  assertLayout(mm, ["1000-5000 rw-s 0 data"]);
});

Deno.test("remapFilePages: over several VMAs of one file; what was locked or executable stays so", () => {
  const mm = space();
  const file = open();
  mapShared(mm, 0x1000, 0x3000, file, 0, 5);
  mapShared(mm, 0x3000, 0x5000, file, 0x8000, 5);
  mm.mlock(0x1000, 0x4000);
  mm.remapFilePages(0x1000, 0x4000, 0, 3);
  assertLayout(mm, ["1000-5000 r-xs 3 data"]);
  assertEquals(formatVmFlags(mm.findVma(0)!.flags), "rd ex sh mr mw me ms lo");
  assertEquals(mm.descriptor.lockedPages, 4);
});

function segment(): SharedSegment {
  const file = { ...open("SYSV00000000"), device: "00:01", inode: 8 };
  return { file, bytes: 0x3005, attached: 0 };
}

Deno.test("shmat: rights by its flags; the segment counts the VMAs of all attachments", () => {
  const mm = space();
  const shared = segment();
  assertEquals(mm.shmat(shared), 0x7ffe_ffff_c000);
  mm.shmat(shared, 0x10000, SHM_EXEC);
  mm.shmat(shared, 0x14000, SHM_RDONLY);
  mm.shmat(shared, 0x18000, SHM_RDONLY | SHM_EXEC);
  const [all, ...others] = [...mm.vmas()].map((vma) => formatVmFlags(vma.flags));
  assertEquals(all, "rd wr ex sh mr mw me ms");
  assertEquals(others, ["rd mr me ms", "rd ex mr me ms", "rd wr sh mr mw me ms"]);
  assertEquals(shared.attached, 4);
  const child = mm.fork();
  assertEquals(shared.attached, 8);
  child.exit();
  mm.mprotect(0x11000, 0x1000, 0);
  assertEquals(shared.attached, 6);
  mm.exit();
  assertEquals(shared.attached, 0);
});

//   |---- segment, 4 pages ----|
//   |-0-|  hole  |2-|-- rw* ---|       shmdt takes what is left of it, not what came in its place
Deno.test("shmdt: detaches every part that is left, and nothing else", () => {
  const mm = space();
  const shared = segment();
  mm.shmat(shared, 0x10000);
  mm.munmap(0x11000, 0x1000);
  map(mm, 0x13000, 0x14000);
  mm.shmdt(0x10000);
  assertLayout(mm, ["13000-14000 rw-p 13"]);
  assertEquals(shared.attached, 0);
  assertThrows(() => mm.shmdt(0x10000), MmError);
});

// Two attachments of one segment that touch: each goes alone.
Deno.test("shmdt: another attachment of the same segment stays", () => {
  const mm = space();
  const shared = segment();
  mm.shmat(shared, 0x10000);
  mm.shmat(shared, 0x14000);
  mm.shmdt(0x10000);
  assertLayout(mm, ["14000-18000 rw-s 0 SYSV00000000"]);
  assertEquals(shared.attached, 1);
});

Deno.test("shmat: SHM_REMAP replaces what is mapped there", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  mm.shmat(segment(), 0x11000, SHM_REMAP);
  assertLayout(mm, [
    "10000-11000 rw-p 10",
    "11000-15000 rw-s 0 SYSV00000000",
    "15000-18000 rw-p 15",
  ]);
});

Deno.test("setAnonName: names a middle, beyond holes too; null takes the name away", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  map(mm, 0x6000, 0x7000);
  touch(mm, 0x1000);
  mm.setAnonName(0x2000, 0x1000, "arena 1");
  assertLayout(mm, [
    "1000-2000 rw-p 1*",
    "2000-3000 rw-p 2 [anon:arena 1]*",
    "3000-4000 rw-p 3*",
    "6000-7000 rw-p 6",
  ]);
  const error = assertThrows(() => mm.setAnonName(0x1000, 0x6000, "x"), MmError);
  assertEquals(error.code, "ENOMEM");
  assertLayout(mm, ["1000-4000 rw-p 1 [anon:x]*", "6000-7000 rw-p 6 [anon:x]"]);
  mm.setAnonName(0x1000, 0x3000, null);
  mm.setAnonName(0x6000, 0x1000, null);
  assertLayout(mm, ["1000-4000 rw-p 1*", "6000-7000 rw-p 6"]);
});

Deno.test("setAnonName: shared anonymous memory has a name too; other files have not", () => {
  const mm = space();
  const flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
  mm.setAnonName(0x1000, 0x1000, "ring");
  mm.setAnonName(0x1000, 0x1000, "ring");
  assertLayout(mm, ["1000-2000 rw-s 0 [anon_shmem:ring]"]);
  assert(mm.maps().includes("[anon_shmem:ring]"));
});

Deno.test("remap_file_pages: the pages that come may be accessed as those that went", () => {
  const mm = space();
  const file = open();
  mapShared(mm, 0x1000, 0x3000, file, 0, 4);
  mapShared(mm, 0x3000, 0x5000, file, 0x2000, 2);
  mm.remapFilePages(0x1000, 0x1000, 0, 7);
  mm.remapFilePages(0x3000, 0x1000, 0, 8);
  assertLayout(mm, [
    "1000-2000 --xs 7 data",
    "2000-3000 --xs 1 data",
    "3000-4000 -w-s 8 data",
    "4000-5000 -w-s 3 data",
  ]);
});
