import { MADV, MAP_ANONYMOUS, MAP_NORESERVE, MAP_PRIVATE } from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import {
  type AddressSpaceOptions,
  CommitLedger,
  commitLimit,
  type OvercommitMode,
} from "../../../src/mm/memory_descriptor.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { assertFails, assertLayout, map, RW, space, touch } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;

function ledger(mode: OvercommitMode, pages: number): CommitLedger {
  const commit = new CommitLedger();
  commit.mode = mode;
  commit.memoryPages = commit.limitPages = pages;
  return commit;
}

function fails(mm: AddressSpace, pages: number, flags = ANONYMOUS): boolean {
  try {
    mm.mmap({ length: pages * 0x1000, protection: RW, flags });
    return false;
  } catch (error) {
    if (error instanceof MmError && error.code === "ENOMEM") return true;
    throw error;
  }
}

Deno.test("overcommit: by heuristic one call may not ask for more than the machine has, many may", () => {
  const mm = space({ commit: ledger("heuristic", 10) });
  assertEquals(fails(mm, 11), true);
  assertEquals(fails(mm, 10), false);
  assertEquals(fails(mm, 10), false);
  assertEquals(fails(mm, 11, ANONYMOUS | MAP_NORESERVE), false);
});

Deno.test("overcommit: always grants everything", () => {
  assertEquals(fails(space({ commit: ledger("always", 10) }), 1_000_000), false);
});

// The kernel compares after adding, with "less than": the last page is never given.
Deno.test("overcommit: never keeps below the limit, over all processes, MAP_NORESERVE or not", () => {
  const commit = ledger("never", 20);
  const mm = space({ commit });
  const other = space({ commit });
  assertEquals(fails(mm, 20), true);
  assertEquals(fails(mm, 10), false);
  assertEquals(fails(other, 10), true);
  assertEquals(fails(other, 9, ANONYMOUS | MAP_NORESERVE), false);
  assertEquals(commit.pages, 19);
  mm.exit();
  other.exit();
  assertEquals(commit.pages, 0);
});

Deno.test("overcommit: never keeps a part for the administrator, and one for stopping a big process", () => {
  const commit = ledger("never", 200);
  commit.adminReservePages = 20;
  commit.userReservePages = 4;
  const mm = space({ commit });
  assertEquals(fails(mm, 180), true);
  assertEquals(fails(mm, 96), false);
  // 96 / 32 = 3 pages more are kept now: 96 + 81 = 177 is not below 177.
  assertEquals(fails(mm, 81), true);
  assertEquals(fails(mm, 80), false);
});

Deno.test("overcommit: replacing charged memory asks only for what is more", () => {
  const mm = space({ commit: ledger("never", 12) });
  map(mm, 0x10000, 0x1a000);
  map(mm, 0x10000, 0x1b000);
  assertEquals(mm.descriptor.commit.pages, 11);
});

Deno.test("commitLimit: a share of RAM, and all of swap", () => {
  assertEquals(commitLimit(1000, 200), 700);
  assertEquals(commitLimit(999, 0, 80), 799);
});

/** Each verb that can grow an address space, against a limit that it would pass. */
const GROWTH: Readonly<Record<string, (mm: AddressSpace) => unknown>> = {
  "mmap": (mm) => mm.mmap({ length: 0x3000, protection: RW, flags: ANONYMOUS }),
  "mremap in place": (mm) => mm.mremap(0x10000, 0x4000, 0x7000),
  "mremap that moves": (mm) => {
    map(mm, 0x14000, 0x15000, 0);
    mm.munmap(0x12000, 0x1000);
    mm.mremap(0x13000, 0x1000, 0x6000, 1);
  },
};

for (const [name, call] of Object.entries(GROWTH)) {
  for (const limits of [{ addressSpace: 0x6000 }, { data: 0x6000 }]) {
    Deno.test(`${Object.keys(limits)} limit: binds ${name}`, () => {
      const mm = space({ limits });
      map(mm, 0x10000, 0x14000);
      assertEquals(assertThrows(() => call(mm), MmError).code, "ENOMEM");
      mm.validate();
    });
  }
}

Deno.test("data limit: binds neither what cannot be written nor a stack", () => {
  const mm = space({ limits: { data: 0x1000 } });
  mm.mmap({ length: 0x9000, protection: 1, flags: ANONYMOUS });
  mm.mmap({ length: 0x9000, protection: RW, flags: ANONYMOUS | 0x100 });
  assertEquals([mm.descriptor.dataPages, mm.descriptor.stackPages], [0, 9]);
});

