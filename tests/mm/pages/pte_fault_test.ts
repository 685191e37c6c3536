/**
 * What a fault enters in the page table.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../../src/abi/mman.ts";
import { beginMigration, finishMigration } from "../../../src/mm/pages/migrate.ts";
import { pageAt, spaceWithPages, tableOf } from "./pages.ts";
import { map, mapFile, mapShared, open, RW, space, touch } from "../scene.ts";

Deno.test("pages: an address space made without memory has no page table", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  assertEquals(mm.descriptor.pageTable, null);
  assertEquals(mm.entry(0x1000), undefined);
});

//   0x1000 read  0x2000 written  0x3000 untouched
Deno.test("pages: reading shows the zero page, writing a page of its own", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x4000);
  mm.fault(0x1000, "read");
  touch(mm, 0x2000);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "0w.");
  assertEquals(memory.anonymousPages, 1);
  touch(mm, 0x1fff);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "ww.");
  assert(pageAt(mm, 0x1000) !== pageAt(mm, 0x2000));
  mm.validate();
});

//   parent  |-- w --|        fork: both read the same page
//   child   |-- r --|        the child's write copies, the parent's then takes the page back
Deno.test("pages: after a fork the first to write gets a copy, the last one the page itself", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const page = pageAt(mm, 0x1000);
  const child = mm.fork();
  assertEquals([tableOf(mm, 0x1000, 0x2000), tableOf(child, 0x1000, 0x2000)], ["r", "r"]);
  assert(pageAt(child, 0x1000) === page);
  for (const each of [mm, child]) each.validate();
  touch(child, 0x1000);
  assert(pageAt(child, 0x1000) !== page);
  assertEquals(memory.anonymousPages, 2);
  touch(mm, 0x1000);
  assert(pageAt(mm, 0x1000) === page);
  for (const each of [mm, child]) each.validate();
  child.exit();
  mm.exit();
  assertEquals(memory.anonymousPages, 0);
});

Deno.test("pages: of a private file, reading shows the file's page and writing a copy", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x3000, file, 0x5000, RW);
  mm.fault(0x1000, "read");
  mm.fault(0x2000, "read");
  assertEquals(tableOf(mm, 0x1000, 0x3000), "rr");
  assert(pageAt(mm, 0x1000) === memory.mappingOf(file).pages.get(5));
  touch(mm, 0x1000);
  assertEquals(tableOf(mm, 0x1000, 0x3000), "wr");
  assert(pageAt(mm, 0x1000) !== memory.mappingOf(file).pages.get(5));
  mm.validate();
});

Deno.test("pages: two open files of one inode show the same pages, written to by both", () => {
  const { mm, memory } = spaceWithPages();
  mapShared(mm, 0x1000, 0x2000, open(), 0, RW);
  mapShared(mm, 0x3000, 0x4000, open(), 0, RW);
  touch(mm, 0x1000);
  touch(mm, 0x3000);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "w.w");
  assert(pageAt(mm, 0x1000) === pageAt(mm, 0x3000));
  assertEquals(pageAt(mm, 0x1000).mapped, 2);
  mm.munmap(0x1000, 0x3000);
  assertEquals(memory.mappingOf(open()).pages.size, 1);
});

Deno.test("pages: shared anonymous memory stays shared across a fork, and is one memory each", () => {
  const { mm } = spaceWithPages();
  const flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
  mm.mmap({ address: 0x2000, length: 0x1000, protection: RW, flags });
  const child = mm.fork();
  touch(child, 0x1000);
  touch(mm, 0x1000);
  touch(mm, 0x2000);
  assert(pageAt(child, 0x1000) === pageAt(mm, 0x1000));
  assert(pageAt(mm, 0x1000) !== pageAt(mm, 0x2000));
  for (const each of [mm, child]) each.validate();
});

Deno.test("pages: unmapping clears what lies in the range and gives its pages back", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x5000);
  for (let at = 0x1000; at < 0x5000; at += 0x1000) touch(mm, at);
  mm.munmap(0x2000, 0x2000);
  assertEquals(tableOf(mm, 0x1000, 0x5000), "w..w");
  assertEquals(memory.anonymousPages, 2);
  map(mm, 0x1000, 0x2000);
  assertEquals(tableOf(mm, 0x1000, 0x5000), "...w");
  mm.validate();
});

Deno.test("pages: without the right to write they are only read, and taken over again later", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const page = pageAt(mm, 0x1000);
  mm.mprotect(0x1000, 0x1000, 1);
  assertEquals(tableOf(mm, 0x1000, 0x2000), "r");
  mm.mprotect(0x1000, 0x1000, RW);
  touch(mm, 0x1000);
  assert(pageAt(mm, 0x1000) === page);
  mm.validate();
});

// A debugger may write where the program may not: to a copy, if it is not the program's own yet.
Deno.test("pages: a forced write to read-only memory copies, and leaves it read-only", () => {
  const { mm } = spaceWithPages();
  mapFile(mm, 0x1000, 0x2000, open(), 0);
  mm.fault(0x1000, "force");
  assertEquals(tableOf(mm, 0x1000, 0x2000), "r");
  const page = pageAt(mm, 0x1000);
  mm.fault(0x1000, "force");
  assert(pageAt(mm, 0x1000) === page);
  mm.validate();
});

//   |-- w w --|            |-- w w --|         the pages go along, and are still found
Deno.test("pages: a move takes them along; MREMAP_DONTUNMAP leaves none behind", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x1000);
  touch(mm, 0x2000);
  const page = pageAt(mm, 0x2000);
  mm.mremap(0x1000, 0x2000, 0x2000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x8000);
  assert(pageAt(mm, 0x9000) === page);
  mm.validate();
  const target = mm.mremap(0x8000, 0x2000, 0x2000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  assertEquals(tableOf(mm, 0x8000, 0xa000), "..");
  assert(pageAt(mm, target + 0x1000) === page);
  mm.validate();
});

Deno.test("pages: advice empties, swaps out and fills in", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x4000);
  mm.madvise(0x1000, 0x3000, MADV.POPULATE_WRITE);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "www");
  mm.madvise(0x1000, 0x2000, MADV.PAGEOUT);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "ssw");
  assertEquals([memory.anonymousPages, memory.swapSlots], [1, 2]);
  mm.madvise(0x2000, 0x2000, MADV.DONTNEED);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "s..");
  assertEquals([memory.anonymousPages, memory.swapSlots], [0, 1]);
  mm.madvise(0x1000, 0x3000, MADV.POPULATE_READ);
  assertEquals(tableOf(mm, 0x1000, 0x4000), "r00");
  assertEquals(memory.swapSlots, 0);
  mm.validate();
});

Deno.test("pages: mincore tells which are in memory", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x4000);
  touch(mm, 0x2000);
  touch(mm, 0x3000);
  mm.madvise(0x3000, 0x1000, MADV.PAGEOUT);
  mapShared(mm, 0x4000, 0x6000, open(), 0);
  mm.fault(0x4000, "read");
  mapShared(mm, 0x7000, 0x9000, open(), 0);
  assertEquals([...mm.mincore(0x1000, 0x5000)], [0, 1, 0, 1, 0]);
  assertEquals([...mm.mincore(0x7000, 0x2000)], [1, 0]);
});

Deno.test("pages: a fault on a page under migration waits: EAGAIN, and the file's cache with it", () => {
  const { mm, memory } = spaceWithPages();
  mapShared(mm, 0x1000, 0x2000, open(), 0);
  mapShared(mm, 0x3000, 0x4000, open(), 0);
  mm.fault(0x1000, "read");
  const migration = beginMigration(pageAt(mm, 0x1000));
  for (const address of [0x1000, 0x3000]) {
    assertEquals(assertThrows(() => mm.fault(address, "read"), MmError).code, "EAGAIN");
  }
  const page = finishMigration(memory, migration);
  mm.fault(0x3000, "read");
  assert(pageAt(mm, 0x1000) === page && pageAt(mm, 0x3000) === page);
  mm.validate();
});

Deno.test("pages: what a fork wipes or leaves behind has none in the child", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  touch(mm, 0x1000);
  touch(mm, 0x3000);
  mm.madvise(0x1000, 0x1000, MADV.WIPEONFORK);
  mm.madvise(0x3000, 0x1000, MADV.DONTFORK);
  const child = mm.fork();
  assertEquals(tableOf(child, 0x1000, 0x4000), "...");
  assertEquals(tableOf(mm, 0x1000, 0x4000), "w.w");
  child.validate();
});

Deno.test("pages: MADV_PAGEOUT passes over what others show too, and what is under migration", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x1000);
  const child = mm.fork();
  touch(mm, 0x2000);
  const migration = beginMigration(pageAt(mm, 0x2000));
  mm.madvise(0x1000, 0x2000, MADV.PAGEOUT);
  assertEquals(tableOf(mm, 0x1000, 0x3000), "rm");
  assertEquals(memory.swapSlots, 0);
  finishMigration(memory, migration);
  mm.validate();
  child.validate();
});
