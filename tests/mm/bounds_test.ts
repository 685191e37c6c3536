/**
 * Every limit at its last value that is allowed, and one beyond: the comparison in the rule is the point of each
 * scenario.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import {
  MADV,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_PRIVATE,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MCL_CURRENT,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  SHM_RND,
} from "../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../src/abi/page.ts";
import type { AddressSpaceOptions } from "../../src/mm/memory_descriptor.ts";
import {
  VM_DONTEXPAND,
  VM_IO,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_WRITE,
} from "../../src/mm/vm_flags.ts";
import { assertLayout, FIXED, map, mapFile, mapShared, open, RW, space } from "./scene.ts";

const PAGE = 0x1000;
const TOP = 0x10000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

/** Sixteen pages of addresses, the first of which may not be mapped. */
function small(options: AddressSpaceOptions = {}): AddressSpace {
  return space({ taskSize: TOP, mmapBase: TOP, ...options });
}

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

/** A program whose heap begins at `startBrk`, with nothing mapped. */
function start(mm: AddressSpace, startBrk: number): void {
  mm.exec({ vmas: [], startBrk, startStack: 0, mmapBase: TOP });
}

//   0x1000          0x8000        0x10000
//   |                |--- heap ---|  the last user's address is the heap's last byte
Deno.test("brk: the heap may end at the task size, and no later", () => {
  const mm = small();
  start(mm, 0x8000);
  assertEquals(mm.brk(TOP + 1), 0x8000);
  assertEquals(mm.brk(TOP), TOP);
  assertLayout(mm, ["8000-10000 rw-p 8 [heap]"]);
});

//   |-1-|  |-2-|       |-heap-|     two VMAs of two allowed: the heap is the one too many that is let through
Deno.test("brk: refused once the count is beyond max_map_count, not when it is there", () => {
  const mm = small({ maxMapCount: 2 });
  start(mm, 0x8000);
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  assertEquals(mm.brk(0x9000), 0x9000);
  assertEquals(mm.mapCount, 3);
  assertEquals(mm.brk(0xa000), 0x9000);
  mm.munmap(0x1000, PAGE);
  assertEquals(mm.brk(0xa000), 0xa000);
  assertLayout(mm, ["3000-4000 rw-p 3", "8000-a000 rw-p 8 [heap]"]);
});

//   |-heap-|hole|   the heap's second page was unmapped: there is nothing to shrink by
Deno.test("brk: does not shrink over what is not mapped", () => {
  const mm = small();
  start(mm, 0x8000);
  mm.brk(0xa000);
  mm.munmap(0x9000, PAGE);
  assertEquals(mm.brk(0x9000), 0xa000);
  assertLayout(mm, ["8000-9000 rw-p 8 [heap]"]);
});

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

Deno.test("findVma: beyond the last address there is nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertEquals(mm.findVma(ADDRESS_LIMIT), undefined);
  assertEquals(mm.findVmaIntersection(ADDRESS_LIMIT, ADDRESS_LIMIT + PAGE), undefined);
});

//   0x1000  0x2000  0x3000
//   |       |-file-|          the range ends where the file's VMA begins: it is not in it
Deno.test("setAnonName: a VMA that begins at the range's end is not looked at", () => {
  const mm = space();
  mapFile(mm, 0x2000, 0x3000, open(), 0);
  assertFails("ENOMEM", () => mm.setAnonName(0x1000, PAGE, "name"));
});

//   0x1000        0x3000
//   |<- grows ----|-stack-|   down to mmap_min_addr, not below
Deno.test("fault: a stack grows down to mmap_min_addr", () => {
  const mm = space();
  mm.mmap({ address: 0x3000, length: PAGE, protection: RW, flags: FIXED | MAP_GROWSDOWN });
  assertFails("EPERM", () => mm.fault(0xfff, "write"));
  mm.fault(0x1000, "write");
  assertLayout(mm, ["1000-4000 rw-p 1*"]);
});

// Anonymous memory at 0x3000 has page offset 3: growing by three pages makes it 0, and that is allowed.
Deno.test("fault: a stack grows until its page offset is 0", () => {
  const mm = space({ mmapMinAddress: 0 });
  mm.descriptor.startStack = 0x10_0000;
  mm.mmap({ address: 0x3000, length: PAGE, protection: RW, flags: FIXED | MAP_GROWSDOWN });
  mm.fault(0, "write");
  assertLayout(mm, ["0-4000 rw-p 0*"]);
});

