/**
 * The reverse map: every place where a page may be mapped is found, after every move of a VMA.
 */
import { MADV } from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { mappingsOf, vmasAt } from "../../../src/mm/pages/reverse_map.ts";
import { pageAt, spaceWithPages } from "./pages.ts";
import { map, mapFile, open, RW, touch } from "../scene.ts";
import { assert, assertEquals } from "@std/assert";

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

//   |---- file ----|   ▸   |-- file --|    |-- file --|     the upper part is a new VMA
Deno.test("reverse map: after a hole both parts of a file's VMA are found", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x4000, file, 0);
  mm.munmap(0x2000, PAGE);
  const at = (index: number) => vmasAt(memory.mappingOf(file), index).map((vma) => vma.start);
  assertEquals([at(0), at(1), at(2)], [[0x1000], [], [0x3000]]);
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

// One mapping of a file's page stays; others come, read it and go.
Deno.test("reverse map: a page does not remember the VMAs that are gone", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mm.fault(0x1000, "read");
  const page = memory.mappingOf(file).pages.get(0)!;
  for (let at = 0x10000; at < 0x60000; at += 0x2000) {
    mapFile(mm, at, at + 0x1000, file, 0);
    mm.fault(at, "read");
    mm.munmap(at, PAGE);
    assert(page.shownBy!.length <= 2 * 2 + 2);
  }
  assertEquals(mappingsOf(page).map(({ vpn }) => vpn), [1]);
  assert(page.shownBy!.includes(mm.descriptor.tree.findVma(0x1000)!));
});

Deno.test("reverse map: a page is found where it is shown, through any number of relatives", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x2000);
  const page = pageAt(mm, 0x2000);
  const spaces = [mm, mm.fork(), mm.fork(), mm.fork()];
  assertEquals(mappingsOf(page).length, 4);
  spaces[1]!.munmap(0x2000, PAGE);
  spaces[2]!.fault(0x2000, "write");
  const tables = mappingsOf(page).map(({ table }) => table);
  const expected = [mm, spaces[3]!].map(({ descriptor }) => descriptor.pageTable!);
  assertEquals(tables.length, 2);
  assert(expected.every((table) => tables.includes(table)));
});
