import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import { MADV } from "../../src/abi/mman.ts";
import { formatVmFlags, parseVmFlags, VM_RAND_READ } from "../../src/mm/vm_flags.ts";
import { assertLayout, map, RW, space } from "./scene.ts";

//   |-- rw --| hole |-- rw --|      madvise goes on past the hole, and says ENOMEM in the end
Deno.test("madvise: heeds the advice on both sides of a hole, then fails with ENOMEM", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  const error = assertThrows(() => mm.madvise(0x1000, 0x3000, MADV.DONTFORK), MmError);
  assertEquals(error.code, "ENOMEM");
  assertEquals([...mm.vmas()].map((vma) => formatVmFlags(vma.flags).includes("dc")), [true, true]);
});

//   |------ rw ------|
//   |-rw-| dc |--rw--|     and back again to one
Deno.test("madvise: cuts a part out and lets it join again", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.madvise(0x2000, 0x1000, MADV.DONTFORK);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 rw-p 2", "3000-4000 rw-p 3"]);
  mm.madvise(0x2000, 0x1000, MADV.DOFORK);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("madvise: each advice that VMAs keep sets and clears its flags", () => {
  const cases: readonly [number, string][] = [
    [MADV.SEQUENTIAL, "sr"],
    [MADV.RANDOM, "rr"],
    [MADV.NORMAL, ""],
    [MADV.DONTFORK, "dc"],
    [MADV.DOFORK, ""],
    [MADV.WIPEONFORK, "wf"],
    [MADV.KEEPONFORK, ""],
    [MADV.DONTDUMP, "dd"],
    [MADV.DODUMP, ""],
    [MADV.HUGEPAGE, "hg"],
    [MADV.NOHUGEPAGE, "nh"],
    [MADV.MERGEABLE, "nh mg"],
    [MADV.UNMERGEABLE, "nh"],
    [MADV.DONTNEED, "nh"],
    [MADV.FREE, "nh"],
  ];
  const mm = space();
  map(mm, 0x1000, 0x2000);
  const plain = mm.findVma(0)!.flags;
  for (const [advice, flags] of cases) {
    mm.madvise(0x1000, 0x1000, advice);
    const expected = formatVmFlags(plain | parseVmFlags(flags));
    assertEquals(formatVmFlags(mm.findVma(0)!.flags), expected, `advice ${advice}`);
  }
});

Deno.test("madvise: memory ran out is EAGAIN", () => {
  const mm = space({ maxMapCount: 1 });
  map(mm, 0x1000, 0x4000);
  const error = assertThrows(() => mm.madvise(0x2000, 0x1000, MADV.DONTFORK), MmError);
  assertEquals(error.code, "EAGAIN");
});

Deno.test("mlock: locks what lies before a hole, then fails with ENOMEM", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  assertEquals(assertThrows(() => mm.mlock(0x1000, 0x3000), MmError).code, "ENOMEM");
  assertEquals(mm.descriptor.lockedPages, 1);
  mm.munlock(0x1000, 0x1000);
  assertEquals(mm.descriptor.lockedPages, 0);
  mm.validate();
});

Deno.test("mlock: rounds out to whole pages", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  mm.mlock(0x2fff, 2);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-4000 rw-p 2*", "4000-5000 rw-p 4"]);
  assertEquals(mm.descriptor.lockedPages, 2);
});

Deno.test("mlock: RLIMIT_MEMLOCK binds, but counts locked pages once", () => {
  const mm = space({ capIpcLock: false, limits: { lockedMemory: 0x2000 } });
  map(mm, 0x1000, 0x5000);
  mm.mlock(0x1000, 0x2000);
  mm.mlock(0x1000, 0x2000);
  assertEquals(assertThrows(() => mm.mlock(0x2000, 0x2000), MmError).code, "ENOMEM");
  assertEquals(mm.descriptor.lockedPages, 2);
});

Deno.test("mlockall: what is mapped, what will be, and neither any more", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mlockall(3);
  mm.mmap({ length: 0x1000, protection: RW, flags: 0x22 });
  assertEquals(mm.descriptor.lockedPages, 2);
  mm.munlockall();
  mm.mmap({ length: 0x1000, protection: RW, flags: 0x22 });
  assertEquals(mm.descriptor.lockedPages, 0);
  mm.validate();
});

// What a caller means by -1 the kernel reads as nearly 2^64 bytes.
Deno.test("madvise: a negative length is one that wraps", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  for (const length of [-1, -0x1000, -0x2000]) {
    const error = assertThrows(() => mm.madvise(0x2000, length, MADV.DONTNEED), MmError);
    assertEquals(error.code, "EINVAL", String(length));
  }
});

Deno.test("processMadvise: every range heeds the advice, and the bytes of all are counted", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  const ranges = [{ address: 0x11000, length: 0x1000 }, { address: 0x14000, length: 0x1001 }];
  assertEquals(mm.processMadvise(ranges, MADV.RANDOM), 0x2001);
  assertEquals(mm.mapCount, 5);
  assertEquals(mm.findVma(0x15000)!.flags & VM_RAND_READ, VM_RAND_READ);
});

Deno.test("processMadvise: what lies before the range that is refused is told, and stays", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  const hole = { address: 0x90000, length: 0x1000 };
  const ranges = [{ address: 0x11000, length: 0x2000 }, hole, { address: 0x15000, length: 0x1000 }];
  assertEquals(mm.processMadvise(ranges, MADV.RANDOM), 0x2000);
  assertEquals(mm.mapCount, 3);
});

Deno.test("processMadvise: nothing at all is never refused, not even with an unknown advice", () => {
  const mm = space();
  assertEquals(mm.processMadvise([], 99), 0);
  assertEquals(mm.processMadvise([{ address: 0x90000, length: 0 }], 99), 0);
});

Deno.test("processMadvise: what lies beyond 2 GiB in all is passed over", () => {
  const mm = space();
  map(mm, 0x10000, 0x10000 + 0x8000_0000);
  const ranges = [{ address: 0x10000, length: 0x7fff_e000 }, {
    address: 0x8000_e000,
    length: 0x2000,
  }];
  assertEquals(mm.processMadvise(ranges, MADV.DONTDUMP), 0x7fff_f000);
  assertEquals(mm.findVma(0x8000_e000)!.end, 0x8000_f000);
});
