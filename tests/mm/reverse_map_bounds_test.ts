/**
 * The reverse map finds a VMA under the offsets it has now: not under those that were cut off, and not once it is gone.
 * What is left of a page that was moved or written out, and which pages advice writes out or faults in.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { MADV } from "../../src/abi/mman.ts";
import { beginMigration, finishMigration, swapOut } from "../../src/mm/pages/migrate.ts";
import { mappingsOf, vmasAt } from "../../src/mm/pages/reverse_map.ts";
import { pageAt, spaceWithPages, tableOf } from "./pages.ts";
import { map, mapFile, open, RW, touch } from "./scene.ts";

const PAGE = 0x1000;

/** Asks for the page, so that its anon_vma has a tree from then on; then what has the offset. */
function found(mm: AddressSpace, address: number): (index: number) => number[] {
  const { mapping } = pageAt(mm, address);
  mappingsOf(pageAt(mm, address));
  return (index) => vmasAt(mapping!, index).map((vma) => vma.start);
}

//   0x1000  0x2000  0x3000
//   |-- 1 --|-- 2 --|          the upper page is unmapped
Deno.test("reverse map: an anonymous VMA that was cut is not found for what is gone", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x1000);
  const at = found(mm, 0x1000);
  assertEquals([at(1), at(2)], [[0x1000], [0x1000]]);
  mm.munmap(0x2000, PAGE);
  assertEquals([at(1), at(2)], [[0x1000], []]);
});

Deno.test("reverse map: a file's VMA that was cut is not found for what is gone", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x3000, file, 0);
  const at = (index: number) => vmasAt(memory.mappingOf(file), index).map((vma) => vma.start);
  assertEquals([at(0), at(1)], [[0x1000], [0x1000]]);
  mm.munmap(0x1000, PAGE);
  assertEquals([at(0), at(1)], [[], [0x2000]]);
});

// A private file's VMA hangs on its file and on an anon_vma: both must know.
Deno.test("reverse map: a written VMA of a file is cut in both its trees", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x3000, file, 0, RW);
  touch(mm, 0x1000);
  const at = found(mm, 0x1000);
  mm.munmap(0x2000, PAGE);
  assertEquals([at(0), at(1)], [[0x1000], []]);
  assertEquals(vmasAt(memory.mappingOf(file), 1), []);
});

Deno.test("reverse map: what is unmapped hangs on neither an anon_vma nor a file any more", () => {
  const { mm } = spaceWithPages();
  mapFile(mm, 0x1000, 0x2000, open(), 0, RW);
  touch(mm, 0x1000);
  const vma = mm.findVma(0x1000)!;
  assert(vma.anonVma !== null && vma.fileMapping !== null);
  mm.munmap(0x1000, PAGE);
  assertEquals([vma.anonVma, vma.anonVmaChain, vma.fileMapping], [null, [], null]);
});

Deno.test("reverse map: all anon_vmas of a family have the first one as their root", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const first = mm.findVma(0x1000)!.anonVma!;
  const child = mm.fork();
  const grandchild = child.fork();
  const roots = [mm, child, grandchild].map((space) => space.findVma(0x1000)!.anonVma!.root);
  for (const root of roots) assert(root === first);
});

//   parent |-- r --|   child |-- r --|     the child unmaps it
Deno.test("reverse map: a relative that unmapped its copy is not asked any more", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const child = mm.fork();
  const { mapping } = pageAt(mm, 0x1000);
  assertEquals(vmasAt(mapping!, 1).length, 2);
  child.munmap(0x1000, PAGE);
  assertEquals(vmasAt(mapping!, 1), [mm.findVma(0x1000)!]);
});

//   |-- normal --|-- random --|   ▸   |---- normal ----|     the file's tree holds the survivor alone
Deno.test("reverse map: a VMA that was merged away is not found", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x3000, file, 0);
  mm.madvise(0x2000, PAGE, MADV.RANDOM);
  assertEquals(mm.mapCount, 2);
  mm.madvise(0x2000, PAGE, MADV.NORMAL);
  assertEquals(mm.mapCount, 1);
  assertEquals(vmasAt(memory.mappingOf(file), 1), [mm.findVma(0x1000)!]);
});

Deno.test("reverse map: exit leaves nobody behind, at address 0 neither", () => {
  const { mm, memory } = spaceWithPages({ mmapMinAddress: 0 });
  mm.descriptor.startStack = 0x10_0000;
  const file = open();
  map(mm, 0, PAGE);
  touch(mm, 0);
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mm.fault(0x1000, "read");
  mm.exit();
  assertEquals(vmasAt(memory.mappingOf(file), 0), []);
  assertEquals([memory.anonymousPages, mm.descriptor.pageTable!.size], [0, 0]);
});

