import { assert, assertEquals } from "@std/assert";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../../src/abi/mman.ts";
import { HUGE_PAGE_SIZE } from "../../../src/abi/page.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import { collapse, hugeNumber, splitHugePage } from "../../../src/mm/pages/huge_page.ts";
import { type HugePagePolicy, PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { evict } from "../../../src/mm/pages/reclaim.ts";
import { present } from "../../present.ts";
import { open } from "../scene.ts";
import { pageAt } from "./pages.ts";

const FILE = { ...open(), inode: 7 };
const START = 0x4000_0000;
const HALF = HUGE_PAGE_SIZE / 2;

/** A process with 4 MiB of anonymous memory at an aligned address. */
function scene(hugePages: HugePagePolicy = "always") {
  const memory = new PhysicalMemory({ hugePages });
  const mm = new AddressSpace({ memory });
  map(mm, START, 2 * HUGE_PAGE_SIZE);
  return { memory, mm };
}

function map(mm: AddressSpace, address: number, length: number): void {
  mm.mmap({ address, length, protection: 3, flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED });
}

/** Huge entries and small ones, of both halves of the scene. */
function counts(mm: AddressSpace): [huge: number, small: number] {
  const table = present(mm.descriptor.pageTable);
  return [table.huge.size, table.size];
}

Deno.test("huge page: the first write to an aligned 2 MiB enters one, a read does not", () => {
  const { memory, mm } = scene();
  mm.readPage(START + HALF);
  assertEquals(counts(mm), [0, 1]);
  mm.writePage(START + HUGE_PAGE_SIZE + 0x5000, 7);
  assertEquals(counts(mm), [1, 1]);
  assertEquals(memory.used, 512);
  assertEquals(mm.readPage(START + HUGE_PAGE_SIZE + 0x5000), 7);
  assertEquals(mm.readPage(START + HUGE_PAGE_SIZE + 0x6000), 0);
  mm.validate();
});

// As ptrace does: what is written is the process's own, and the process may still not write to it.
Deno.test("huge page: a forced write to read-only memory enters one that may not be written, and keeps it", () => {
  const { mm } = scene();
  mm.mprotect(START, HUGE_PAGE_SIZE, 1);
  for (let time = 0; time < 2; time++) {
    mm.fault(START + HALF, "force");
    assertEquals(counts(mm), [1, 0]);
    assertEquals(
      present(present(mm.descriptor.pageTable).huge.get(hugeNumber(START))).writable,
      false,
    );
    mm.validate();
  }
  mm.mprotect(START, HUGE_PAGE_SIZE, 3);
  mm.writePage(START, 7);
  assertEquals(
    present(present(mm.descriptor.pageTable).huge.get(hugeNumber(START))).writable,
    true,
  );
  mm.validate();
});

Deno.test("huge page: the first write lets the process write to it", () => {
  const { mm } = scene();
  mm.writePage(START, 1);
  assertEquals(
    present(present(mm.descriptor.pageTable).huge.get(hugeNumber(START))).writable,
    true,
  );
});

Deno.test("splitHugePage: what was split already, or is a file's, is left alone", () => {
  const { memory, mm } = scene();
  mm.writePage(START, 1);
  const { page } = present(present(mm.descriptor.pageTable).huge.get(hugeNumber(START)));
  splitHugePage(memory, page);
  assertEquals([counts(mm), memory.frames.length], [[0, 512], 512]);
  splitHugePage(memory, page);
  assertEquals([counts(mm), memory.frames.length], [[0, 512], 512]);
  const file = memory.filePage(memory.mappingOf({ ...FILE }), 0);
  splitHugePage(memory, file);
  assertEquals([file.frame, memory.frames.length], [512, 513]);
  mm.validate();
});

Deno.test("huge page: the machine's setting and madvise decide", () => {
  const cases: [HugePagePolicy, number | undefined, number][] = [
    ["never", MADV.HUGEPAGE, 0],
    ["madvise", undefined, 0],
    ["madvise", MADV.HUGEPAGE, 1],
    ["always", undefined, 1],
    ["always", MADV.NOHUGEPAGE, 0],
  ];
  for (const [policy, advice, huge] of cases) {
    const { mm } = scene(policy);
    if (advice !== undefined) mm.madvise(START, 2 * HUGE_PAGE_SIZE, advice);
    mm.writePage(START, 1);
    assertEquals(counts(mm)[0], huge, `${policy} ${advice}`);
  }
});

// |<------- huge ------>|   each call below makes a border, or takes a part, in its middle
Deno.test("huge page: a border or a hole inside splits it, and what was written stays", () => {
  const calls: Record<string, (mm: AddressSpace) => void> = {
    munmap: (mm) => mm.munmap(START + HALF, 0x1000),
    mprotect: (mm) => mm.mprotect(START + HALF, 0x1000, 1),
    "mprotect of the tail": (mm) => mm.mprotect(START + HALF, 2 * HUGE_PAGE_SIZE - HALF, 1),
    madvise: (mm) => mm.madvise(START + HALF, 0x1000, MADV.DONTNEED),
    "madvise that splits": (mm) => mm.madvise(START + HALF, 0x1000, MADV.DONTDUMP),
    mlock: (mm) => mm.mlock(START + HALF, 0x1000),
    mremap: (mm) => {
      const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
      mm.mremap(START + HALF, 0x1000, 0x1000, flags, 0x5000_0000);
    },
    "mmap over it": (mm) => map(mm, START + HALF, 0x1000),
  };
  for (const [name, call] of Object.entries(calls)) {
    const { memory, mm } = scene();
    mm.writePage(START + 0x1000, 11);
    mm.writePage(START + HUGE_PAGE_SIZE - 0x1000, 12);
    assertEquals(counts(mm), [1, 0], name);
    call(mm);
    mm.validate();
    assertEquals(counts(mm)[0], 0, name);
    assertEquals(mm.readPage(START + 0x1000), 11, name);
    assertEquals(mm.readPage(START + HUGE_PAGE_SIZE - 0x1000), 12, name);
    mm.exit();
    assertEquals([memory.used, memory.anonymousPages], [0, 0], name);
  }
});

//   |------ 2 MiB ------|<------- huge ------>|     the hole begins on its border, and ends in its middle
//   |------ head -------|          |-- tail --|
Deno.test("huge page: a hole that ends inside splits it before its VMA is cut", () => {
  const { memory, mm } = scene();
  mm.writePage(START + 2 * HUGE_PAGE_SIZE - 0x1000, 12);
  mm.munmap(START + HUGE_PAGE_SIZE, HALF);
  mm.validate();
  assertEquals([counts(mm), memory.used], [[0, 256], 256]);
  assertEquals(mm.readPage(START + 2 * HUGE_PAGE_SIZE - 0x1000), 12);
});

Deno.test("huge page: a call on exactly its 2 MiB leaves it whole", () => {
  const { mm } = scene();
  mm.writePage(START, 5);
  mm.mprotect(START, HUGE_PAGE_SIZE, 1);
  assertEquals(counts(mm), [1, 0]);
  mm.mprotect(START, HUGE_PAGE_SIZE, 3);
  mm.writePage(START + 0x1000, 6);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  mm.mremap(START, HUGE_PAGE_SIZE, HUGE_PAGE_SIZE, flags, 0x6000_0000);
  assertEquals(counts(mm), [1, 0]);
  assertEquals([mm.readPage(0x6000_0000), mm.readPage(0x6000_1000)], [5, 6]);
  mm.validate();
  mm.mremap(0x6000_0000, HUGE_PAGE_SIZE, HUGE_PAGE_SIZE, flags, 0x7000_1000);
  assertEquals(counts(mm), [0, 512]);
  assertEquals(mm.readPage(0x7000_2000), 6);
  mm.validate();
});

Deno.test("huge page: after a fork both show it; a write splits it and copies one page", () => {
  const { memory, mm } = scene();
  mm.writePage(START + 0x1000, 1);
  const child = mm.fork();
  assertEquals([counts(mm), counts(child), memory.used], [[1, 0], [1, 0], 512]);
  child.writePage(START + 0x1000, 2);
  assertEquals([counts(mm), counts(child), memory.used], [[0, 512], [0, 512], 513]);
  assertEquals([mm.readPage(START + 0x1000), child.readPage(START + 0x1000)], [1, 2]);
  mm.validate();
  child.validate();
  child.exit();
  mm.exit();
  assertEquals([memory.used, memory.anonymousPages], [0, 0]);
});

Deno.test("huge page: the last one that shows it may write to it whole", () => {
  const { mm } = scene();
  mm.writePage(START, 1);
  mm.fork().exit();
  mm.writePage(START, 2);
  assertEquals(counts(mm), [1, 0]);
  mm.validate();
});

Deno.test("collapse: small pages become a huge one that holds what they held", () => {
  const { memory, mm } = scene("madvise");
  for (let page = 0; page < 512; page += 3) mm.writePage(START + page * 0x1000, page + 1);
  const vma = present(mm.findVma(START));
  assert(!collapse(mm.descriptor, vma, START), "the VMA did not ask for it");
  mm.madvise(START, HUGE_PAGE_SIZE, MADV.HUGEPAGE);
  assert(collapse(mm.descriptor, present(mm.findVma(START)), START + HALF));
  assertEquals([counts(mm), memory.used], [[1, 0], 512]);
  for (let page = 0; page < 512; page++) {
    assertEquals(mm.readPage(START + page * 0x1000), page % 3 === 0 ? page + 1 : 0);
  }
  mm.validate();
});

Deno.test("collapse: refuses what others show, what is swapped out, and a VMA that does not hold it", () => {
  const { memory, mm } = scene("madvise");
  mm.madvise(START, 2 * HUGE_PAGE_SIZE, MADV.HUGEPAGE);
  const vma = present(mm.findVma(START));
  assert(!collapse(mm.descriptor, vma, START), "nothing is there");
  mm.mprotect(START, 0x1000, 3);
  mm.madvise(START, HUGE_PAGE_SIZE, MADV.NOHUGEPAGE);
  mm.writePage(START, 1);
  mm.madvise(START, HUGE_PAGE_SIZE, MADV.HUGEPAGE);
  const child = mm.fork();
  assert(!collapse(mm.descriptor, present(mm.findVma(START)), START), "the child shows it too");
  child.exit();
  const entry = present(mm.entry(START));
  assert(entry.kind === "present" && evict(memory, entry.page));
  assert(!collapse(mm.descriptor, present(mm.findVma(START)), START), "it is swapped out");
  mm.munmap(START + HALF, 0x1000);
  assert(!collapse(mm.descriptor, present(mm.findVma(START)), START), "the VMA is cut");
});

Deno.test("evict: a huge page is split first, its parts go one by one", () => {
  const { memory, mm } = scene();
  mm.writePage(START + 0x3000, 9);
  const huge = present(mm.descriptor.pageTable?.huge.get(hugeNumber(START)));
  assert(!evict(memory, huge.page));
  assertEquals(counts(mm), [0, 512]);
  const entry = present(mm.entry(START + 0x3000));
  assert(entry.kind === "present" && evict(memory, entry.page));
  assertEquals(mm.readPage(START + 0x3000), 9);
  mm.validate();
});

Deno.test("validate: a huge page across a border, and a small entry inside one, are found", () => {
  const broken: Record<string, (mm: AddressSpace) => void> = {
    "does not lie in one VMA": (mm) => {
      const table = present(mm.descriptor.pageTable);
      const entry = present(table.huge.get(hugeNumber(START)));
      mm.munmap(START + HALF, 0x1000);
      for (let at = START; at < START + HUGE_PAGE_SIZE; at += 0x1000) table.delete(at / 0x1000);
      table.huge.set(hugeNumber(START), entry);
    },
    "inside a huge page": (mm) => {
      mm.readPage(START + HUGE_PAGE_SIZE); // shows the zero page
      const entry = present(mm.entry(START + HUGE_PAGE_SIZE));
      assert(entry.kind !== "swap");
      present(mm.descriptor.pageTable).set(START / 0x1000, entry);
    },
    "that was split or given back": (mm) => {
      const { huge } = present(mm.descriptor.pageTable);
      present(huge.get(hugeNumber(START))).page.mapping = null;
    },
    "counts 2 entries": (mm) => {
      const { huge } = present(mm.descriptor.pageTable);
      present(huge.get(hugeNumber(START))).page.mapped++;
    },
  };
  for (const [rule, fault] of Object.entries(broken)) {
    const { mm } = scene();
    mm.writePage(START, 1);
    mm.validate();
    fault(mm);
    let message = "";
    try {
      mm.validate();
    } catch (error) {
      message = String(error);
    }
    assert(message.includes(rule), `${rule}: ${message}`);
  }
});

//   one page short at its end, at its start, exactly 2 MiB
Deno.test("huge page: only where the VMA holds all of its 2 MiB", () => {
  const cases = [[START, START + HUGE_PAGE_SIZE - 0x1000, 0], [
    START + 0x1000,
    START + HUGE_PAGE_SIZE,
    0,
  ], [
    START,
    START + HUGE_PAGE_SIZE,
    1,
  ]] as const;
  for (const [start, end, huge] of cases) {
    const mm = new AddressSpace({ memory: new PhysicalMemory({ hugePages: "always" }) });
    map(mm, start, end - start);
    mm.writePage(START + HALF, 1);
    assertEquals(counts(mm), [huge, 1 - huge]);
  }
});

Deno.test("huge page: as many frames must be free as two of them have, to enter one and to collapse", () => {
  for (const [pages, huge] of [[1024, 1], [1023, 0]] as const) {
    const mm = new AddressSpace({ memory: new PhysicalMemory({ pages, hugePages: "always" }) });
    map(mm, START, HUGE_PAGE_SIZE);
    mm.writePage(START, 1);
    assertEquals(counts(mm), [huge, 1 - huge]);
    const memory = new PhysicalMemory({ pages: pages + 1, hugePages: "madvise" });
    const other = new AddressSpace({ memory });
    map(other, START, HUGE_PAGE_SIZE);
    other.writePage(START, 1);
    other.madvise(START, HUGE_PAGE_SIZE, MADV.HUGEPAGE);
    assertEquals(collapse(other.descriptor, present(other.findVma(START)), START), huge === 1);
    assertEquals(counts(other), [huge, 1 - huge]);
    if (huge === 1) {
      assertEquals(
        present(present(other.descriptor.pageTable).huge.get(hugeNumber(START))).writable,
        true,
      );
    }
    other.validate();
  }
});

// One small page is enough in the way, the first or the last of the 2 MiB; beside them none is.
Deno.test("huge page: where a small page is shown already, small ones follow", () => {
  const cases = [[0, 0], [HUGE_PAGE_SIZE - 0x1000, 0], [HUGE_PAGE_SIZE, 1]] as const;
  for (const [shown, huge] of cases) {
    const { mm } = scene();
    mm.readPage(START + shown);
    mm.writePage(START + HALF, 1);
    assertEquals(counts(mm), [huge, 2 - huge]);
    mm.validate();
  }
});

Deno.test("collapse: refuses what shows the zero page, or is on its way", () => {
  const { mm } = scene("madvise");
  mm.writePage(START, 1);
  mm.readPage(START + 0x1000);
  mm.madvise(START, HUGE_PAGE_SIZE, MADV.HUGEPAGE);
  const vma = present(mm.findVma(START));
  assert(!collapse(mm.descriptor, vma, START), "the zero page is shown");
  mm.writePage(START + 0x1000, 2);
  const page = pageAt(mm, START);
  page.locked = true;
  assert(!collapse(mm.descriptor, vma, START), "it is locked");
  page.locked = false;
  assert(collapse(mm.descriptor, vma, START));
});

//   |<- huge ->|<- huge ->|      the second one moves to where no huge page can be
Deno.test("huge page: a move that does not fit splits what moves, and nothing else", () => {
  const { mm } = scene();
  mm.writePage(START, 1);
  mm.writePage(START + HUGE_PAGE_SIZE, 2);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  mm.mremap(START + HUGE_PAGE_SIZE, HUGE_PAGE_SIZE, HUGE_PAGE_SIZE, flags, 0x7000_1000);
  assertEquals(counts(mm), [1, 512]);
  mm.mremap(START, HUGE_PAGE_SIZE, HUGE_PAGE_SIZE, flags, 0x9000_1000);
  assertEquals(counts(mm), [0, 1024]);
  mm.validate();
});

Deno.test("huge page: unmapped whole it is gone, protected whole it may not be written, paged out it is split", () => {
  const { memory, mm } = scene();
  mm.writePage(START, 1);
  mm.mprotect(START, HUGE_PAGE_SIZE, 1);
  assertEquals(
    present(present(mm.descriptor.pageTable).huge.get(hugeNumber(START))).writable,
    false,
  );
  mm.munmap(START, HUGE_PAGE_SIZE);
  assertEquals([counts(mm), memory.used], [[0, 0], 0]);
  mm.writePage(START + HUGE_PAGE_SIZE, 2);
  mm.madvise(START + HUGE_PAGE_SIZE, HUGE_PAGE_SIZE, MADV.PAGEOUT);
  assertEquals([counts(mm), memory.used, memory.swapSlots], [[0, 512], 0, 512]);
  mm.validate();
});

Deno.test("huge page: the parts of one that was used count as used", () => {
  for (const referenced of [false, true]) {
    const { memory, mm } = scene();
    mm.writePage(START, 1);
    const { page } = present(present(mm.descriptor.pageTable).huge.get(hugeNumber(START)));
    page.referenced = referenced;
    splitHugePage(memory, page);
    assert(memory.frames.every((part) => part.referenced === referenced));
  }
});
