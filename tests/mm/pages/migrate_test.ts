import { MADV, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError, MmInvariantError } from "../../../src/mm/error.ts";
import {
  abortMigration,
  beginMigration,
  finishMigration,
  swapOut,
} from "../../../src/mm/pages/migrate.ts";
import { mappingsOf, vmasAt } from "../../../src/mm/pages/reverse_map.ts";
import { pageAt, spaceWithPages, tableOf } from "./pages.ts";
import { map, mapFile, mapShared, open, RW, touch } from "../scene.ts";
import { Random } from "../../random.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

//   parent  |-- r --|   child  |-- r --|   grandchild  |-- r --|      one page, three entries
Deno.test("migrate: every entry of a page is found through forks, and restored", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x2000);
  const child = mm.fork();
  const grandchild = child.fork();
  const old = pageAt(mm, 0x2000);
  const migration = beginMigration(old);
  assertEquals(migration.entries, 3);
  const spaces = [mm, child, grandchild];
  assertEquals(spaces.map((space) => tableOf(space, 0x1000, 0x3000)), [".m", ".m", ".m"]);
  for (const space of spaces) space.validate();
  const page = finishMigration(memory, migration);
  assert(page !== old && page.mapped === 3 && old.mapping === null);
  assertEquals(spaces.map((space) => tableOf(space, 0x1000, 0x3000)), [".r", ".r", ".r"]);
  for (const space of spaces) assert(pageAt(space, 0x2000) === page);
  for (const space of spaces) space.validate();
});

//   |-- w --|      moved, split, copied by a fork and half unmapped while its pages are on their way
Deno.test("migrate: entries are found where the VMA has gone meanwhile", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x5000);
  for (let at = 0x1000; at < 0x5000; at += 0x1000) touch(mm, at);
  const migrations = [0x2000, 0x3000, 0x4000].map((at) => beginMigration(pageAt(mm, at)));
  mm.munmap(0x4000, 0x1000);
  mm.mprotect(0x2000, 0x1000, 1);
  mm.mremap(0x2000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x10000);
  const child = mm.fork();
  assertEquals(tableOf(mm, 0x1000, 0x5000), "r.m.");
  for (const migration of migrations) finishMigration(memory, migration);
  assertEquals(tableOf(mm, 0x1000, 0x5000), "r.r.");
  assertEquals(tableOf(child, 0x10000, 0x11000), "r");
  assert(pageAt(child, 0x10000) === pageAt(mm, 0x10000));
  for (const space of [mm, child]) space.validate();
  assertEquals(memory.anonymousPages, 3);
});

Deno.test("migrate: a file's page moves under all who map it, and in the cache", () => {
  const { mm, memory } = spaceWithPages();
  const file = open();
  mapShared(mm, 0x1000, 0x3000, file, 0x1000, RW);
  mapFile(mm, 0x8000, 0xb000, open(), 0);
  touch(mm, 0x2000);
  mm.fault(0xa000, "read");
  const migration = beginMigration(pageAt(mm, 0x2000));
  assertEquals(migration.entries, 2);
  const page = finishMigration(memory, migration);
  assert(memory.mappingOf(file).pages.get(2) === page);
  assertEquals([tableOf(mm, 0x1000, 0x3000), tableOf(mm, 0x8000, 0xb000)], [".w", "..r"]);
  mm.validate();
});

Deno.test("migrate: given up, the old page is back where it was", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const page = pageAt(mm, 0x1000);
  abortMigration(memory, beginMigration(page));
  assert(pageAt(mm, 0x1000) === page);
  assertEquals(tableOf(mm, 0x1000, 0x2000), "w");
  mm.validate();
});

Deno.test("migrate: a page that was unmapped on its way is given back at its end", () => {
  for (const end of [finishMigration, abortMigration]) {
    const { mm, memory } = spaceWithPages();
    map(mm, 0x1000, 0x2000);
    touch(mm, 0x1000);
    const migration = beginMigration(pageAt(mm, 0x1000));
    mm.munmap(0x1000, 0x1000);
    assertEquals(memory.anonymousPages, 1);
    end(memory, migration);
    assertEquals(memory.anonymousPages, 0);
  }
});

Deno.test("migrate: what is locked already, or nobody's, is refused; so is swapping out a file's page", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  mm.fault(0x1000, "read");
  assertThrows(() => beginMigration(pageAt(mm, 0x1000)), RangeError, "nobody's");
  touch(mm, 0x1000);
  const page = pageAt(mm, 0x1000);
  beginMigration(page);
  assertThrows(() => beginMigration(page), RangeError, "locked");
  assertThrows(() => swapOut(memory, page), RangeError, "locked");
  mapFile(mm, 0x3000, 0x4000, open(), 0);
  mm.fault(0x3000, "read");
  assertThrows(() => swapOut(memory, pageAt(mm, 0x3000)), RangeError, "a file's");
});