Deno.test("reverse map: a program's first layout is in it", () => {
  const { mm, memory } = spaceWithPages();
  const file = open("program");
  const vmas = [{ start: 0x40_0000, end: 0x40_1000, flags: 0x75, file, pageOffset: 3 }];
  mm.exec({ vmas, startBrk: 0x50_0000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  assertEquals(vmasAt(memory.mappingOf(file), 3), [mm.findVma(0x40_0000)!]);
  mm.fault(0x40_0000, "read");
  assert(pageAt(mm, 0x40_0000) === memory.mappingOf(file).pages.get(3));
});

//   file |-- r --|   memory |-- * --|     the copy of the first is made, that of the second finds no memory
Deno.test("fork: a failed one takes its copies out of the reverse map and closes their files", () => {
  const { mm, memory } = spaceWithPages();
  const budget = mm.descriptor.faultInjection;
  let mapped = 0;
  const hooks = { map: () => void mapped++, open: () => void mapped++, close: () => void mapped-- };
  const file = open("device", { hooks });
  mapFile(mm, 0x1000, 0x2000, file, 0);
  map(mm, 0x5000, 0x6000);
  // In the child: its tree, the file's VMA, and no more.
  budget.left = 2;
  assertEquals(assertThrows(() => mm.fork(), MmError).code, "ENOMEM");
  assertEquals(vmasAt(memory.mappingOf(file), 0), [mm.findVma(0x1000)!]);
  assertEquals(mapped, 1);
});

Deno.test("swapOut: the page that was given back counts no entries", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.fork();
  const page = pageAt(mm, 0x1000);
  assertEquals(page.mapped, 2);
  swapOut(memory, page);
  assertEquals([page.mapped, page.mapping], [0, null]);
});

// A slot that a relative still points to follows the page to its new frame, and leaves the old one.
Deno.test("finishMigration: the old page keeps nothing", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.fork();
  const slot = swapOut(memory, pageAt(mm, 0x1000));
  mm.fault(0x1000, "read");
  const old = pageAt(mm, 0x1000);
  const page = finishMigration(memory, beginMigration(old));
  assertEquals([old.mapping, old.mapped, old.locked], [null, 0, false]);
  assert(old.slot === null && page.slot === slot && slot.page === page);
});

//   0x1000 written  0x2000 swapped out  0x3000 read  0x4000 the file's, read  0x5000 untouched
Deno.test("MADV_PAGEOUT: writes out what is anonymous and one's own, and passes over the rest", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x4000);
  mapFile(mm, 0x4000, 0x6000, open(), 0);
  for (const at of [0x1000, 0x2000]) touch(mm, at);
  swapOut(memory, pageAt(mm, 0x2000));
  for (const at of [0x3000, 0x4000]) mm.fault(at, "read");
  assertEquals(tableOf(mm, 0x1000, 0x6000), "ws0r.");
  mm.madvise(0x1000, 0x5000, MADV.PAGEOUT);
  assertEquals(tableOf(mm, 0x1000, 0x6000), "ss0r.");
  assertEquals([memory.swapSlots, memory.anonymousPages], [2, 0]);
  mm.validate();
});

Deno.test("MADV_PAGEOUT: leaves what a relative shows too, and what is on its way", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  for (const at of [0x1000, 0x2000]) touch(mm, at);
  mm.fork();
  touch(mm, 0x2000);
  beginMigration(pageAt(mm, 0x2000));
  mm.madvise(0x1000, 0x2000, MADV.PAGEOUT);
  assertEquals(tableOf(mm, 0x1000, 0x3000), "rm");
});

Deno.test("madvise: advice that is not about faulting in touches no page", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  for (const advice of [MADV.NORMAL, MADV.WILLNEED, MADV.COLD, MADV.DONTFORK, MADV.HUGEPAGE]) {
    mm.madvise(0x1000, 0x2000, advice);
  }
  assertEquals(tableOf(mm, 0x1000, 0x3000), "..");
});

//   0x1000   0x2000 hole   0x3000
Deno.test("madvise: MADV_POPULATE_WRITE stops at the first hole", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  const call = () => mm.madvise(0x1000, 0x3000, MADV.POPULATE_WRITE);
  assertEquals(assertThrows(call, MmError).code, "ENOMEM");
  assertEquals(tableOf(mm, 0x1000, 0x4000), "w..");
});
