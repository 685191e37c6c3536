import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_NORESERVE,
  MAP_PRIVATE,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { CommitLedger } from "../../../src/mm/memory_descriptor.ts";
import {
  formatPermissions,
  VM_ACCOUNT,
  VM_HUGETLB,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
} from "../../../src/mm/vm_flags.ts";
import { spaceWithPages, tableOf } from "../pages/pages.ts";
import {
  assertFails,
  assertLayout,
  FIXED,
  map,
  mapFile,
  mapShared,
  open,
  RW,
  space,
  touch,
} from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

//   |--------- rw ---------|
//        |-- r --|
//   |-rw-|-- r --|--- rw --|
Deno.test("mprotect: a middle makes three VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x6000);
  mm.mprotect(0x2000, 0x2000, 1);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-4000 r--p 2", "4000-6000 rw-p 4"]);
});

//   |--------- rw ---------|
//        |-- rw --|
//   |--------- rw ---------|
Deno.test("mprotect: a middle that is already so makes no VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x6000);
  mm.mprotect(0x2000, 0x2000, RW);
  assertLayout(mm, ["1000-6000 rw-p 1"]);
});

//   |-- rw --|  (hole)  |-- rw --|
//   |----------- r --------------|     ENOMEM at the hole, the first is changed
Deno.test("mprotect: changes everything before a hole, then fails with ENOMEM", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x4000, 0x5000);
  const error = assertThrows(() => mm.mprotect(0x1000, 0x4000, 1), MmError);
  assertEquals(error.code, "ENOMEM");
  assertLayout(mm, ["1000-3000 r--p 1", "4000-5000 rw-p 4"]);
});

Deno.test("mprotect: several VMAs become one when they become alike", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  map(mm, 0x3000, 0x4000, 5);
  mm.mprotect(0x1000, 0x3000, 0);
  assertLayout(mm, ["1000-4000 ---p 1"]);
});

// VM_ACCOUNT comes with write permission and goes with it only while nothing was written.
Deno.test("mprotect: private memory is charged from the day it becomes writable", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000, 1);
  const [vma] = [...mm.vmas()];
  assertEquals(vma!.flags & VM_ACCOUNT, 0);
  mm.mprotect(0x1000, 0x2000, RW);
  assertEquals(vma!.flags & VM_ACCOUNT, VM_ACCOUNT);
  assertEquals(mm.descriptor.committedPages, 2);
  mm.mprotect(0x1000, 0x2000, 1);
  assertEquals(vma!.flags & VM_ACCOUNT, 0);
  assertEquals(mm.descriptor.committedPages, 0);
});

Deno.test("mprotect: what was written to stays charged when it becomes read-only", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x1000);
  mm.mprotect(0x1000, 0x2000, 1);
  assertEquals([...mm.vmas()][0]!.flags & VM_ACCOUNT, VM_ACCOUNT);
  mm.validate();
});

Deno.test("mprotect: MAP_NORESERVE and shared memory are never charged", () => {
  const mm = space();
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: 1, flags });
  mm.mprotect(0x1000, 0x1000, RW);
  mapShared(mm, 0x5000, 0x6000, open(), 0);
  mm.mprotect(0x5000, 0x1000, RW);
  assertEquals(mm.descriptor.committedPages, 0);
});

Deno.test("mprotect: a shared file opened read-only cannot become writable", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x2000, open("data", { writable: false }), 0);
  const error = assertThrows(() => mm.mprotect(0x1000, 0x1000, RW), MmError);
  assertEquals(error.code, "EACCES");
  mapFile(mm, 0x3000, 0x4000, open("data", { writable: false }), 0);
  mm.mprotect(0x3000, 0x1000, RW);
  assertLayout(mm, ["1000-2000 r--s 0 data", "3000-4000 rw-p 0 data"]);
});

Deno.test("mprotect: length 0 does nothing, wherever it points", () => {
  const mm = space();
  mm.mprotect(0x1000, 0, 1);
  assertLayout(mm, []);
});

const PAGE = 0x1000;

//   |------ 1 VMA ------|   ▸   |-1-|-2-|-3-|    three are allowed
Deno.test("mprotect: two cuts may bring the count to max_map_count", () => {
  const mm = space({ maxMapCount: 3 });
  map(mm, 0x1000, 0x4000);
  mm.mprotect(0x2000, PAGE, PROT_READ);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 r--p 2", "3000-4000 rw-p 3"]);
});

Deno.test("mprotect: a length that wraps is ENOMEM before the protection is looked at, at the top too", () => {
  const mm = space();
  for (const address of [0, ADDRESS_LIMIT - PAGE]) {
    assertFails("ENOMEM", () => mm.mprotect(address, ADDRESS_LIMIT - 1, 0x1000));
  }
});