Deno.test("swap: relatives share what comes back, until one of them writes", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const child = mm.fork();
  const slot = swapOut(memory, pageAt(mm, 0x1000));
  assertEquals([slot.references, memory.anonymousPages], [2, 0]);
  const grandchild = child.fork();
  assertEquals(slot.references, 3);
  for (const space of [mm, child, grandchild]) space.validate();
  mm.fault(0x1000, "read");
  const page = pageAt(mm, 0x1000);
  touch(mm, 0x1000);
  assert(pageAt(mm, 0x1000) !== page, "two others may still bring it back");
  child.fault(0x1000, "read");
  grandchild.munmap(0x1000, 0x1000);
  assertEquals([slot.references, memory.swapSlots], [0, 0]);
  for (const space of [mm, child]) space.validate();
  child.exit();
  mm.exit();
  assertEquals([memory.anonymousPages, memory.swapSlots], [0, 0]);
});

Deno.test("swap: a page that is written out again goes where its relatives wait for it", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const child = mm.fork();
  const slot = swapOut(memory, pageAt(mm, 0x1000));
  mm.fault(0x1000, "read");
  assert(swapOut(memory, pageAt(mm, 0x1000)) === slot);
  assertEquals([slot.references, memory.swapSlots], [2, 1]);
  mm.fault(0x1000, "read");
  const migration = beginMigration(pageAt(mm, 0x1000));
  assertEquals(assertThrows(() => child.fault(0x1000, "read"), MmError).code, "EAGAIN");
  const page = finishMigration(memory, migration);
  child.fault(0x1000, "read");
  assert(pageAt(child, 0x1000) === page);
  for (const space of [mm, child]) space.validate();
});

// The other crash of the 2022 report: "kernel BUG at include/linux/swapops.h", met while brk gave memory
// back. A page was on its way when the reverse map lost a VMA: its entry was made a migration entry, but
// never found again, so it stayed when the page was unlocked, until something met it.
//
//   |--------- [heap] ---------|       begin: the entry says "under migration"
//   |--- m ---|                        the reverse map loses the VMA
//   |--- m ---|                        finish: finds nobody; the page is unlocked
//   brk down over it ───────▶ BUG_ON(!PageLocked)
function heapUnderMigration(): ReturnType<typeof spaceWithPages> & { finish: () => void } {
  const { mm, memory } = spaceWithPages();
  mm.exec({ vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  mm.brk(0x14000);
  touch(mm, 0x12000);
  const migration = beginMigration(pageAt(mm, 0x12000));
  return { mm, memory, finish: () => finishMigration(memory, migration) };
}

/** The fault: the heap's VMA is taken out of its anon_vma's tree. */
function loseHeap(mm: AddressSpace): void {
  const heap = mm.findVma(0x10000)!;
  heap.anonVma!.byOffset!.delete(heap);
}

Deno.test("regression 2022: a VMA that the reverse map misses leaves a migration entry: validate says so", () => {
  const { mm, finish } = heapUnderMigration();
  mm.validate();
  loseHeap(mm);
  finish();
  assertEquals(tableOf(mm, 0x10000, 0x14000), "..m.");
  assertThrows(
    () => mm.validate(),
    MmInvariantError,
    "0x12000-0x13000: a migration entry whose page is not locked",
  );
});

Deno.test("regression 2022: brk that unmaps such an entry stops there", () => {
  const { mm, finish } = heapUnderMigration();
  loseHeap(mm);
  finish();
  assertThrows(() => mm.brk(0x11000), MmInvariantError, "not locked");
});

Deno.test("regression 2022: a fault on such an entry, and exit, stop there too", () => {
  for (const meet of [(mm: AddressSpace) => touch(mm, 0x12000), (mm: AddressSpace) => mm.exit()]) {
    const { mm, finish } = heapUnderMigration();
    loseHeap(mm);
    finish();
    assertThrows(() => meet(mm), MmInvariantError, "not locked");
  }
});

Deno.test("regression 2022: with the VMA in its place every entry is restored and brk gives it back", () => {
  const { mm, memory, finish } = heapUnderMigration();
  finish();
  mm.validate();
  mm.brk(0x11000);
  mm.validate();
  assertEquals(memory.anonymousPages, 0);
});

Deno.test("validate: the reverse map's trees, counts and rights are checked", () => {
  const broken: readonly [string, (mm: AddressSpace) => void][] = [
    ["the reverse map of its page misses it", loseHeap],
    ["counts 2 entries, the reverse map finds 1", (mm) => pageAt(mm, 0x12000).mapped++],
    ["a page that was given back", (mm) => pageAt(mm, 0x12000).mapping = null],
    ["lies in no VMA", (mm) => {
      mm.descriptor.pageTable!.set(0x99, mm.entry(0x12000)!);
    }],
    ["its VMA may not", (mm) => {
      const entry = mm.entry(0x12000)!;
      mm.mprotect(0x10000, 0x4000, 1);
      mm.descriptor.pageTable!.set(0x12, entry);
    }],
    ["a page that others have too", (mm) => {
      const entry = mm.entry(0x12000)!;
      mm.fork();
      mm.descriptor.pageTable!.set(0x12, entry);
    }],
    ["does not find it by its page offsets", (mm) => {
      const heap = mm.findVma(0x10000)!;
      heap.anonVma!.byOffset!.move(heap, 0x12, 0x12);
    }],
  ];
  for (const [rule, fault] of broken) {
    const { mm } = heapUnderMigration();
    mm.munmap(0x10000, 0x4000);
    map(mm, 0x10000, 0x14000);
    touch(mm, 0x12000);
    vmasAt(mm.findVma(0x10000)!.anonVma!, 0x12);
    mm.validate();
    fault(mm);
    assertThrows(() => mm.validate(), MmInvariantError, rule);
  }
});

Deno.test("validate: a swap slot without references is found", () => {
  const { mm, memory } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const slot = swapOut(memory, pageAt(mm, 0x1000));
  slot.references = 0;
  assertThrows(() => mm.validate(), MmInvariantError, "has no references");
});

Deno.test("reverse map: a page is found in exactly the VMAs that hold its offset", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x9000);
  touch(mm, 0x5000);
  mm.munmap(0x3000, 0x1000);
  mm.mprotect(0x6000, 0x1000, 1);
  const page = pageAt(mm, 0x5000);
  const [place, ...others] = mappingsOf(page);
  assertEquals([place!.vpn, place!.vma.start, others.length], [5, 0x4000, 0]);
  assertEquals(vmasAt(mm.findVma(0x1000)!.anonVma!, 3), []);
  assertEquals(vmasAt(mm.findVma(0x1000)!.anonVma!, 6)[0]!.start, 0x6000);
});

