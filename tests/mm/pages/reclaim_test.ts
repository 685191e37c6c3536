import { assert, assertEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED } from "../../../src/abi/mman.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { beginMigration, finishMigration } from "../../../src/mm/pages/migrate.ts";
import { PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { evict, reclaim } from "../../../src/mm/pages/reclaim.ts";
import { truncate } from "../../../src/mm/pages/truncate.ts";
import type { MappedFile } from "../../../src/mm/vma.ts";
import { pageAt } from "./pages.ts";

const FILE: MappedFile = {
  name: "result",
  device: "00:1d",
  inode: 0,
  readable: true,
  writable: true,
  hugeAligned: false,
};
const ON_DISK: MappedFile = { ...FILE, name: "data", device: "08:01", inode: 7 };

/** A machine of `pages` frames and as many swap slots, and one process. */
function machine(pages: number, swapSlots = pages) {
  const memory = new PhysicalMemory({ pages, swapSlots });
  return { memory, mm: new AddressSpace({ memory }) };
}

/** Maps four pages at 0x10000. */
function map(mm: AddressSpace, file: MappedFile | null, sharing = MAP_PRIVATE, address = 0x10000) {
  const kind = file === null ? MAP_ANONYMOUS : 0;
  mm.mmap({ address, length: 0x4000, protection: 3, flags: sharing | kind | MAP_FIXED, file });
}

// |-- 0x10 written 7 --|   evict   |-- 0x10 in a slot --|   read   |-- 0x10 holds 7 --|
Deno.test("evict: anonymous memory goes to the swap device and comes back as it was written", () => {
  const { memory, mm } = machine(8);
  map(mm, null);
  mm.writePage(0x10000, 7);
  assert(evict(memory, pageAt(mm, 0x10000)));
  assertEquals(mm.entry(0x10000)?.kind, "swap");
  assertEquals([memory.frames.length, memory.swapSlots], [0, 1]);
  assertEquals(mm.readPage(0x10000), 7);
  assertEquals([memory.frames.length, memory.swapSlots], [1, 0]);
  mm.validate();
});

Deno.test("evict: both sides of a fork find the same page in the slot, and a write parts them", () => {
  const { memory, mm } = machine(8);
  map(mm, null);
  mm.writePage(0x10000, 7);
  const child = mm.fork();
  assert(evict(memory, pageAt(mm, 0x10000)));
  assertEquals(memory.swapSlots, 1);
  child.writePage(0x10000, 8);
  assertEquals([mm.readPage(0x10000), child.readPage(0x10000)], [7, 8]);
  mm.validate();
  child.validate();
  mm.exit();
  child.exit();
  assertEquals([memory.frames.length, memory.swapSlots, memory.anonymousPages], [0, 0, 0]);
});

Deno.test("evict: a tmpfs writes to the swap device, a file on a disk does not", () => {
  const onTmpfs = { ...ON_DISK, onTmpfs: true };
  for (const [file, slots] of [[FILE, 1], [onTmpfs, 1], [ON_DISK, 0]] as const) {
    const { memory, mm } = machine(8);
    map(mm, file, MAP_SHARED);
    mm.writePage(0x11000, 9);
    assert(evict(memory, pageAt(mm, 0x11000)));
    assertEquals([mm.entry(0x11000), memory.swapSlots], [undefined, slots]);
    assertEquals(mm.readPage(0x11000), 9);
    assertEquals(memory.swapSlots, 0);
    mm.validate();
  }
});

Deno.test("evict: every process that shows a file's page loses its entry", () => {
  const { memory, mm } = machine(8);
  map(mm, ON_DISK, MAP_SHARED);
  const other = new AddressSpace({ memory });
  map(other, ON_DISK, MAP_SHARED, 0x50000);
  mm.readPage(0x12000);
  other.readPage(0x52000);
  const page = pageAt(mm, 0x12000);
  assertEquals(page.mapped, 2);
  assert(evict(memory, page));
  assertEquals([mm.entry(0x12000), other.entry(0x52000), page.mapped], [
    undefined,
    undefined,
    0,
  ]);
});

Deno.test("evict: a page under migration, a locked VMA's and one without a slot left stay", () => {
  const { memory, mm } = machine(8, 0);
  map(mm, null);
  mm.writePage(0x10000, 1);
  assert(!evict(memory, pageAt(mm, 0x10000)), "the swap device is full");
  const roomy = machine(8);
  map(roomy.mm, null);
  roomy.mm.writePage(0x10000, 1);
  const page = pageAt(roomy.mm, 0x10000);
  const migration = beginMigration(page);
  assert(!evict(roomy.memory, page));
  finishMigration(roomy.memory, migration);
  roomy.mm.mlock(0x10000, 0x1000);
  assert(!evict(roomy.memory, pageAt(roomy.mm, 0x10000)));
  roomy.mm.munlock(0x10000, 0x1000);
  assert(evict(roomy.memory, pageAt(roomy.mm, 0x10000)));
});

Deno.test("reclaim: what was used since the hand last passed is left once", () => {
  const { memory, mm } = machine(8);
  map(mm, null);
  for (const at of [0x10000, 0x11000, 0x12000]) mm.writePage(at, at);
  pageAt(mm, 0x11000).referenced = false;
  assertEquals(reclaim(memory, 6), 1);
  assertEquals(mm.entry(0x11000)?.kind, "swap");
  assertEquals(mm.entry(0x10000)?.kind, "present");
});

Deno.test("fault: without a free frame it is ENOMEM, and nothing has changed", () => {
  const { memory, mm } = machine(3);
  map(mm, null);
  mm.writePage(0x10000, 1);
  mm.writePage(0x11000, 2);
  const error = assertThrows(() => mm.writePage(0x12000, 3), MmError);
  assertEquals([error.code, mm.entry(0x12000), memory.frames.length], [
    "ENOMEM",
    undefined,
    2,
  ]);
  assertEquals(reclaim(memory, 2), 1);
  mm.writePage(0x12000, 3);
  assertEquals([0x10000, 0x11000].filter((at) => mm.entry(at)?.kind === "swap").length, 1);
});

// |0|1|2|3|   truncate to 2   |0|1|      a fault beyond is SIGBUS
Deno.test("truncate: pages beyond leave all page tables, copies of private mappings too", () => {
  const { memory, mm } = machine(16);
  map(mm, FILE, MAP_SHARED);
  const other = new AddressSpace({ memory });
  map(other, FILE, MAP_PRIVATE, 0x50000);
  for (const page of [0, 1, 2, 3]) mm.writePage(0x10000 + page * 0x1000, page + 1);
  other.writePage(0x52000, 30);
  other.writePage(0x51000, 20);
  assert(evict(memory, pageAt(mm, 0x13000)));
  const mapping = memory.mappingOf(FILE);
  truncate(memory, mapping, 2, 3);
  assertEquals([
    mm.entry(0x12000),
    mm.entry(0x13000),
    other.entry(0x52000),
  ], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals([mm.readPage(0x11000), other.readPage(0x51000), memory.swapSlots], [2, 20, 0]);
  assertEquals(assertThrows(() => mm.readPage(0x12000), MmError).code, "EFAULT");
  assertEquals(memory.frames.every((page, at) => page.frame === at), true);
  mm.validate();
  other.validate();
});

Deno.test("evict: of a file on a disk only what was written is kept", () => {
  const { memory, mm } = machine(8);
  map(mm, ON_DISK, MAP_SHARED);
  mm.readPage(0x10000);
  mm.writePage(0x11000, 9);
  for (const at of [0x10000, 0x11000]) assert(evict(memory, pageAt(mm, at)));
  assertEquals([...memory.mappingOf(ON_DISK).stored], [[1, 9]]);
});

Deno.test("truncate: a page that was cut off is nobody's", () => {
  const { memory, mm } = machine(8);
  map(mm, ON_DISK, MAP_SHARED);
  mm.writePage(0x12000, 3);
  const page = pageAt(mm, 0x12000);
  truncate(memory, memory.mappingOf(ON_DISK), 2, 3);
  assertThrows(() => beginMigration(page), RangeError, "nobody's");
  assertEquals([page.mapped, page.frame, memory.used], [0, -1, 0]);
});

Deno.test("evict: the last slot of the swap device is used, without one anonymous and tmpfs pages stay", () => {
  for (const file of [null, FILE]) {
    for (const slots of [0, 1]) {
      const { memory, mm } = machine(8, slots);
      map(mm, file, file === null ? MAP_PRIVATE : MAP_SHARED);
      mm.writePage(0x10000, 1);
      mm.writePage(0x11000, 2);
      assertEquals(evict(memory, pageAt(mm, 0x10000)), slots === 1);
      assertEquals(evict(memory, pageAt(mm, 0x11000)), false);
      assertEquals([memory.swapSlots, memory.freeSwap, memory.frames.length], [
        slots,
        0,
        2 - slots,
      ]);
      mm.validate();
    }
  }
});

//   |-- locked --|-- 2 --|-- 3 --|     the hand passes over the first, and begins anew at the end
Deno.test("reclaim: passes over what must stay, and goes round once", () => {
  const { memory, mm } = machine(8);
  map(mm, null);
  for (const at of [0x10000, 0x11000, 0x12000]) mm.writePage(at, at);
  mm.mlock(0x10000, 0x1000);
  for (const page of memory.frames) page.referenced = false;
  assertEquals([memory.hand, reclaim(memory, 7)], [0, 2]);
  assertEquals(mm.entry(0x10000)?.kind, "present");
  assertEquals(reclaim(memory, 8), 0);
  memory.hand = memory.frames.length;
  mm.munlock(0x10000, 0x1000);
  pageAt(mm, 0x10000).referenced = false;
  assertEquals(reclaim(memory, 8), 1);
});

Deno.test("PhysicalMemory: a file that is forgotten is another one afterwards, of its kind alone", () => {
  const { memory } = machine(8);
  for (const [file, other] of [[FILE, ON_DISK], [ON_DISK, FILE]] as const) {
    const [before, kept] = [memory.mappingOf(file), memory.mappingOf(other)];
    assert(memory.mappingOf(file) === before);
    memory.forget(file);
    assert(memory.mappingOf(file) !== before);
    assert(memory.mappingOf(other) === kept);
  }
});

Deno.test("finishMigration: the page is as used as it was, and its old frame is another's", () => {
  for (const referenced of [false, true]) {
    const { memory, mm } = machine(8);
    map(mm, null);
    mm.writePage(0x10000, 1);
    const old = pageAt(mm, 0x10000);
    old.referenced = referenced;
    const page = finishMigration(memory, beginMigration(old));
    assertEquals([page.referenced, page.frame, old.frame], [referenced, 0, -1]);
    assertEquals([old.migrating, old.mapped, page.migrating, page.mapped], [0, 0, 0, 1]);
  }
});

// A page under migration that is unmapped meanwhile waits nowhere any more.
Deno.test("munmap: an entry under migration is one less to wait for", () => {
  const { mm } = machine(8);
  map(mm, null);
  mm.writePage(0x10000, 1);
  const page = pageAt(mm, 0x10000);
  beginMigration(page);
  mm.fork();
  assertEquals(page.migrating, 2);
  mm.munmap(0x10000, 0x1000);
  assertEquals(page.migrating, 1);
});

//   |0|1|2|3|    of a file on a disk, 2 and 3 written out; truncate to 2, and to 0
Deno.test("truncate: what was written out beyond the end is forgotten, to the last page, and takes no slots", () => {
  for (const [file, slots] of [[FILE, 1], [ON_DISK, 0]] as const) {
    const { memory, mm } = machine(16);
    map(mm, file, MAP_SHARED);
    for (const page of [1, 2, 3]) {
      mm.writePage(0x10000 + page * 0x1000, page);
      assert(evict(memory, pageAt(mm, 0x10000 + page * 0x1000)));
    }
    const other = new AddressSpace({ memory });
    map(other, file, MAP_PRIVATE, 0x50000);
    other.writePage(0x53000, 30);
    const mapping = memory.mappingOf(file);
    truncate(memory, mapping, 2, 3);
    assertEquals([...mapping.stored], [[1, 1]]);
    assertEquals([memory.swapSlots, other.entry(0x53000)], [slots, undefined]);
    mm.validate();
    other.validate();
  }
});
