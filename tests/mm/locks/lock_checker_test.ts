import { assert, assertEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../../src/abi/mman.ts";
import { HUGE_PAGE_SIZE } from "../../../src/abi/page.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import { evict } from "../../../src/mm/pages/reclaim.ts";
import { open } from "../scene.ts";
import { fault } from "../../../src/mm/calls/fault.ts";
import { MmInvariantError } from "../../../src/mm/error.ts";
import { LOCK_ORDER, LockChecker, WouldBlock } from "../../../src/mm/locks/lock_checker.ts";
import { setBounds } from "../../../src/mm/pages/anon_vma.ts";
import { splitAt } from "../../../src/mm/pages/huge_page.ts";
import { beginMigration, finishMigration } from "../../../src/mm/pages/migrate.ts";
import { PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { present } from "../../present.ts";
import { pageAt } from "../pages/pages.ts";

const A = {}, B = {};

Deno.test("LockChecker: locks are taken in their order only, several of a kind are fine", () => {
  for (const [i, first] of LOCK_ORDER.entries()) {
    for (const [j, second] of LOCK_ORDER.entries()) {
      const locks = new LockChecker();
      locks.acquire(first, A, "write");
      if (i <= j) assert(locks.acquire(second, B, "write"), `${first}, ${second}`);
      else {
        assertThrows(
          () => locks.acquire(second, B, "write"),
          MmInvariantError,
          `${second} is taken while ${first} is held`,
        );
      }
    }
  }
});

Deno.test("LockChecker: what is held is not taken again, and reading cannot become writing", () => {
  const locks = new LockChecker();
  assert(locks.acquire("mmap_lock", A, "write"));
  assert(!locks.acquire("mmap_lock", A, "read"));
  assert(!locks.acquire("mmap_lock", A, "write"));
  assert(locks.acquire("vma_lock", B, "read"));
  assertThrows(() => locks.acquire("vma_lock", B, "write"), MmInvariantError, "wait for itself");
});

Deno.test("LockChecker: readers share, a writer is alone, and who has to wait is told for whom", () => {
  const locks = new LockChecker();
  locks.acquire("vma_lock", A, "read");
  locks.task = 1;
  assert(locks.acquire("vma_lock", A, "read"));
  locks.task = 2;
  const error = assertThrows(() => locks.acquire("vma_lock", A, "write"), WouldBlock);
  assertEquals(error.lock.task, 0);
  locks.task = 0;
  locks.release("vma_lock", A);
  locks.task = 1;
  locks.release("vma_lock", A);
  locks.task = 2;
  assert(locks.acquire("vma_lock", A, "write"));
  assertEquals(locks.held.length, 1);
});

Deno.test("LockChecker: a lock left at the end of a call, or given back unheld, is found", () => {
  const locks = new LockChecker();
  locks.acquire("page_table_lock", A, "write");
  assertThrows(() => locks.endCall(), MmInvariantError, "page_table_lock is still held");
  assertThrows(() => locks.release("mmap_lock", A), MmInvariantError, "but not held");
  assertThrows(
    () => locks.demand("mmap_lock", A, "read", "x"),
    MmInvariantError,
    "x without mmap_lock",
  );
});

function scene() {
  const locks = new LockChecker();
  const memory = new PhysicalMemory({ locks, hugePages: "always" });
  const mm = new AddressSpace({ memory, mmapBase: 0x7000_0000_0000 });
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x4000_0000, length: HUGE_PAGE_SIZE, protection: 3, flags });
  mm.mmap({ address: 0x10000, length: 0x4000, protection: 3, flags });
  return { locks, memory, mm };
}

Deno.test("locks: a call takes mmap_lock, and gives all back", () => {
  const { locks, mm } = scene();
  const before = { ...locks.taken };
  mm.munmap(0x11000, 0x1000);
  assertEquals(locks.taken.mmap_lock - before.mmap_lock, 1);
  assertEquals(locks.taken.vma_lock - before.vma_lock, 1);
  assertEquals(locks.held, []);
});

