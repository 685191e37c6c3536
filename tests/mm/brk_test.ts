import { assertEquals } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MADV, MAP_ANONYMOUS, MAP_FIXED, MAP_GROWSDOWN, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { assertLayout, map, RW, space, touch } from "./scene.ts";

function withHeap(): AddressSpace {
  const mm = space();
  mm.exec({ vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  return mm;
}

//   start_brk 0x10000
//   |------ [heap] ------|            grows, and shrinks, at its upper end
Deno.test("brk: the heap grows and shrinks by whole pages", () => {
  const mm = withHeap();
  assertEquals(mm.brk(0), 0x10000);
  assertEquals(mm.brk(0x12345), 0x12345);
  assertLayout(mm, ["10000-13000 rw-p 10 [heap]"]);
  assertEquals(mm.brk(0x12fff), 0x12fff);
  assertEquals(mm.brk(0x15000), 0x15000);
  assertLayout(mm, ["10000-15000 rw-p 10 [heap]"]);
  assertEquals(mm.brk(0x11000), 0x11000);
  assertLayout(mm, ["10000-11000 rw-p 10 [heap]"]);
});

Deno.test("brk: below its start it stays where it is", () => {
  const mm = withHeap();
  mm.brk(0x12000);
  assertEquals(mm.brk(0xf000), 0x12000);
});

//   |-- [heap] --|  one page  |-- mapping --|
Deno.test("brk: stays a page away from what lies above", () => {
  const mm = withHeap();
  map(mm, 0x15000, 0x16000);
  assertEquals(mm.brk(0x14000), 0x14000);
  assertEquals(mm.brk(0x14001), 0x14000);
  assertLayout(mm, ["10000-14000 rw-p 10 [heap]", "15000-16000 rw-p 15"]);
});

Deno.test("brk: keeps the guard gap of a stack above", () => {
  const mm = withHeap();
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x200000, length: 0x1000, protection: RW, flags });
  assertEquals(mm.brk(0xff000), 0xff000);
  assertEquals(mm.brk(0x100000), 0xff000);
});

// brk once expanded the wrong neighbour: whatever lay below, compatible or not.
//
//   |-- [heap] dontfork --|-- [heap] --|
Deno.test("brk: a heap whose flags were changed is not expanded but continued", () => {
  const mm = withHeap();
  mm.brk(0x12000);
  mm.madvise(0x10000, 0x2000, MADV.DONTFORK);
  mm.brk(0x14000);
  assertLayout(mm, ["10000-12000 rw-p 10 [heap]", "12000-14000 rw-p 12 [heap]"]);
});

//   |-- rw below start_brk --|-- [heap] --|      touching, alike, and yet no heap
Deno.test("brk: what ends at the heap's start is no heap", () => {
  const mm = withHeap();
  map(mm, 0xe000, 0x10000);
  mm.brk(0x12000);
  assertLayout(mm, ["e000-10000 rw-p e", "10000-12000 rw-p 10 [heap]"]);
});

Deno.test("brk: the heap never joins with what lies above it", () => {
  const mm = withHeap();
  mm.brk(0x11000);
  touch(mm, 0x10000);
  map(mm, 0x14000, 0x15000);
  mm.brk(0x13000);
  assertLayout(mm, ["10000-13000 rw-p 10 [heap]*", "14000-15000 rw-p 14"]);
});

Deno.test("brk: shrinking over a hole that munmap made still shrinks", () => {
  const mm = withHeap();
  mm.brk(0x15000);
  mm.munmap(0x12000, 0x1000);
  assertEquals(mm.brk(0x11000), 0x11000);
  assertLayout(mm, ["10000-11000 rw-p 10 [heap]"]);
});

Deno.test("brk: RLIMIT_DATA binds it", () => {
  const mm = withHeap();
  mm.descriptor.limits.data = 0x3000;
  assertEquals(mm.brk(0x13001), 0x10000);
  assertEquals(mm.brk(0x13000), 0x13000);
});