Deno.test("mprotect: a file's private pages stay charged when they become read-only", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x3000, open(), 0, RW);
  mm.mprotect(0x1000, 2 * PAGE, PROT_READ);
  assertEquals(mm.descriptor.committedPages, 2);
});

//   never promises more than two pages; the written one, read-only for a while, is one of them
Deno.test("mprotect: what is charged already asks for nothing to become writable again", () => {
  const commit = Object.assign(new CommitLedger(), { mode: "never", limitPages: 3 });
  const mm = space({ commit });
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.mprotect(0x1000, PAGE, PROT_READ);
  map(mm, 0x5000, 0x6000);
  assertFails("ENOMEM", () => map(mm, 0x8000, 0x9000));
  mm.mprotect(0x1000, PAGE, RW);
  mm.mprotect(0x1000, PAGE, RW | PROT_EXEC);
  assertEquals(commit.pages, 2);
});

function commitOf(mm: AddressSpace): number {
  return mm.descriptor.committedPages;
}

Deno.test("mprotect: becoming writable asks for the pages of the range, wherever it lies", () => {
  const mm = space();
  Object.assign(mm.descriptor.commit, { memoryPages: 2 });
  map(mm, 0x7000_0000, 0x7000_3000, PROT_READ);
  assertFails("ENOMEM", () => mm.mprotect(0x7000_0000, 3 * PAGE, RW));
  mm.mprotect(0x7000_0000, 2 * PAGE, RW);
  assertEquals(commitOf(mm), 2);
});

const MIB = 0x10_0000;

const BASE = 0x7fff_0000_0000;

/** A program that begins with one VMA. */
function loaded(vma: Parameters<AddressSpace["exec"]>[0]["vmas"][number]): AddressSpace {
  const mm = space();
  mm.exec({ vmas: [vma], startBrk: 0x100_0000, startStack: 0, mmapBase: BASE });
  return mm;
}

// Huge pages come from their pool, which keeps its own accounts.
Deno.test("mprotect: huge pages are not charged for becoming writable", () => {
  const flags = VM_READ | VM_MAYREAD | VM_MAYWRITE | VM_HUGETLB;
  const mm = loaded({ start: 2 * MIB, end: 4 * MIB, flags });
  mm.mprotect(2 * MIB, 2 * MIB, RW);
  assertEquals(commitOf(mm), 0);
});

/** The table of locked memory that was emptied, after a change of protection. */
function emptied(from: number, to: number, shared = false): string {
  const { mm } = spaceWithPages();
  if (shared) mapShared(mm, 0x1000, 0x2000, open(), 0, from);
  else map(mm, 0x1000, 0x2000, from);
  mm.mlock(0x1000, PAGE);
  mm.madvise(0x1000, PAGE, MADV.DONTNEED_LOCKED);
  assertEquals(tableOf(mm, 0x1000, 0x2000), ".");
  mm.mprotect(0x1000, PAGE, to);
  return tableOf(mm, 0x1000, 0x2000);
}

Deno.test("mprotect: locked memory is copied at once if it is private and becomes writable, else left", () => {
  assertEquals(emptied(PROT_READ, RW), "w");
  assertEquals(emptied(PROT_READ, PROT_READ | PROT_EXEC), ".");
  assertEquals(emptied(RW, RW | PROT_EXEC), ".");
  assertEquals(emptied(PROT_READ, RW, true), ".");
});

Deno.test("mprotect: a stack is changed down to its start, but not both ways at once", () => {
  const mm = space();
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x1000, length: 0x3000, protection: RW, flags });
  assertFails("EINVAL", () => mm.mprotect(0x3000, PAGE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP));
  assertLayout(mm, ["1000-4000 rw-p 1"]);
  mm.mprotect(0x3000, PAGE, PROT_READ | PROT_GROWSDOWN);
  assertLayout(mm, ["1000-4000 r--p 1"]);
});

Deno.test("mprotect: a range that wraps is ENOMEM before anything is changed", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertFails("ENOMEM", () => mm.mprotect(0x1000, ADDRESS_LIMIT - 0x1000, PROT_READ));
  assertFails("ENOMEM", () => mm.mprotect(0x1000, ADDRESS_LIMIT - 1, PROT_READ));
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

Deno.test("mprotect: under READ_IMPLIES_EXEC only what may be read may be executed", () => {
  const mm = space();
  mm.descriptor.readImpliesExec = true;
  map(mm, 0x1000, 0x2000, 0);
  const rights = [1, 2, 3, 0].map((protection) => {
    mm.mprotect(0x1000, 0x1000, protection);
    return formatPermissions(mm.findVma(0x1000)!.flags);
  });
  assertEquals(rights, ["r-xp", "-w-p", "rwxp", "---p"]);
});
