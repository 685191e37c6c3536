/**
 * madvise: flags that record advice, VMAs that refuse it, pages that go or come.
 */
import { MADV, MAP_ANONYMOUS, PROT_NONE, PROT_READ } from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { kernelRules } from "../../../src/mm/rules/kernel_rules.ts";
import {
  formatVmFlags,
  parseVmFlags,
  VM_IO,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "../../../src/mm/vm_flags.ts";
import { spaceWithPages, tableOf } from "../pages/pages.ts";
import { assertFails, assertLayout, map, mapFile, mapShared, open, RW, space } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

/** One page with flags that only drivers set. */
function driven(flags: number): AddressSpace {
  const mm = space();
  const vmas = [{ start: 0x1000, end: 0x2000, flags }];
  mm.exec({ vmas, startBrk: 0x100000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  return mm;
}

const VM_READ_WRITE = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;

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

const BASE = 0x7fff_0000_0000;

/** A program that begins with one VMA. */
function loaded(vma: Parameters<AddressSpace["exec"]>[0]["vmas"][number]): AddressSpace {
  const mm = space();
  mm.exec({ vmas: [vma], startBrk: 0x100_0000, startStack: 0, mmapBase: BASE });
  return mm;
}

// So is a memory file mapped that was sealed against writing.
Deno.test("madvise: MADV_REMOVE refuses what is shared but may never be written", () => {
  const flags = VM_READ | VM_SHARED | VM_MAYREAD | VM_MAYSHARE;
  const mm = loaded({ start: 0x1000, end: 0x2000, flags, file: open(), pageOffset: 0 });
  assertFails("EACCES", () => mm.madvise(0x1000, PAGE, MADV.REMOVE));
});

Deno.test("madvise: poisoning pages is no advice that this kernel knows", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  for (const advice of [100, 101]) assertFails("EINVAL", () => mm.madvise(0x1000, PAGE, advice));
});

Deno.test("madvise: advice that is not about faulting in touches no page", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x3000);
  for (const advice of [MADV.NORMAL, MADV.WILLNEED, MADV.COLD, MADV.DONTFORK, MADV.HUGEPAGE]) {
    mm.madvise(0x1000, 0x2000, advice);
  }
  assertEquals(tableOf(mm, 0x1000, 0x3000), "..");
});

//   0x1000   0x2000 hole   0x3000
Deno.test("madvise: MADV_POPULATE_WRITE stops at the first hole", () => {
  const { mm } = spaceWithPages();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  const call = () => mm.madvise(0x1000, 0x3000, MADV.POPULATE_WRITE);
  assertEquals(assertThrows(call, MmError).code, "ENOMEM");
  assertEquals(tableOf(mm, 0x1000, 0x4000), "w..");
});

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

// What a caller means by -1 the kernel reads as nearly 2^64 bytes.
Deno.test("madvise: a negative length is one that wraps", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  for (const length of [-1, -0x1000, -0x2000]) {
    const error = assertThrows(() => mm.madvise(0x2000, length, MADV.DONTNEED), MmError);
    assertEquals(error.code, "EINVAL", String(length));
  }
});

function flagsAt(mm: AddressSpace, address: number): string {
  return formatVmFlags(mm.findVma(address)!.flags);
}

//   0x1000  0x2000  0x3000                  guard pages in the lower VMA only
//   |--gu--||------|   unmapped, then
//   |------ one VMA, gu ------|             mapped next to it again: what is sticky does not keep apart
Deno.test("madvise: guard pages give the VMA an anon_vma, and their mark spreads by merging", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.madvise(0x1000, 0x1000, MADV.GUARD_INSTALL);
  assertLayout(mm, ["1000-2000 rw-p 1*"]);
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-3000 rw-p 1*"]);
  assertEquals(flagsAt(mm, 0x1000), "rd wr mr mw me gu ac");
});

//   |-- rw --|-- rw, locked --|-- r--s --|     each kind of VMA refuses other advice
Deno.test("madvise: advice about pages is refused by the VMAs it does not suit", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mlock(0x3000, 0x1000);
  mapShared(mm, 0x5000, 0x6000, open("data", { writable: false }), 0);
  const cases: readonly [number, number, string][] = [
    [0x1000, MADV.REMOVE, "EINVAL"],
    [0x3000, MADV.DONTNEED, "EINVAL"],
    [0x3000, MADV.FREE, "EINVAL"],
    [0x3000, MADV.COLD, "EINVAL"],
    [0x3000, MADV.PAGEOUT, "EINVAL"],
    [0x3000, MADV.GUARD_INSTALL, "EINVAL"],
    [0x5000, MADV.FREE, "EINVAL"],
    [0x5000, MADV.REMOVE, "EACCES"],
    [0x5000, MADV.POPULATE_WRITE, "EINVAL"],
    [0x1000, MADV.COLLAPSE, "EINVAL"],
  ];
  for (const [address, advice, code] of cases) {
    assertFails(code, () => mm.madvise(address, 0x1000, advice));
  }
  for (const advice of [MADV.DONTNEED_LOCKED, MADV.GUARD_REMOVE, MADV.POPULATE_WRITE]) {
    mm.madvise(0x3000, 0x1000, advice);
  }
});

Deno.test("madvise: a shared mapping that cannot be written is passed over by same-page merging", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x2000, open("data", { writable: false }), 0);
  mm.madvise(0x1000, 0x1000, MADV.MERGEABLE);
  assertEquals(mm.findVma(0)!.flags & VM_MERGEABLE, 0);
});

//   |-- r--s, a file open for writing --|     it may be made writable, and is not
Deno.test("madvise: MADV_REMOVE asks whether memory may be made writable, before 6.7 whether it is", () => {
  for (const [version, code] of [["6.6", "EACCES"], ["6.7", undefined]] as const) {
    const mm = space({ rules: kernelRules(version) });
    const file = open();
    mm.mmap({ address: 0x1000, length: 0x2000, protection: 1, flags: 0x11, file });
    mm.mmap({ address: 0x8000, length: 0x2000, protection: 3, flags: 0x11, file });
    mm.madvise(0x8000, 0x2000, MADV.REMOVE);
    const remove = () => mm.madvise(0x1000, 0x2000, MADV.REMOVE);
    if (code === undefined) remove();
    else assertFails(code, remove);
  }
});