//   |-- rw --|-- r --|-- rw --|      all three go, or the last one alone
Deno.test("locks: munmap takes the lock of each VMA that goes, before it goes", () => {
  for (const [address, length, count] of [[0x20000, 0x3000, 3], [0x22000, 0x1000, 1]] as const) {
    const { locks, mm } = scene();
    mm.mmap({ address: 0x20000, length: 0x3000, protection: 3, flags: 0x32 });
    mm.mprotect(0x21000, 0x1000, 1);
    const before = { ...locks.taken };
    mm.munmap(address, length);
    assertEquals(locks.taken.vma_lock - before.vma_lock, count);
    assertEquals(locks.held, []);
  }
});

Deno.test("locks: a fault takes only the VMA's lock, once it has its anon_vma", () => {
  const { locks, mm } = scene();
  mm.writePage(0x10000, 1);
  const before = { ...locks.taken };
  mm.writePage(0x11000, 2);
  assertEquals(locks.taken.mmap_lock, before.mmap_lock);
  assertEquals(locks.taken.vma_lock - before.vma_lock, 1);
});

Deno.test("locks: a change without the lock that guards it is found", () => {
  const { mm } = scene();
  mm.writePage(0x10000, 1);
  mm.writePage(0x4000_0000, 1);
  const vma = present(mm.findVma(0x10000));
  assertThrows(
    () => setBounds(vma, 0x10000, 0x13000, vma.pageOffset),
    MmInvariantError,
    "a VMA changes without mmap_lock held for writing",
  );
  const { tree } = mm.descriptor;
  tree.prepare(0x10000, 0x14000, undefined);
  for (const write of [() => tree.replace(vma), () => tree.commit(), () => tree.clear()]) {
    assertThrows(write, MmInvariantError, "without mmap_lock");
  }
  assertEquals(tree.load(0x10000), vma);
  assertThrows(
    () => fault(mm.descriptor, 0x10000, "read"),
    MmInvariantError,
    "a fault enters a page without vma_lock held for reading",
  );
  assertThrows(
    () => splitAt(present(mm.descriptor.pageTable), 0x4000_0000 + 0x1000),
    MmInvariantError,
    "a border splits a huge page without anon_vma_lock held for writing",
  );
});

Deno.test("locks: migration takes the page's lock before those of the reverse map", () => {
  const { locks, memory, mm } = scene();
  mm.writePage(0x10000, 1);
  const before = { ...locks.taken };
  finishMigration(memory, beginMigration(pageAt(mm, 0x10000)));
  assertEquals(locks.taken.page_lock - before.page_lock, 2);
  assertEquals(locks.held, []);
});

Deno.test("locks: a call that fails gives all back", () => {
  const { locks, mm } = scene();
  for (const act of [() => mm.munmap(0x10001, 0x1000), () => mm.readPage(0x9000_0000)]) {
    assertThrows(act);
    assertEquals(locks.held, []);
  }
});

Deno.test("locks: all of a kind are given back, the task's own and no others", () => {
  const locks = new LockChecker();
  const [first, second] = [{}, {}];
  locks.acquire("vma_lock", first, "read");
  locks.task = 1;
  locks.acquire("vma_lock", first, "read");
  locks.task = 0;
  locks.acquire("page_table_lock", first, "write");
  locks.acquire("page_table_lock", second, "write");
  locks.releaseAll("page_table_lock");
  assertEquals(locks.held.map(({ name, task }) => `${name} ${task}`), ["vma_lock 0", "vma_lock 1"]);
  locks.acquire("page_table_lock", second, "write");
  locks.releaseAll("vma_lock");
  assertEquals(locks.held.map(({ name, task }) => `${name} ${task}`), [
    "vma_lock 1",
    "page_table_lock 0",
  ]);
});

Deno.test("locks: a task that broke a rule, or had to wait, forgets at the end what it holds, without another error", () => {
  const breaks: readonly ((locks: LockChecker) => void)[] = [
    (locks) => locks.release("mmap_lock", {}),
    (locks) => locks.acquire("vma_lock", OTHERS, "write"),
  ];
  for (const fail of breaks) {
    const locks = new LockChecker();
    const own = {};
    locks.acquire("mmap_lock", own, "write");
    locks.task = 1;
    locks.acquire("vma_lock", OTHERS, "read");
    locks.task = 0;
    locks.acquire("vma_lock", own, "write");
    assertThrows(() => fail(locks));
    locks.endCall();
    assertEquals(locks.held.map(({ task, of }) => [task, of === OTHERS]), [[1, true]]);
    locks.acquire("mmap_lock", own, "write");
    assertThrows(() => locks.endCall(), MmInvariantError, "still held");
  }
});

