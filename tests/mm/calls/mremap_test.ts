/**
 * mremap: growing, shrinking and moving; MREMAP_DONTUNMAP is in mremap_dontunmap_test.ts.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_GROWSDOWN,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import {
  parseVmFlags,
  VM_DONTEXPAND,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_WRITE,
} from "../../../src/mm/vm_flags.ts";
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
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { kernelRules } from "../../../src/mm/rules/kernel_rules.ts";
import { ADDRESS_LIMIT, HUGE_PAGE_SIZE } from "../../../src/abi/page.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";

const BASE = 0x7fff_0000_0000;

const PAGE = 0x1000;

const TOP = 0x10000;

const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

/** Sixteen pages of addresses, the first of which may not be mapped. */
function small(options: AddressSpaceOptions = {}): AddressSpace {
  return space({ taskSize: TOP, mmapBase: TOP, ...options });
}

// A child inherits a ring, but not the context that it belongs to: what was at the target is gone all the same.
//
//   0x2000     0x4000    0x8000     0xa000
//   |-- ring --|  (free)  |-- rw-p --|
Deno.test("mremap: the ring of io_setup moves in the process that made it, and in no child", () => {
  const parent = space({ rules: { ...kernelRules("6.18"), ringNotForked: false } });
  const file = { ...open("[aio]"), ringBytes: 0x2000, ringOwner: parent.descriptor };
  mapShared(parent, 0x2000, 0x4000, file, 0);
  map(parent, 0x8000, 0xa000);
  const child = parent.fork();
  assertFails("EINVAL", () => child.mremap(0x2000, 0x2000, 0x2000, MOVE, 0x8000));
  assertFails("EINVAL", () => child.mremap(0x3000, PAGE, PAGE, MOVE, 0xc000));
  assertEquals([...child.vmas()].map(({ start, end }) => [start, end]), [[0x2000, 0x4000]]);
  child.validate();
  assertEquals(parent.mremap(0x2000, 0x2000, 0x2000, MOVE, 0x8000), 0x8000);
  assertEquals([...parent.vmas()].map(({ start, end }) => [start, end]), [[0x8000, 0xa000]]);
  parent.validate();
});

/** A space for ten VMAs with so many, each two pages apart. */
function crowded(count: number, maxMapCount: number): AddressSpace {
  const mm = space({ maxMapCount });
  for (let i = 0; i < count; i++) map(mm, 0x10000 + i * 0x2000, 0x11000 + i * 0x2000);
  return mm;
}

/** One page with flags that only drivers set. */
function driven(flags: number): AddressSpace {
  const mm = space();
  const vmas = [{ start: 0x1000, end: 0x2000, flags }];
  mm.exec({ vmas, startBrk: 0x100000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  return mm;
}

const VM_READ_WRITE = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;

/** A forked child whose first page was written before the fork. */
function child(): AddressSpace {
  const parent = space();
  map(parent, 0x1000, 0x2000);
  touch(parent, 0x1000);
  return parent.fork();
}

//   |-- rw --|  free          |-- rw ------|
Deno.test("mremap: grows in place where there is room", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertEquals(mm.mremap(0x1000, 0x1000, 0x3000), 0x1000);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

//   |-- rw --|free|-- rw --|      fills the gap exactly: one VMA
Deno.test("mremap: growing up to a like neighbour joins with it", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mremap(0x1000, 0x1000, 0x2000);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("mremap: shrinks in place", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  assertEquals(mm.mremap(0x1000, 0x4000, 0x1000), 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

Deno.test("mremap: without room it moves if it may, else ENOMEM", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  assertEquals(assertThrows(() => mm.mremap(0x1000, 0x1000, 0x2000), MmError).code, "ENOMEM");
  assertEquals(mm.mremap(0x1000, 0x1000, 0x2000, MREMAP_MAYMOVE), BASE - 0x2000);
  assertLayout(mm, ["2000-3000 r--p 2", "7ffeffffe000-7fff00000000 rw-p 7ffeffffe"]);
});

// Pages that were written keep the offset under which the reverse map knows them; others get a new one.
Deno.test("mremap: a move keeps the page offset of what was written, and only of that", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x4000, 0x5000);
  touch(mm, 0x4000);
  mm.mremap(0x1000, 0x1000, 0x1000, MOVE, 0x10000);
  mm.mremap(0x4000, 0x1000, 0x1000, MOVE, 0x20000);
  assertLayout(mm, ["10000-11000 rw-p 10", "20000-21000 rw-p 4*"]);
});

//   |------- rw* -------|   the middle moves; both ends stay
Deno.test("mremap: the middle of a VMA can move away", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  touch(mm, 0x1000);
  mm.mremap(0x2000, 0x1000, 0x1000, MOVE, 0x10000);
  assertLayout(mm, ["1000-2000 rw-p 1*", "3000-4000 rw-p 3*", "10000-11000 rw-p 2*"]);
});

Deno.test("mremap: MREMAP_FIXED replaces what lies at the target", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000, 1);
  map(mm, 0x8000, 0xb000);
  mm.mremap(0x1000, 0x1000, 0x1000, MOVE, 0x9000);
  assertLayout(mm, ["8000-9000 rw-p 8", "9000-a000 r--p 9", "a000-b000 rw-p a"]);
});

