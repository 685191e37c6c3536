import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { assertLayout, map, RW, space, touch } from "../scene.ts";
import { assertEquals } from "@std/assert";

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

const TOP = 0x10000;

/** Sixteen pages of addresses, the first of which may not be mapped. */
function small(options: AddressSpaceOptions = {}): AddressSpace {
  return space({ taskSize: TOP, mmapBase: TOP, ...options });
}

/** A program whose heap begins at `startBrk`, with nothing mapped. */
function start(mm: AddressSpace, startBrk: number): void {
  mm.exec({ vmas: [], startBrk, startStack: 0, mmapBase: TOP });
}

//   0x1000          0x8000        0x10000
//   |                |--- heap ---|  the last user's address is the heap's last byte
Deno.test("brk: the heap may end at the task size, and no later", () => {
  const mm = small();
  start(mm, 0x8000);
  assertEquals(mm.brk(TOP + 1), 0x8000);
  assertEquals(mm.brk(TOP), TOP);
  assertLayout(mm, ["8000-10000 rw-p 8 [heap]"]);
});

const PAGE = 0x1000;

//   |-1-|  |-2-|       |-heap-|     two VMAs of two allowed: the heap is the one too many that is let through
Deno.test("brk: refused once the count is beyond max_map_count, not when it is there", () => {
  const mm = small({ maxMapCount: 2 });
  start(mm, 0x8000);
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  assertEquals(mm.brk(0x9000), 0x9000);
  assertEquals(mm.mapCount, 3);
  assertEquals(mm.brk(0xa000), 0x9000);
  mm.munmap(0x1000, PAGE);
  assertEquals(mm.brk(0xa000), 0xa000);
  assertLayout(mm, ["3000-4000 rw-p 3", "8000-a000 rw-p 8 [heap]"]);
});

//   |-heap-|hole|   the heap's second page was unmapped: there is nothing to shrink by
Deno.test("brk: does not shrink over what is not mapped", () => {
  const mm = small();
  start(mm, 0x8000);
  mm.brk(0xa000);
  mm.munmap(0x9000, PAGE);
  assertEquals(mm.brk(0x9000), 0xa000);
  assertLayout(mm, ["8000-9000 rw-p 8 [heap]"]);
});

/** A program whose heap begins at `startBrk`. */
function program(startBrk: number, options: AddressSpaceOptions = {}): AddressSpace {
  const mm = space(options);
  mm.exec({ vmas: [], startBrk, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  return mm;
}

Deno.test("brk: back to where it began leaves no heap, and no further", () => {
  const mm = program(0x8000);
  assertEquals(mm.brk(0xa000), 0xa000);
  assertEquals(mm.brk(0x7fff), 0xa000);
  assertEquals(mm.brk(0x8000), 0x8000);
  assertLayout(mm, []);
});

// The limit counts the heap's bytes, not its pages; a soft limit of 0 leaves no heap, whatever it is for mmap.
Deno.test("brk: RLIMIT_DATA is the heap's length in bytes", () => {
  const mm = program(0x8800, { limits: { data: 2 * PAGE } });
  assertEquals(mm.brk(0xa801), 0x8800);
  assertEquals(mm.brk(0xa800), 0xa800);
  const none = program(0x8000, { limits: { data: 0 } });
  map(none, 0x1000, 0x2000);
  assertEquals(none.brk(0x9000), 0x8000);
});

Deno.test("brk: a new heap takes a VMA and tree nodes, a longer one tree nodes", () => {
  const mm = program(0x8000);
  const grow = (address: number, left: number) => {
    mm.descriptor.faultInjection.left = left;
    return [mm.brk(address), mm.descriptor.faultInjection.left];
  };
  assertEquals(grow(0x9000, 1)[0], 0x8000);
  assertEquals(grow(0x9000, 2), [0x9000, 0]);
  assertEquals(grow(0xa000, 1), [0xa000, 0]);
  assertLayout(mm, ["8000-a000 rw-p 8 [heap]"]);
});

Deno.test("brk: the heap is marked for merging, and executable, where all memory is to be", () => {
  for (const asked of [false, true]) {
    const mm = space();
    mm.exec({ vmas: [], startBrk: 0x20000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
    mm.descriptor.mergesAny = asked;
    mm.descriptor.readImpliesExec = asked;
    mm.brk(0x21000);
    const flags = formatVmFlags(mm.findVma(0x20000)!.flags);
    assertEquals(flags, asked ? "rd wr ex mr mw me ac mg" : "rd wr mr mw me ac");
  }
});