const OTHERS = {};

Deno.test("locks: another task's lock is in the way only of its own kind, of the same thing, and for writing", () => {
  const locks = new LockChecker();
  const [first, second] = [{}, {}];
  locks.task = 1;
  locks.acquire("mmap_lock", first, "read");
  locks.acquire("vma_lock", second, "write");
  locks.task = 0;
  assertEquals(locks.acquire("mmap_lock", second, "write"), true);
  assertEquals(locks.acquire("mmap_lock", first, "read"), true);
  assertEquals(locks.acquire("vma_lock", first, "write"), true);
  assertThrows(() => locks.acquire("vma_lock", second, "read"), WouldBlock);
});

Deno.test("locks: reading what nothing was written to takes the VMA's lock alone, writing mmap_lock", () => {
  const { locks, mm } = scene();
  const before = locks.taken.mmap_lock;
  mm.readPage(0x10000);
  mm.fault(0x11000, "read");
  assertEquals(locks.taken.mmap_lock, before);
  mm.writePage(0x12000, 1);
  assertEquals(locks.taken.mmap_lock, before + 1);
});

Deno.test("locks: what a hook leaves held is found at the end of the call", () => {
  const { locks, mm } = scene();
  const close = () => void locks.acquire("i_mmap_rwsem", OTHERS, "write");
  const file = { ...open(), hooks: { close } };
  mm.mmap({ address: 0x30000, length: 0x1000, protection: 1, flags: 0x12, file });
  assertThrows(
    () => mm.munmap(0x30000, 0x1000),
    MmInvariantError,
    "i_mmap_rwsem is still held at the end of the call",
  );
});

Deno.test("locks: borders and pages of a file go under the file's lock, of anonymous memory under the anon_vma's", () => {
  const { locks, memory, mm } = scene();
  mm.mmap({ address: 0x30000, length: 0x3000, protection: 1, flags: 0x12, file: open() });
  mm.readPage(0x30000);
  mm.writePage(0x10000, 1);
  const taken = (act: () => void): [file: boolean, anonymous: boolean] => {
    const before = { ...locks.taken };
    act();
    const { i_mmap_rwsem, anon_vma_lock } = locks.taken;
    return [i_mmap_rwsem > before.i_mmap_rwsem, anon_vma_lock > before.anon_vma_lock];
  };
  const migrate = (at: number) => () =>
    void finishMigration(memory, beginMigration(pageAt(mm, at)));
  assertEquals(taken(migrate(0x30000)), [true, false]);
  assertEquals(taken(migrate(0x10000)), [false, true]);
  assertEquals(taken(() => mm.munmap(0x32000, 0x1000)), [true, false]);
  assertEquals(taken(() => mm.munmap(0x13000, 0x1000)), [false, true]);
});

Deno.test("locks: each entry goes under the lock of its page table, each link under that of its anon_vmas", () => {
  const { locks, memory, mm } = scene();
  const taken = (act: () => unknown): number[] => {
    const { page_table_lock, anon_vma_lock } = locks.taken;
    act();
    return [
      locks.taken.page_table_lock - page_table_lock,
      locks.taken.anon_vma_lock - anon_vma_lock,
    ];
  };
  assertEquals(taken(() => mm.writePage(0x10000, 1)), [1, 1]); // entered; the first anon_vma linked
  assertEquals(taken(() => mm.writePage(0x11000, 1)), [1, 0]);
  assertEquals(taken(() => mm.munmap(0x10000, 0x4000)), [1, 1]); // all of it zapped at once, unlinked
  mm.mmap({ address: 0x30000, length: 0x1000, protection: 1, flags: 0x12, file: open() });
  mm.readPage(0x30000);
  assertEquals(taken(() => evict(memory, pageAt(mm, 0x30000))), [1, 0]);
});