//   |-- rw --|-- r --|   gap   |-- rw --|      several VMAs move at once, the gap with them
Deno.test("mremap: MREMAP_FIXED without resizing moves several VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  map(mm, 0x4000, 0x5000);
  assertEquals(mm.mremap(0x1000, 0x4000, 0x4000, MOVE, 0x10000), 0x10000);
  assertLayout(mm, ["10000-11000 rw-p 10", "11000-12000 r--p 11", "13000-14000 rw-p 13"]);
});

Deno.test("mremap: old length 0 maps shared memory twice, private memory not", () => {
  const mm = space();
  const flags = MAP_SHARED | MAP_ANONYMOUS | 0x10;
  mm.mmap({ address: 0x1000, length: 0x2000, protection: RW, flags });
  mm.mremap(0x1000, 0, 0x2000, MREMAP_MAYMOVE);
  assertEquals(mm.mapCount, 2);
  assertEquals(new Set([...mm.vmas()].map((vma) => vma.file)).size, 1);
  map(mm, 0x8000, 0x9000);
  const error = assertThrows(() => mm.mremap(0x8000, 0, 0x1000, MREMAP_MAYMOVE), MmError);
  assertEquals(error.code, "EINVAL");
});

// A device's mapping merges with nothing, so not with its own extension either.
Deno.test("mremap: a device's mapping does not grow in place", () => {
  const mm = space();
  mm.exec({
    vmas: [{
      start: 0x1000,
      end: 0x2000,
      flags: parseVmFlags("rd wr sh mr mw me ms io"),
      file: open(),
    }],
    startBrk: 0,
    startStack: 0,
    mmapBase: BASE,
  });
  const error = assertThrows(() => mm.mremap(0x1000, 0x1000, 0x2000, MREMAP_MAYMOVE), MmError);
  assertEquals(error.code, "ENOMEM");
  assertLayout(mm, ["1000-2000 rw-s 1 data"]);
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

Deno.test("mremap: what a driver mapped may not be expanded, nor left behind", () => {
  for (const flag of [VM_PFNMAP, VM_DONTEXPAND]) {
    const mm = driven(VM_READ_WRITE | flag);
    const flags = MREMAP_DONTUNMAP | MREMAP_MAYMOVE;
    assertFails("EINVAL", () => mm.mremap(0x1000, PAGE, PAGE, flags));
    assertFails("EFAULT", () => mm.mremap(0x1000, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
    assertEquals(mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x5000), 0x5000);
  }
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

//   |-- rw --|-- rw, locked* --|  new*  |       the neighbour below is not faulted in
Deno.test("mremap: growing what is locked faults in the new pages, and none below", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000);
  mm.mlock(0x2000, PAGE);
  mm.mremap(0x2000, PAGE, 2 * PAGE);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-4000 rw-p 2*"]);
});

//   |--- rw, 3 pages ---|--- r- ---|     ▸     free     |--- r- ---|     …     |rw|
Deno.test("mremap: moved and shrunk at once, what lies behind stays", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  map(mm, 0x4000, 0x8000, PROT_READ);
  mm.mremap(0x1000, 3 * PAGE, PAGE, MOVE, 0x10000);
  assertLayout(mm, ["4000-8000 r--p 4", "10000-11000 rw-p 10"]);
});

//   0x1000   0x2000  0x5000   0x6000          0x9000
//   |-- rw --|  gap  |-- r --|-- rw ----------|           from the middle of the first to that of the last
Deno.test("mremap: several VMAs and the gap between them move as they lie", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x5000, 0x6000, PROT_READ);
  map(mm, 0x6000, 0x9000);
  touch(mm, 0x1000);
  mm.mremap(0x2000, 6 * PAGE, 6 * PAGE, MOVE, 0x20000);
  assertLayout(mm, [
    "1000-2000 rw-p 1*",
    "8000-9000 rw-p 8",
    "20000-21000 rw-p 2*",
    "23000-24000 r--p 23",
    "24000-26000 rw-p 24",
  ]);
});