// Valgrind runs programs under a soft limit of 0; the kernel then goes by the hard one.
Deno.test("data limit: a soft limit of 0 leaves it to the hard one", () => {
  const mm = space({ limits: { data: 0, dataHard: 0x3000 } });
  assertEquals(fails(mm, 3), false);
  assertEquals(fails(mm, 1), true);
  assertEquals(fails(space({ limits: { data: 0 } }), 1000), false);
});

Deno.test("memory-lock limit: binds growth of what is locked, and what comes after mlockall", () => {
  const options: AddressSpaceOptions = { capIpcLock: false, limits: { lockedMemory: 0x4000 } };
  const mm = space(options);
  map(mm, 0x10000, 0x12000);
  mm.mlock(0x10000, 0x2000);
  assertEquals(
    assertThrows(() => mm.mremap(0x10000, 0x2000, 0x5000), MmError).code,
    "EAGAIN",
  );
  mm.mremap(0x10000, 0x2000, 0x4000);
  assertEquals(mm.descriptor.lockedPages, 4);
  mm.mlockall(2);
  const future = () => mm.mmap({ length: 0x1000, protection: RW, flags: ANONYMOUS });
  assertEquals(assertThrows(future, MmError).code, "EAGAIN");
  mm.validate();
});

Deno.test("memory-lock limit: brk stays where it is under mlockall for the future", () => {
  const mm = space({ capIpcLock: false, limits: { lockedMemory: 0x2000 } });
  mm.exec({ vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  mm.mlockall(2);
  assertEquals(mm.brk(0x13000), 0x10000);
  assertEquals(mm.brk(0x12000), 0x12000);
});

Deno.test("mlockall: MCL_ONFAULT marks both what is and what will be", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mlockall(7);
  map(mm, 0x3000, 0x4000);
  const flags = [...mm.vmas()].map((vma) => formatVmFlags(vma.flags));
  assertEquals(flags, ["rd wr mr mw me lo lf ac", "rd wr mr mw me lo lf ac"]);
  mm.mlock(0x1000, 0x1000, 0);
  assertEquals(formatVmFlags(mm.findVma(0)!.flags), "rd wr mr mw me lo ac");
});

Deno.test("accounting: pages by kind follow every change of protection", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  touch(mm, 0x10000);
  mm.mprotect(0x10000, 0x2000, 5);
  mm.mprotect(0x12000, 0x1000, 1);
  const { dataPages, executablePages, totalPages, committedPages } = mm.descriptor;
  assertEquals([dataPages, executablePages, totalPages, committedPages], [5, 2, 8, 8]);
  mm.validate();
});

const PAGE = 0x1000;

// 2^53 stands for 2^64: a range that ends there wraps round to 0, in the kernel as in the model.
Deno.test("limits: a range that ends where addresses do has wrapped", () => {
  const mm = space();
  const last = ADDRESS_LIMIT - PAGE;
  assertFails("EINVAL", () => mm.setAnonName(last, PAGE, "name"));
  assertFails("EINVAL", () => mm.madvise(last, PAGE, MADV.NORMAL));
  assertFails("EINVAL", () => mm.mseal(last, PAGE));
  assertFails("EINVAL", () => mm.mlock(last, PAGE));
  assertFails("EINVAL", () => mm.munlock(last, PAGE));
  assertFails("ENOMEM", () => mm.setAnonName(last - PAGE, PAGE, "name"));
  assertFails("ENOMEM", () => mm.madvise(last - PAGE, PAGE, MADV.NORMAL));
  assertFails("ENOMEM", () => mm.mseal(last - PAGE, PAGE));
  assertFails("ENOMEM", () => mm.munlock(last - PAGE, PAGE));
});

/** Stands for 2^64, where the kernel's sums wrap round to 0. */
const END = 2 ** 53;

Deno.test("limits: a single byte in the last page of all is too much", () => {
  const mm = space();
  assertFails("EINVAL", () => mm.setAnonName(END - PAGE, 1, "name"));
  assertFails("EINVAL", () => mm.madvise(END - PAGE, 1, MADV.NORMAL));
  assertFails("EINVAL", () => mm.mlock(END - PAGE, 1));
  assertFails("EINVAL", () => mm.munlock(END - PAGE, PAGE));
});

Deno.test("limits: an empty range is nothing to do, wherever it lies", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  for (const address of [0x1000, 0x8000]) {
    mm.setAnonName(address, 0, "name");
    mm.madvise(address, 0, MADV.DONTFORK);
  }
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});
