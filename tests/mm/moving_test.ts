/** mremap, remap_file_pages and MAP_FIXED over something: what must stay as it was, and what limits count. */
import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import {
  MAP_GROWSDOWN,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_NONE,
  PROT_READ,
} from "../../src/abi/mman.ts";
import { formatVmFlags } from "../../src/mm/vm_flags.ts";
import { assertLayout, FIXED, map, mapShared, open, RW, space } from "./scene.ts";

const PAGE = 0x1000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

//   |---- rw ----|-- r- --|     ▸     |rw|        |-- r- --|
Deno.test("mremap: shrinking leaves what lies behind alone", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  map(mm, 0x4000, 0x6000, PROT_READ);
  assertEquals(mm.mremap(0x1000, 0x3000, PAGE), 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", "4000-6000 r--p 4"]);
});

Deno.test("mremap: to the length it has, even beyond its VMA, is no work and no error", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  assertEquals(mm.mremap(0x1000, 0x8000, 0x8000), 0x1000);
  assertFails("EFAULT", () => mm.mremap(0x1000, 0x8000, 0x9000));
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("mremap: what is sealed neither grows nor shrinks nor moves", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  mm.mseal(0x1000, 0x2000);
  assertFails("EPERM", () => mm.mremap(0x1000, 0x2000, 0x3000));
  assertFails("EPERM", () => mm.mremap(0x1000, 0x2000, PAGE));
  assertFails("EPERM", () => mm.mremap(0x1000, 0x2000, 0x2000, MOVE, 0x8000));
  assertLayout(mm, ["1000-3000 rw-p 1"]);
});

//   |---- rw, 3 pages ----|              ▸              |rw|
Deno.test("mremap: moved and shrunk at once, nothing stays behind", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  assertEquals(mm.mremap(0x1000, 0x3000, PAGE, MOVE, 0x8000), 0x8000);
  assertLayout(mm, ["8000-9000 rw-p 8"]);
});

Deno.test("mremap: with MREMAP_DONTUNMAP alone the address is a wish, and what is there stays", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x8000, 0x9000, PROT_READ);
  const flags = MREMAP_DONTUNMAP | MREMAP_MAYMOVE;
  assertEquals(mm.mremap(0x1000, PAGE, PAGE, flags, 0x8000), 0x7ffe_ffff_f000);
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "8000-9000 r--p 8",
    "7ffefffff000-7fff00000000 rw-p 7ffefffff",
  ]);
});

//   |-1-|        ▸    |-1-| 1 page |-stack-|     in the stack's guard gap, as ordered
Deno.test("mremap: MREMAP_FIXED heeds no guard gap, as MAP_FIXED does not", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x40_0000, length: PAGE, protection: RW, flags });
  assertEquals(mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x3f_e000), 0x3f_e000);
  assertLayout(mm, ["3fe000-3ff000 rw-p 3fe", "400000-401000 rw-p 400"]);
});

Deno.test("mremap: a move needs no more address space and no new promise; what stays behind does", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.descriptor.limits.addressSpace = 3 * PAGE;
  mm.descriptor.commit.memoryPages = 2;
  assertEquals(mm.mremap(0x1000, 0x3000, 0x3000, MOVE, 0x8000), 0x8000);
  assertEquals(mm.descriptor.commit.pages, 3);
  mm.descriptor.limits.addressSpace = 10 * PAGE;
  const flags = MOVE | MREMAP_DONTUNMAP;
  assertFails("ENOMEM", () => mm.mremap(0x8000, 0x3000, 0x3000, flags, 0x1000));
  mm.descriptor.commit.memoryPages = 3;
  assertEquals(mm.mremap(0x8000, 0x3000, 0x3000, flags, 0x1000), 0x1000);
  assertEquals([mm.descriptor.commit.pages, mm.totalPages], [6, 6]);
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

Deno.test("mprotect: a stack is changed down to its start, but not both ways at once", () => {
  const mm = space();
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x1000, length: 0x3000, protection: RW, flags });
  assertFails("EINVAL", () => mm.mprotect(0x3000, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
  assertLayout(mm, ["1000-4000 rw-p 1"]);
  mm.mprotect(0x3000, PAGE, PROT_READ | PROT_GROWSDOWN);
  assertLayout(mm, ["1000-4000 r--p 1"]);
});

for (const protection of [PROT_NONE, PROT_READ, RW]) {
  Deno.test(`remap_file_pages: flags stay as they were, locked or not, protection ${protection}`, () => {
    for (const locked of [false, true]) {
      const mm = space();
      mapShared(mm, 0x1000, 0x4000, open(), 0, protection);
      if (locked && protection !== PROT_NONE) mm.mlock(0x1000, 0x3000);
      const before = formatVmFlags(mm.findVma(0x1000)!.flags);
      mm.remapFilePages(0x2000, PAGE, 0, 7);
      const vma = mm.findVma(0x2000)!;
      assertEquals([vma.start, vma.end, vma.pageOffset], [0x2000, 0x3000, 7]);
      assertEquals(formatVmFlags(vma.flags), before);
      mm.validate();
    }
  });
}
