/** What may be locked, and what stays unlocked. */
import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import { MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT, PROT_NONE, PROT_READ } from "../../src/abi/mman.ts";
import type { AddressSpaceOptions } from "../../src/mm/memory_descriptor.ts";
import { formatVmFlags } from "../../src/mm/vm_flags.ts";
import { map, space } from "./scene.ts";

const PAGE = 0x1000;

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

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