Deno.test("mincore: the answer may lie in the last user's page, and at 0 if it is empty", () => {
  const mm = small();
  map(mm, TOP - PAGE, TOP);
  assertEquals([...mm.mincore(TOP - PAGE, PAGE, TOP - 1)], [0]);
  assertFails("EFAULT", () => mm.mincore(TOP - PAGE, PAGE, TOP));
  assertEquals([...mm.mincore(TOP - PAGE, 0, 0)], []);
});

Deno.test("mlockall: as much as RLIMIT_MEMLOCK may be mapped", () => {
  const limits = { lockedMemory: 2 * PAGE };
  const mm = space({ limits, capIpcLock: false });
  map(mm, 0x1000, 0x3000);
  mm.mlockall(MCL_CURRENT);
  assertEquals(mm.descriptor.lockedPages, 2);
  mm.munlockall();
  map(mm, 0x3000, 0x4000);
  assertFails("ENOMEM", () => mm.mlockall(MCL_CURRENT));
});

Deno.test("mmap: the last address of all reads as -EPERM, unless the length is too long first", () => {
  const mm = small();
  const at = (length: number) =>
    mm.mmap({ address: ADDRESS_LIMIT - 1, length, protection: RW, flags: FIXED });
  assertFails("EPERM", () => at(TOP));
  assertFails("ENOMEM", () => at(TOP + PAGE));
});

Deno.test("mmap: a mapping may end at its file's largest offset", () => {
  const mm = space();
  const file = { ...open(), maxBytes: 3 * PAGE };
  mapFile(mm, 0x1000, 0x3000, file, PAGE);
  assertFails("EOVERFLOW", () => mapFile(mm, 0x5000, 0x7000, file, 2 * PAGE));
  assertLayout(mm, ["1000-3000 r--p 1 data"]);
});

Deno.test("mmap: MAP_SYNC is for files on persistent memory", () => {
  const mm = space();
  const request = { length: PAGE, protection: PROT_READ, flags: MAP_SHARED_VALIDATE | MAP_SYNC };
  assertFails("EOPNOTSUPP", () => mm.mmap({ ...request, file: open() }));
  mm.mmap({ ...request, file: { ...open(), hugeAligned: true } });
  assertEquals(mm.mapCount, 1);
});

Deno.test("mmap: a file whose filesystem forbids executing is mapped, and never made executable", () => {
  const mm = space();
  const file = { ...open(), executable: false };
  mapFile(mm, 0x1000, 0x2000, file, 0);
  assertFails("EPERM", () => mapFile(mm, 0x3000, 0x4000, file, 0, PROT_READ | PROT_EXEC));
  assertFails("EACCES", () => mm.mprotect(0x1000, PAGE, PROT_READ | PROT_EXEC));
  assertLayout(mm, ["1000-2000 r--p 0 data"]);
});

//   0x1000        0x3000        0x5000   0x6000
//   |---- rw -----|---- r- -----|-- rw --|
//          |  0x2000-0x5000, refused |            six pages of address space are in use, none is left
//   |- rw -|- rw -|---- r- -----|-- rw --|        only what reached over its start was cut
Deno.test("mmap: a limit refuses after the VMAs at its ends were cut, and only those", () => {
  const limits = { addressSpace: 5 * PAGE };
  const mm = space({ limits });
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x5000, PROT_READ);
  map(mm, 0x5000, 0x6000);
  mm.descriptor.limits.addressSpace = 4 * PAGE;
  assertFails("ENOMEM", () => map(mm, 0x2000, 0x5000, PROT_NONE));
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "2000-3000 rw-p 2",
    "3000-5000 r--p 3",
    "5000-6000 rw-p 5",
  ]);
});

//   0x1000        0x3000        0x5000
//   |---- rw -----|---- r- -----|
//          |  0x2000-0x4000  |                    refused: both VMAs reach over an end
//   |- rw -|- rw -|- r- -|- r- -|
Deno.test("mmap: a limit refuses after both VMAs at its ends were cut", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x5000, PROT_READ);
  mm.descriptor.limits.addressSpace = 3 * PAGE;
  assertFails("ENOMEM", () => map(mm, 0x2000, 0x4000, PROT_NONE));
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "2000-3000 rw-p 2",
    "3000-4000 r--p 3",
    "4000-5000 r--p 4",
  ]);
});

