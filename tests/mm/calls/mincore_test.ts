/**
 * mincore: which pages are in memory, and where the answer may be written.
 */
import { PROT_READ } from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { spaceWithPages } from "../pages/pages.ts";
import { assertFails, map, mapFile, open, space } from "../scene.ts";
import { assertEquals } from "@std/assert";

const PAGE = 0x1000;

const TOP = 0x10000;

/** Sixteen pages of addresses, the first of which may not be mapped. */
function small(options: AddressSpaceOptions = {}): AddressSpace {
  return space({ taskSize: TOP, mmapBase: TOP, ...options });
}

Deno.test("mincore: the answer may lie in the last user's page, and at 0 if it is empty", () => {
  const mm = small();
  map(mm, TOP - PAGE, TOP);
  assertEquals([...mm.mincore(TOP - PAGE, PAGE, TOP - 1)], [0]);
  assertFails("EFAULT", () => mm.mincore(TOP - PAGE, PAGE, TOP));
  assertEquals([...mm.mincore(TOP - PAGE, 0, 0)], []);
});

/** A page at 0x1000, a VMA of three pages above it, and a page for the answer at 0x10000. */
function asked(): AddressSpace {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x5000, PROT_READ);
  map(mm, 0x10000, 0x11000);
  return mm;
}

//   |- rw -|---- r ----|            |- rw -| nothing     two bytes of answer end with the page they are in
//   |<- asked ->|                         01
Deno.test("mincore: the answer needs no more room than pages that were asked for", () => {
  const mm = asked();
  assertEquals([...mm.mincore(0x1000, 2 * PAGE, 0x11000 - 2)], [0, 0]);
  assertFails("EFAULT", () => mm.mincore(0x1000, 2 * PAGE, 0x11000 - 1));
});

//   |- rw -|- r -|     the second byte of the answer falls on what may not be written
Deno.test("mincore: every byte of the answer must be writable", () => {
  const mm = asked();
  map(mm, 0x11000, 0x12000, PROT_READ);
  assertFails("EFAULT", () => mm.mincore(0x1000, 2 * PAGE, 0x11000 - 1));
  assertEquals([...mm.mincore(0x1000, PAGE, 0x11000 - 1)], [0]);
  assertFails("EFAULT", () => mm.mincore(0x1000, PAGE, 0x11000));
});

// One mapping of a file has read its third page; another, which has read nothing, is asked.
Deno.test("mincore: a page of a file is looked up in its cache by its offset", () => {
  const { mm } = spaceWithPages();
  mapFile(mm, 0x1000, 0x2000, open(), 2 * PAGE);
  mm.fault(0x1000, "read");
  mapFile(mm, 0x8000, 0xc000, open(), 0);
  assertEquals([...mm.mincore(0x8000, 4 * PAGE)], [0, 0, 1, 0]);
});

Deno.test("mincore: without pages every byte is 0, and many pages go in pieces", () => {
  const mm = space();
  map(mm, 0x10000, 0x10000 + 5000 * 0x1000);
  assertEquals(mm.mincore(0x10000, 5000 * 0x1000, 0x10000), new Uint8Array(5000));
});

Deno.test("mincore: every part of a huge page is in memory, what lies beside it is not", () => {
  const mm = space({ memory: new PhysicalMemory({ hugePages: "always" }) });
  const mib = 0x10_0000;
  map(mm, 2 * mib, 6 * mib);
  mm.writePage(2 * mib, 1);
  assertEquals([...mm.mincore(4 * mib - 2 * PAGE, 4 * PAGE)], [1, 1, 0, 0]);
});

//   |- 1 -|- 2 3 4 -|  hole      where nothing is mapped at once, the answer's place is not looked at
Deno.test("mincore: a hole at once is ENOMEM wherever the answer is to go, one later after what comes before", () => {
  const mm = asked();
  assertFails("ENOMEM", () => mm.mincore(0x8000, PAGE, 0x90000));
  assertFails("EFAULT", () => mm.mincore(0x4000, 2 * PAGE, 0x90000));
  assertFails("ENOMEM", () => mm.mincore(0x4000, 2 * PAGE, 0x10000));
  assertFails("ENOMEM", () => mm.mincore(0x4000, 2 * PAGE));
});