//                           |<- 2 MiB ->|<- 2 MiB ->| 1 page in use |
//   the new place:          |-----------|
Deno.test("mremap: private memory that grows elsewhere to whole huge pages begins on one", () => {
  const mm = space();
  map(mm, BASE - PAGE, BASE, PROT_READ);
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, PROT_READ);
  const target = mm.mremap(0x1000, PAGE, HUGE_PAGE_SIZE, MREMAP_MAYMOVE);
  assertEquals(target, BASE - 2 * HUGE_PAGE_SIZE);
});

// The file is mapped from its page 0x30 on; what moves begins at page 0x34, so at 0x34000 above a huge-page boundary.
Deno.test("mremap: part of a file that grows elsewhere lies as its huge pages do", () => {
  const mm = space();
  mapFile(mm, 0x10000, 0x20000, { ...open(), hugeAligned: true }, 0x30000);
  map(mm, 0x20000, 0x21000);
  const length = 2 * HUGE_PAGE_SIZE;
  const target = mm.mremap(0x14000, 0xc000, length, MREMAP_MAYMOVE);
  assertEquals(target % HUGE_PAGE_SIZE, 0x34000);
  assertLayout(mm, [
    "10000-14000 r--p 30 data",
    "20000-21000 rw-p 20",
    `${target.toString(16)}-${(target + length).toString(16)} r--p 34 data`,
  ]);
});

Deno.test("mremap: a forked child's written VMA grows in place", () => {
  const mm = child();
  assertEquals(mm.mremap(0x1000, PAGE, 2 * PAGE), 0x1000);
  assertLayout(mm, ["1000-3000 rw-p 1*"]);
});

//   |-- rw*, forked --|  gap  |-- rw --|        one VMA once the gap is filled; Linux 6.18 on x86-64 was asked
Deno.test("mremap: a forked child's written VMA that grows joins with what was never written", () => {
  const mm = child();
  map(mm, 0x3000, 0x4000);
  mm.mremap(0x1000, PAGE, 2 * PAGE);
  assertLayout(mm, ["1000-4000 rw-p 1*"]);
});

//   |-- rw*, forked --|-- rw --|                two VMAs after a move to there; the same kernel was asked
Deno.test("mremap: a forked child's written VMA that moves joins with nothing unwritten", () => {
  const mm = child();
  mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x20000);
  map(mm, 0x2000, 0x3000);
  mm.mremap(0x20000, PAGE, PAGE, MOVE, 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1*", "2000-3000 rw-p 2"]);
});

//   |-- [vdso], 3 pages --|        neither its head nor its tail nor its middle may go
Deno.test("mremap: a special mapping that may not be cut is not moved in part either", () => {
  const vdso = { start: 0x4000, end: 0x7000, special: "[vdso]" };
  for (const address of [0x4000, 0x5000, 0x6000]) {
    const mm = space();
    const vmas = [{ ...vdso, flags: parseVmFlags("rd ex mr mw me de") }];
    mm.exec({ vmas, startBrk: 0, startStack: 0, mmapBase: BASE });
    const error = assertThrows(() => mm.mremap(address, PAGE, PAGE, MOVE, 0x20000), MmError);
    assertEquals(error.code, "EINVAL");
    assertLayout(mm, ["4000-7000 r-xp 4 [vdso]"]);
  }
});

//   |---- rw ----|-- r- --|     ▸     |rw|        |-- r- --|
Deno.test("mremap: shrinking leaves what lies behind alone", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  map(mm, 0x4000, 0x6000, PROT_READ);
  assertEquals(mm.mremap(0x1000, 0x3000, PAGE), 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", "4000-6000 r--p 4"]);
});

