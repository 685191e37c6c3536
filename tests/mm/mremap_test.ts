import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import {
  MAP_ANONYMOUS,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../src/abi/mman.ts";
import { parseVmFlags } from "../../src/mm/vm_flags.ts";
import { assertLayout, map, open, RW, space, touch } from "./scene.ts";

const BASE = 0x7fff_0000_0000;
const FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;

//   |-- rw --|  free          |-- rw ------|
Deno.test("mremap: grows in place where there is room", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertEquals(mm.mremap(0x1000, 0x1000, 0x3000), 0x1000);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

//   |-- rw --|free|-- rw --|      fills the gap exactly: one VMA
Deno.test("mremap: growing up to a like neighbour joins with it", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mremap(0x1000, 0x1000, 0x2000);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("mremap: shrinks in place", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  assertEquals(mm.mremap(0x1000, 0x4000, 0x1000), 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

Deno.test("mremap: without room it moves if it may, else ENOMEM", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  assertEquals(assertThrows(() => mm.mremap(0x1000, 0x1000, 0x2000), MmError).code, "ENOMEM");
  assertEquals(mm.mremap(0x1000, 0x1000, 0x2000, MREMAP_MAYMOVE), BASE - 0x2000);
  assertLayout(mm, ["2000-3000 r--p 2", "7ffeffffe000-7fff00000000 rw-p 7ffeffffe"]);
});

// Pages that were written keep the offset under which the reverse map knows them; others get a new one.
Deno.test("mremap: a move keeps the page offset of what was written, and only of that", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x4000, 0x5000);
  touch(mm, 0x4000);
  mm.mremap(0x1000, 0x1000, 0x1000, FIXED, 0x10000);
  mm.mremap(0x4000, 0x1000, 0x1000, FIXED, 0x20000);
  assertLayout(mm, ["10000-11000 rw-p 10", "20000-21000 rw-p 4*"]);
});

//   |------- rw* -------|   the middle moves; both ends stay
Deno.test("mremap: the middle of a VMA can move away", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  touch(mm, 0x1000);
  mm.mremap(0x2000, 0x1000, 0x1000, FIXED, 0x10000);
  assertLayout(mm, ["1000-2000 rw-p 1*", "3000-4000 rw-p 3*", "10000-11000 rw-p 2*"]);
});

Deno.test("mremap: MREMAP_FIXED replaces what lies at the target", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000, 1);
  map(mm, 0x8000, 0xb000);
  mm.mremap(0x1000, 0x1000, 0x1000, FIXED, 0x9000);
  assertLayout(mm, ["8000-9000 rw-p 8", "9000-a000 r--p 9", "a000-b000 rw-p a"]);
});

//   |-- rw --|-- r --|   gap   |-- rw --|      several VMAs move at once, the gap with them
Deno.test("mremap: MREMAP_FIXED without resizing moves several VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  map(mm, 0x4000, 0x5000);
  assertEquals(mm.mremap(0x1000, 0x4000, 0x4000, FIXED, 0x10000), 0x10000);
  assertLayout(mm, ["10000-11000 rw-p 10", "11000-12000 r--p 11", "13000-14000 rw-p 13"]);
});

Deno.test("mremap: MREMAP_DONTUNMAP leaves an empty VMA that was never written", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const target = mm.mremap(0x1000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  assertEquals(target, BASE - 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", "7ffefffff000-7fff00000000 rw-p 1*"]);
});

Deno.test("mremap: old length 0 maps shared memory twice, private memory not", () => {
  const mm = space();
  const flags = MAP_SHARED | MAP_ANONYMOUS | 0x10;
  mm.mmap({ address: 0x1000, length: 0x2000, protection: RW, flags });
  mm.mremap(0x1000, 0, 0x2000, MREMAP_MAYMOVE);
  assertEquals(mm.mapCount, 2);
  assertEquals(new Set([...mm.vmas()].map((vma) => vma.file)).size, 1);
  map(mm, 0x8000, 0x9000);
  const error = assertThrows(() => mm.mremap(0x8000, 0, 0x1000, MREMAP_MAYMOVE), MmError);
  assertEquals(error.code, "EINVAL");
});

// A device's mapping merges with nothing, so not with its own extension either.
Deno.test("mremap: a device's mapping does not grow in place", () => {
  const mm = space();
  mm.exec({
    vmas: [{
      start: 0x1000,
      end: 0x2000,
      flags: parseVmFlags("rd wr sh mr mw me ms io"),
      file: open(),
    }],
    startBrk: 0,
    startStack: 0,
    mmapBase: BASE,
  });
  const error = assertThrows(() => mm.mremap(0x1000, 0x1000, 0x2000, MREMAP_MAYMOVE), MmError);
  assertEquals(error.code, "ENOMEM");
  assertLayout(mm, ["1000-2000 rw-s 1 data"]);
});