/** One random call, fork, migration or swap; what it may refuse is ignored. */
function step(random: Random, spaces: AddressSpace[], act: () => void): void {
  const mm = random.pick(spaces);
  const start = 0x10000 + random.below(24) * 0x1000;
  const length = (1 + random.below(6)) * 0x1000;
  const target = 0x40000 + random.below(24) * 0x1000;
  switch (random.below(12)) {
    case 0:
      return map(mm, start, start + length);
    case 1:
      return mapFile(mm, start, start + length, open(), random.below(4) * 0x1000, RW);
    case 2:
      return mm.munmap(start, length);
    case 3:
      return mm.mprotect(start, length, random.pick([0, 1, RW]));
    case 4:
      mm.mremap(start, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, target);
      return;
    case 5:
      mm.mremap(target, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, start);
      return;
    case 6:
      if (spaces.length < 4) spaces.push(mm.fork());
      else if (random.chance(0.5)) spaces.splice(spaces.indexOf(mm), 1)[0]!.exit();
      return;
    case 7:
      return act();
    default:
      return mm.fault(start, random.pick(["read", "write", "force"]));
  }
}

Deno.test("pages: forks, moves, unmapping, migration and swapping in any order keep every rule", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = new Random(seed);
    const { mm, memory } = spaceWithPages();
    const spaces = [mm];
    const running: ReturnType<typeof beginMigration>[] = [];
    const act = () => {
      const entries = spaces.flatMap((space) => [...space.descriptor.pageTable!.values()]);
      const entry = entries.length === 0 ? undefined : random.pick(entries);
      if (running.length > 0 && random.chance(0.6)) {
        const end = random.pick([finishMigration, abortMigration]);
        end(memory, running.splice(random.below(running.length), 1)[0]!);
      } else if (entry?.kind === "present") {
        if (random.chance(0.3)) swapOut(memory, entry.page);
        else running.push(beginMigration(entry.page));
      }
    };
    for (let count = 0; count < 300; count++) {
      try {
        step(random, spaces, act);
      } catch (error) {
        if (!(error instanceof MmError || error instanceof RangeError)) throw error;
      }
      for (const space of spaces) space.validate();
    }
    for (const migration of running) finishMigration(memory, migration);
    for (const space of spaces) space.validate();
    for (const space of spaces) space.exit();
    assertEquals([memory.anonymousPages, memory.swapSlots], [0, 0], `seed ${seed}`);
  }
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