Deno.test("mremap: to the length it has, even beyond its VMA, is no work and no error", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  assertEquals(mm.mremap(0x1000, 0x8000, 0x8000), 0x1000);
  assertFails("EFAULT", () => mm.mremap(0x1000, 0x8000, 0x9000));
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("mremap: what is sealed neither grows nor shrinks nor moves", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  mm.mseal(0x1000, 0x2000);
  assertFails("EPERM", () => mm.mremap(0x1000, 0x2000, 0x3000));
  assertFails("EPERM", () => mm.mremap(0x1000, 0x2000, PAGE));
  assertFails("EPERM", () => mm.mremap(0x1000, 0x2000, 0x2000, MOVE, 0x8000));
  assertLayout(mm, ["1000-3000 rw-p 1"]);
});

//   |---- rw, 3 pages ----|              ▸              |rw|
Deno.test("mremap: moved and shrunk at once, nothing stays behind", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  assertEquals(mm.mremap(0x1000, 0x3000, PAGE, MOVE, 0x8000), 0x8000);
  assertLayout(mm, ["8000-9000 rw-p 8"]);
});

//   |-1-|        ▸    |-1-| 1 page |-stack-|     in the stack's guard gap, as ordered
Deno.test("mremap: MREMAP_FIXED heeds no guard gap, as MAP_FIXED does not", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  const flags = FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x40_0000, length: PAGE, protection: RW, flags });
  assertEquals(mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x3f_e000), 0x3f_e000);
  assertLayout(mm, ["3fe000-3ff000 rw-p 3fe", "400000-401000 rw-p 400"]);
});

Deno.test("mremap: a move needs no more address space and no new promise; what stays behind does", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.descriptor.limits.addressSpace = 3 * PAGE;
  mm.descriptor.commit.memoryPages = 2;
  assertEquals(mm.mremap(0x1000, 0x3000, 0x3000, MOVE, 0x8000), 0x8000);
  assertEquals(mm.descriptor.commit.pages, 3);
  mm.descriptor.limits.addressSpace = 10 * PAGE;
  const flags = MOVE | MREMAP_DONTUNMAP;
  assertFails("ENOMEM", () => mm.mremap(0x8000, 0x3000, 0x3000, flags, 0x1000));
  mm.descriptor.commit.memoryPages = 3;
  assertEquals(mm.mremap(0x8000, 0x3000, 0x3000, flags, 0x1000), 0x1000);
  assertEquals([mm.descriptor.commit.pages, mm.totalPages], [6, 6]);
});

//   |-- shared, 2 pages --|........|     grown to 3: the third page lies behind the memory's end
Deno.test("mremap: shared memory stays as long as it was made, and cannot be faulted in behind", () => {
  const mm = space();
  mm.mmap({ address: 0x1000, length: 0x2000, protection: RW, flags: MAP_SHARED | 0x30 });
  mm.mremap(0x1000, 0x2000, 0x3000);
  mm.mlock(0x1000, 0x2000);
  assertFails("ENOMEM", () => mm.mlock(0x1000, 0x3000));
  assertEquals(mm.descriptor.lockedPages, 3);
  assertFails("EFAULT", () => mm.madvise(0x1000, 0x3000, MADV.POPULATE_READ));
});

Deno.test("mremap: a second mapping right over its source finds nothing any more", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x3000, open(), 0);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  assertFails("EFAULT", () => mm.mremap(0x1000, 0, 0x1000, flags, 0x1000));
  assertLayout(mm, ["2000-3000 r--s 1 data"]);
});

Deno.test("mremap: an old length beyond the user's addresses cannot shrink", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  assertFails("EINVAL", () => mm.mremap(0x1000, ADDRESS_LIMIT - 0x1000, 0x1000));
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  assertFails("EFAULT", () => mm.mremap(0x1000, ADDRESS_LIMIT - 0x1000, 0x3000, flags, 0x8000));
});

//   |-- segment --|-- rw --|     both to another place
Deno.test("mremap: a System V segment is not moved together with others", () => {
  const mm = space();
  const segment = { file: open("SYSV00000000"), bytes: 0x1000, attached: 0 };
  mm.shmat(segment, 0x1000);
  map(mm, 0x2000, 0x3000);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  assertFails("EFAULT", () => mm.mremap(0x1000, 0x2000, 0x2000, flags, 0x8000));
  assertLayout(mm, ["1000-2000 rw-s 0 SYSV00000000", "2000-3000 rw-p 2"]);
  mm.mremap(0x1000, 0x1000, 0x1000, flags, 0x8000);
  assertLayout(mm, ["2000-3000 rw-p 2", "8000-9000 rw-s 0 SYSV00000000"]);
});