Deno.test("mremap: to the length it has, nothing changes, even in a VMA's middle", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  assertEquals(mm.mremap(0x2000, PAGE, PAGE), 0x2000);
  assertEquals(mm.mremap(0x2000, PAGE, PAGE, MREMAP_MAYMOVE), 0x2000);
  assertLayout(mm, ["1000-5000 rw-p 1"]);
});

Deno.test("mremap: as long as all addresses is a length, though there is no room; longer is none", () => {
  const mm = small();
  map(mm, 0x1000, 0x2000);
  assertFails("ENOMEM", () => mm.mremap(0x1000, PAGE, TOP));
  assertFails("ENOMEM", () => mm.mremap(0x1000, PAGE, TOP, MREMAP_MAYMOVE));
  assertFails("EINVAL", () => mm.mremap(0x1000, PAGE, TOP + PAGE));
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

//   |-1-|    ...     |   ▸|-1-|  0x10000    moved to end where the user's addresses do, and grown to there
Deno.test("mremap: moves and grows up to the last address, not beyond", () => {
  const mm = small();
  map(mm, 0x1000, 0x2000);
  assertFails("EINVAL", () => mm.mremap(0x1000, PAGE, PAGE, MOVE, TOP));
  assertEquals(mm.mremap(0x1000, PAGE, PAGE, MOVE, TOP - PAGE), TOP - PAGE);
  assertLayout(mm, ["f000-10000 rw-p f"]);
  mm.mremap(TOP - PAGE, PAGE, PAGE, MOVE, 0xe000);
  assertEquals(mm.mremap(0xe000, PAGE, 2 * PAGE), 0xe000);
  assertLayout(mm, ["e000-10000 rw-p e"]);
  assertFails("ENOMEM", () => mm.mremap(0xe000, 2 * PAGE, 3 * PAGE));
});

/** A space for ten VMAs with so many, each two pages apart. */
function crowded(count: number, maxMapCount: number): AddressSpace {
  const mm = space({ maxMapCount });
  for (let i = 0; i < count; i++) map(mm, 0x10000 + i * 0x2000, 0x11000 + i * 0x2000);
  return mm;
}

// Two VMAs may come of the cuts at the target, and three are kept in reserve for the move itself.
Deno.test("mremap: MREMAP_FIXED leaves room for five VMAs below max_map_count", () => {
  assertFails("ENOMEM", () => crowded(5, 10).mremap(0x10000, PAGE, PAGE, MOVE, 0x1000));
  assertEquals(crowded(4, 10).mremap(0x10000, PAGE, PAGE, MOVE, 0x1000), 0x1000);
});

Deno.test("mremap: growing elsewhere leaves room for three VMAs below max_map_count", () => {
  // The second VMA is one page above the first, so that neither can grow by two pages where it is.
  const grow = (mm: AddressSpace) => mm.mremap(0x10000, PAGE, 3 * PAGE, MREMAP_MAYMOVE);
  assertFails("ENOMEM", () => grow(crowded(7, 10)));
  assertEquals(grow(crowded(6, 10)), 0x7fff_0000_0000 - 3 * PAGE);
});

/** One page with flags that only drivers set. */
function driven(flags: number): AddressSpace {
  const mm = space();
  const vmas = [{ start: 0x1000, end: 0x2000, flags }];
  mm.exec({ vmas, startBrk: 0x100000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  return mm;
}

const VM_READ_WRITE = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;

Deno.test("mremap: what a driver mapped may not be expanded, nor left behind", () => {
  for (const flag of [VM_PFNMAP, VM_DONTEXPAND]) {
    const mm = driven(VM_READ_WRITE | flag);
    const flags = MREMAP_DONTUNMAP | MREMAP_MAYMOVE;
    assertFails("EINVAL", () => mm.mremap(0x1000, PAGE, PAGE, flags));
    assertFails("EFAULT", () => mm.mremap(0x1000, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    assertEquals(mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x5000), 0x5000);
  }
});

Deno.test("mremap: RLIMIT_AS binds growth and what MREMAP_DONTUNMAP leaves behind", () => {
  const mm = space({ limits: { addressSpace: 2 * PAGE } });
  map(mm, 0x1000, 0x2000);
  const both = MREMAP_DONTUNMAP | MREMAP_MAYMOVE;
  assertFails("ENOMEM", () => mm.mremap(0x1000, PAGE, 3 * PAGE, MREMAP_MAYMOVE));
  assertEquals(mm.mremap(0x1000, PAGE, PAGE, both | MREMAP_FIXED, 0x8000), 0x8000);
  assertFails("ENOMEM", () => mm.mremap(0x8000, PAGE, PAGE, both | MREMAP_FIXED, 0xa000));
  assertLayout(mm, ["1000-2000 rw-p 1", "8000-9000 rw-p 8"]);
});

Deno.test("mremap: what cannot be promised is refused, in place and elsewhere", () => {
  const mm = space();
  Object.assign(mm.descriptor.commit, { memoryPages: 2 });
  map(mm, 0x1000, 0x2000);
  assertFails("ENOMEM", () => mm.mremap(0x1000, PAGE, 4 * PAGE));
  assertEquals(mm.mremap(0x1000, PAGE, 3 * PAGE), 0x1000);
  map(mm, 0x4000, 0x5000, PROT_READ);
  assertFails("ENOMEM", () => mm.mremap(0x1000, 3 * PAGE, 6 * PAGE, MREMAP_MAYMOVE));
  assertLayout(mm, ["1000-4000 rw-p 1", "4000-5000 r--p 4"]);
});

Deno.test("mmap: all addresses at once, where the first may be mapped", () => {
  const mm = small({ mmapMinAddress: 0 });
  mm.descriptor.startStack = 0x10_0000;
  map(mm, 0, TOP);
  assertLayout(mm, ["0-10000 rw-p 0"]);
});

for (const legacyLayout of [false, true]) {
  Deno.test(`mmap: finds room for exactly all there is, legacy ${legacyLayout}`, () => {
    const mm = small({ legacyLayout, mmapBase: legacyLayout ? PAGE : TOP });
    const flags = MAP_PRIVATE | MAP_ANONYMOUS;
    assertFails("ENOMEM", () => mm.mmap({ length: TOP, protection: RW, flags }));
    assertEquals(mm.mmap({ length: TOP - PAGE, protection: RW, flags }), PAGE);
    assertLayout(mm, ["1000-10000 rw-p 1"]);
  });
}

Deno.test("mmap: a hint is taken up to the last address that there is", () => {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const low = 0x7fff_f000;
  const mm = small();
  map(mm, 0xe000, 0xf000);
  assertEquals(mm.mmap({ address: 0xf000, length: PAGE, protection: PROT_READ, flags }), 0xf000);
  const wide = space();
  const at = (address: number) =>
    wide.mmap({ address, length: PAGE, protection: RW, flags: flags | MAP_32BIT });
  assertEquals(at(low), low);
  assertEquals(at(low + PAGE), 0x4000_0000);
});

//   0x1000            0x3000                  0x103000
//   |--- two pages ---|-- 1 MiB guard gap ----|-stack-|    upwards, both pages before the gap are free
Deno.test("mmap: upwards, what is placed may touch the guard gap of a stack", () => {
  const mm = space({ legacyLayout: true, mmapBase: PAGE });
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x10_3000, length: PAGE, protection: RW, flags });
  const anywhere = MAP_PRIVATE | MAP_ANONYMOUS;
  assertEquals(mm.mmap({ length: 2 * PAGE, protection: RW, flags: anywhere }), 0x1000);
  assertEquals(mm.mmap({ length: PAGE, protection: RW, flags: anywhere }), 0x10_4000);
});

Deno.test("munmap: from the first address to the last", () => {
  const mm = small();
  map(mm, 0x1000, TOP);
  assertFails("EINVAL", () => mm.munmap(0, TOP + PAGE));
  mm.munmap(0, TOP);
  assertLayout(mm, []);
});

Deno.test("shmat: a segment that would end where addresses do has wrapped", () => {
  const mm = space();
  const segment = { file: open("SYSV"), bytes: PAGE, attached: 0 };
  assertFails("EINVAL", () => mm.shmat(segment, ADDRESS_LIMIT - PAGE));
  assertFails("ENOMEM", () => mm.shmat(segment, ADDRESS_LIMIT - 2 * PAGE));
  assertEquals(segment.attached, 0);
});

Deno.test("shmdt: detaches what was attached at 0", () => {
  const mm = space({ mmapMinAddress: 0 });
  const segment = { file: open("SYSV"), bytes: PAGE, attached: 0 };
  assertEquals(mm.shmat(segment, 1, SHM_RND), 0);
  mm.shmdt(0);
  assertEquals([mm.mapCount, segment.attached], [0, 0]);
});

//   |------ 1 VMA ------|   ▸   |-1-|-2-|-3-|    three are allowed
Deno.test("mprotect: two cuts may bring the count to max_map_count", () => {
  const mm = space({ maxMapCount: 3 });
  map(mm, 0x1000, 0x4000);
  mm.mprotect(0x2000, PAGE, PROT_READ);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 r--p 2", "3000-4000 rw-p 3"]);
});

Deno.test("madvise: what a driver mapped refuses what would lose its pages", () => {
  const mm = driven(VM_READ_WRITE | VM_PFNMAP | VM_IO);
  const advise = (advice: number) => () => mm.madvise(0x1000, PAGE, advice);
  const refused = [
    "DOFORK",
    "DODUMP",
    "DONTNEED_LOCKED",
    "DONTNEED",
    "FREE",
    "COLD",
    "GUARD_REMOVE",
  ]
    .concat(["GUARD_INSTALL", "POPULATE_READ", "POPULATE_WRITE"]) as (keyof typeof MADV)[];
  for (const name of refused) assertFails("EINVAL", advise(MADV[name]));
  for (const advice of [MADV.DONTFORK, MADV.DONTDUMP, MADV.NORMAL]) advise(advice)();
});

Deno.test("madvise: droppable memory stays out of dumps, and empty after a fork", () => {
  const mm = space();
  const at = mm.mmap({ length: PAGE, protection: RW, flags: 0x8 | MAP_ANONYMOUS });
  assertFails("EINVAL", () => mm.madvise(at, PAGE, MADV.KEEPONFORK));
  assertFails("EINVAL", () => mm.madvise(at, PAGE, MADV.DODUMP));
});

Deno.test("madvise: MADV_REMOVE wants a shared mapping that may be written", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x2000, open(), 0);
  mapShared(mm, 0x3000, 0x4000, open("locked", { writable: false }), 0);
  mapFile(mm, 0x5000, 0x6000, open("private"), 0);
  mm.madvise(0x1000, PAGE, MADV.REMOVE);
  assertFails("EACCES", () => mm.madvise(0x3000, PAGE, MADV.REMOVE));
  assertFails("EACCES", () => mm.madvise(0x5000, PAGE, MADV.REMOVE));
});

Deno.test("madvise: MADV_COLLAPSE wants one whole huge page that may be used", () => {
  const huge = 0x20_0000;
  const mm = space();
  map(mm, huge, 2 * huge);
  map(mm, 3 * huge + PAGE, 4 * huge, PROT_READ);
  mm.madvise(huge, huge, MADV.COLLAPSE);
  assertFails("EINVAL", () => mm.madvise(3 * huge + PAGE, PAGE, MADV.COLLAPSE));
  mm.madvise(huge, huge, MADV.NOHUGEPAGE);
  assertFails("EINVAL", () => mm.madvise(huge, huge, MADV.COLLAPSE));
});

Deno.test("madvise: pages that may not be read are not faulted in for reading", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000, PROT_NONE);
  assertFails("EINVAL", () => mm.madvise(0x1000, PAGE, MADV.POPULATE_READ));
  map(mm, 0x3000, 0x4000, PROT_READ);
  mm.madvise(0x3000, PAGE, MADV.POPULATE_READ);
  assertFails("EINVAL", () => mm.madvise(0x3000, PAGE, MADV.POPULATE_WRITE));
});

Deno.test("mmap: MAP_FIXED at the lowest address that may be mapped, and one page below", () => {
  const mm = space({ mmapMinAddress: 0x3000 });
  const at = (address: number) =>
    mm.mmap({ address, length: PAGE, protection: RW, flags: MAP_FIXED | FIXED });
  assertFails("EPERM", () => at(0x2000));
  assertEquals(at(0x3000), 0x3000);
});
