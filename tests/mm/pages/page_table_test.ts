/**
 * Page tables: what calls move, clear and protect in them.
 */
import { MADV } from "../../../src/abi/mman.ts";
import { swapOut } from "../../../src/mm/pages/migrate.ts";
import { PhysicalMemory, ZERO_PAGE } from "../../../src/mm/pages/physical_memory.ts";
import { AnonVma } from "../../../src/mm/vma.ts";
import { pageAt, spaceWithPages, tableOf } from "./pages.ts";
import { map, mapShared, open, RW, touch } from "../scene.ts";
import { assert, assertEquals } from "@std/assert";

Deno.test("pages: reading what may be written leaves it so", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.fault(0x1000, "read");
  assertEquals(tableOf(mm, 0x1000, 0x2000), "w");
});

Deno.test("pages: the first fault takes a page, those on what it entered take nothing", () => {
  const { mm } = spaceWithPages();
  mapShared(mm, 0x1000, 0x3000, open(), 0, RW);
  const budget = mm.descriptor.faultInjection;
  budget.left = 4; // what a fault must find to begin with
  mm.fault(0x1000, "write");
  assertEquals(budget.left, 3);
  budget.left = 4;
  mm.fault(0x1000, "write");
  mm.fault(0x1000, "read");
  assertEquals(budget.left, 4);
});

const PAGE = 0x1000;

//   parent |-- page --|  gone           the child's write finds nobody else who shows the page
//   child  |-- page --|  takes it over: from then on it hangs on the child's anon_vma alone
Deno.test("pages: what a child takes over hangs on its own anon_vma", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const page = pageAt(mm, 0x1000);
  const child = mm.fork();
  mm.munmap(0x1000, PAGE);
  touch(child, 0x1000);
  assert(pageAt(child, 0x1000) === page);
  assert(page.mapping !== null && page.mapping === child.findVma(0x1000)!.anonVma);
  assertEquals(memory.anonymousPages, 1);
  child.validate();
});

Deno.test("pages: entries of the zero page are not counted", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  mm.fault(0x1000, "read");
  mm.fault(0x2000, "read");
  assertEquals(ZERO_PAGE.mapped, 0);
  touch(mm, 0x1000);
  mm.munmap(0x1000, 2 * PAGE);
  assertEquals([ZERO_PAGE.mapped, memory.anonymousPages], [0, 0]);
});

Deno.test("pages: one that came back from its slot, the last that did, is taken over and swapped anew", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.madvise(0x1000, PAGE, MADV.PAGEOUT);
  mm.fault(0x1000, "read");
  const page = pageAt(mm, 0x1000);
  assertEquals(memory.swapSlots, 0);
  touch(mm, 0x1000);
  assert(pageAt(mm, 0x1000) === page);
  assertEquals(memory.anonymousPages, 1);
  mm.madvise(0x1000, PAGE, MADV.PAGEOUT);
  assertEquals([tableOf(mm, 0x1000, 0x2000), memory.swapSlots], ["s", 1]);
  mm.validate();
});

//   parent |-- slot --|  read: the page is back, and the slot keeps it for the child
//   child  |-- slot --|
Deno.test("pages: a page given back forgets the slot that it came from", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const child = mm.fork();
  const slot = swapOut(memory, pageAt(mm, 0x1000));
  mm.fault(0x1000, "read");
  const page = pageAt(mm, 0x1000);
  assert(page.slot === slot && slot.page === page);
  mm.munmap(0x1000, PAGE);
  assertEquals([page.mapping, page.slot, slot.page], [null, null, null]);
  assertEquals([memory.anonymousPages, memory.swapSlots], [0, 1]);
  child.validate();
});

// Whoever moves a page holds it, as a reference of its own does in the kernel.
Deno.test("pages: one under migration is not given back with its last entry", () => {
  const memory = new PhysicalMemory();
  const anonVma = new AnonVma();
  const page = memory.newPage(anonVma, 1);
  page.mapped = 1;
  page.locked = true;
  memory.release(page);
  assertEquals([page.mapped, memory.anonymousPages], [0, 1]);
  assert(page.mapping === anonVma);
});
