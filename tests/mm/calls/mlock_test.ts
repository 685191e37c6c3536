/**
 * mlock, mlock2, mlockall, munlock and munlockall: what is locked, how much may be, and what is left at a hole.
 */
import {
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  PROT_NONE,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { MmError } from "../../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import {
  formatVmFlags,
  VM_DROPPABLE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from "../../../src/mm/vm_flags.ts";
import { assertFails, assertLayout, map, RW, space } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

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

Deno.test("mlock, munlock: an error says which of them it was", () => {
  const mm = space();
  const says = (call: () => void) => assertThrows(call, MmError).message;
  assertEquals(
    [says(() => mm.mlock(0x1000, PAGE)), says(() => mm.munlock(0x1000, PAGE))],
    ["lock", "unlock"].map((verb) =>
      `Cannot ${verb} 0x1000-0x2000: nothing is mapped at its start`
    ),
  );
});

// A driver's registers, huge pages of the pool and what the kernel may drop are never locked.
Deno.test("mlock: passes over what cannot be locked", () => {
  const flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;
  for (const [flag, locked] of [[0, 1], [VM_IO, 0], [VM_HUGETLB, 0], [VM_DROPPABLE, 0]] as const) {
    const mm = space();
    const vmas = [{ start: 0x1000, end: 0x2000, flags: flags | flag }];
    mm.exec({ vmas, startBrk: 0x10_0000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
    mm.mlock(0x1000, PAGE);
    assertEquals([mm.descriptor.lockedPages, mm.findVma(0)!.flags & VM_LOCKED], [
      locked,
      locked * VM_LOCKED,
    ]);
    mm.munlock(0x1000, PAGE);
    mm.mlockall(MCL_CURRENT);
    assertEquals(mm.descriptor.lockedPages, locked);
    mm.validate();
  }
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

/** Four pages, of which `lockable` may be locked. */
function limited(lockable: number, options: AddressSpaceOptions = {}): ReturnType<typeof space> {
  const mm = space({ limits: { lockedMemory: lockable * PAGE }, capIpcLock: false, ...options });
  map(mm, 0x1000, 0x5000);
  return mm;
}

Deno.test("mlock: up to RLIMIT_MEMLOCK, counting what is locked already, once", () => {
  const mm = limited(2);
  assertFails("ENOMEM", () => mm.mlock(0x1000, 0x3000));
  mm.mlock(0x1000, 0x2000);
  mm.mlock(0x1000, 0x2000); // again: nothing is added
  assertEquals(mm.descriptor.lockedPages, 2);
  assertFails("ENOMEM", () => mm.mlock(0x3000, PAGE));
  assertFails("ENOMEM", () => mm.mlock(0x2000, 0x2000)); // one of the two is new
  mm.munlock(0x1000, PAGE);
  mm.mlock(0x2000, 0x2000);
  assertEquals(mm.descriptor.lockedPages, 2);
});

Deno.test("mlock: who may lock freely is bound by nothing", () => {
  const mm = limited(1, { capIpcLock: true });
  mm.mlock(0x1000, 0x4000);
  mm.mlockall(MCL_CURRENT | MCL_FUTURE);
  assertEquals(mm.descriptor.lockedPages, 4);
});

Deno.test("mlockall: RLIMIT_MEMLOCK is asked for what is mapped, not for what will be", () => {
  const mm = limited(3);
  assertFails("ENOMEM", () => mm.mlockall(MCL_CURRENT));
  mm.mlockall(MCL_FUTURE);
  assertEquals(mm.descriptor.lockedPages, 0);
  assertFails("EPERM", () => limited(0).mlockall(MCL_FUTURE));
});

Deno.test("mlockall: MCL_CURRENT is for what is mapped, MCL_FUTURE for what will be", () => {
  const flagsAt = (mm: ReturnType<typeof space>, at: number) =>
    formatVmFlags(mm.findVma(at)!.flags).split(" ").filter((flag) =>
      flag === "lo" || flag === "lf"
    );
  for (
    const [flags, mapped, later] of [
      [MCL_CURRENT, ["lo"], []],
      [MCL_FUTURE, [], ["lo"]],
      [MCL_CURRENT | MCL_FUTURE, ["lo"], ["lo"]],
      [MCL_CURRENT | MCL_ONFAULT, ["lo", "lf"], []],
      [MCL_FUTURE | MCL_ONFAULT, [], ["lo", "lf"]],
    ] as const
  ) {
    const mm = space();
    map(mm, 0x1000, 0x2000, PROT_READ);
    mm.mlockall(flags);
    map(mm, 0x8000, 0x9000, PROT_READ);
    assertEquals([flagsAt(mm, 0x1000), flagsAt(mm, 0x8000)], [[...mapped], [...later]]);
    mm.munlockall();
    assertEquals([flagsAt(mm, 0x1000), flagsAt(mm, 0x8000)], [[], []]);
    assertEquals([mm.descriptor.lockedPages, mm.descriptor.defaultFlags], [0, 0]);
    mm.validate();
  }
});

Deno.test("munlock, munlockall: take the lock away and nothing else changes", () => {
  for (const all of [false, true]) {
    const mm = space();
    map(mm, 0x1000, 0x2000, PROT_NONE);
    const before = mm.findVma(0x1000)!.flags;
    mm.mlockall(MCL_CURRENT);
    if (all) mm.munlockall();
    else mm.munlock(0x1000, PAGE);
    assertEquals(mm.findVma(0x1000)!.flags, before);
  }
});

//   |-- rw --|-- --- --|     locked both, and ENOMEM for the second, which cannot be faulted in
Deno.test("mlock: what may not be accessed is locked, and the call fails all the same", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, PROT_NONE);
  assertFails("ENOMEM", () => mm.mlock(0x1000, 0x2000));
  assertEquals(mm.descriptor.lockedPages, 2);
  mm.mlock(0x1000, 0x2000, 1); // MLOCK_ONFAULT faults nothing in
});

Deno.test("mlock: a length that wraps round to nothing locks nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mlock(0x1000, ADDRESS_LIMIT - 1);
  assertEquals(mm.descriptor.lockedPages, 0);
  mm.mlock(0x1234, ADDRESS_LIMIT - 1); // wraps round to one page
  assertEquals(mm.descriptor.lockedPages, 1);
  assertFails("EINVAL", () => mm.mlock(0x1000, ADDRESS_LIMIT - 0x1000));
});
