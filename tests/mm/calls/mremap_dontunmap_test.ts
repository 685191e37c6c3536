/**
 * mremap with MREMAP_DONTUNMAP: what moves, and what stays behind.
 */
import { assertEquals } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import {
  MLOCK_ONFAULT,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import {
  type KernelRules,
  kernelRules,
  overrideRules,
} from "../../../src/mm/rules/kernel_rules.ts";
import { formatVmFlags, VM_LOCKED } from "../../../src/mm/vm_flags.ts";
import { assertFails, assertLayout, map, mapFile, open, space, touch } from "../scene.ts";

const BASE = 0x7fff_0000_0000;

const PAGE = 0x1000;

const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

Deno.test("mremap: MREMAP_DONTUNMAP leaves an empty VMA that was never written", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const target = mm.mremap(0x1000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
  assertEquals(target, BASE - 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", "7ffefffff000-7fff00000000 rw-p 1*"]);
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

//   |-- rw* --|-- rw* --|-- rw* --|        one of the pages moves and stays mapped: the VMA may hold the others' pages
Deno.test("mremap: MREMAP_DONTUNMAP of a part leaves a VMA that was written", () => {
  for (const [address, offset] of [[0x1000, "1"], [0x2000, "2"], [0x3000, "3"]] as const) {
    const mm = space();
    map(mm, 0x1000, 0x4000);
    touch(mm, 0x1000);
    mm.mremap(address, PAGE, PAGE, MOVE | MREMAP_DONTUNMAP, 0x20000);
    assertLayout(mm, ["1000-4000 rw-p 1*", `20000-21000 rw-p ${offset}*`]);
  }
});

Deno.test("mremap: with MREMAP_DONTUNMAP alone the address is a wish, and what is there stays", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x8000, 0x9000, PROT_READ);
  const flags = MREMAP_DONTUNMAP | MREMAP_MAYMOVE;
  assertEquals(mm.mremap(0x1000, PAGE, PAGE, flags, 0x8000), 0x7ffe_ffff_f000);
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "8000-9000 r--p 8",
    "7ffefffff000-7fff00000000 rw-p 7ffefffff",
  ]);
});

//   |-- rw * --|                 moved, but left empty behind
//   |-- rw   --|  …  |-- rw * --|
Deno.test("mremap: MREMAP_DONTUNMAP leaves a VMA that was never written, at its old page offset", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.mremap(0x1000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x5000);
  assertLayout(mm, ["5000-6000 rw-p 1*"]);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  mm.mremap(0x5000, 0x1000, 0x1000, flags, 0x9000);
  assertLayout(mm, ["5000-6000 rw-p 1", "9000-a000 rw-p 1*"]);
});

//            |-- rw, locked --|
//   |---- one VMA, unlocked --|     the copy lies right below its source and merges with it
Deno.test("mremap: MREMAP_DONTUNMAP unlocks the source even where it is one VMA with the copy", () => {
  const mm = space();
  map(mm, 0x2000, 0x3000);
  mm.mlock(0x2000, 0x1000, MLOCK_ONFAULT);
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
  mm.mremap(0x2000, 0x1000, 0x1000, flags, 0x1000);
  assertLayout(mm, ["1000-3000 rw-p 1"]);
  assertEquals([mm.findVma(0)!.flags & VM_LOCKED, mm.descriptor.lockedPages], [0, 0]);
});

const LEFT = MREMAP_DONTUNMAP | MOVE;

/** Address spaces of kernels that differ in one rule. */
function under(rules: Partial<KernelRules>) {
  return space({ rules: overrideRules(kernelRules("7.3"), rules) });
}

// A fault of old kernels: where the middle of a charged VMA stays behind, the next VMA counts as charged.
//
//   0x1000  0x2000  0x3000  0x4000       0x8000
//   |-- head --|- middle -|-- tail --|   |-- none --|
Deno.test("MREMAP_DONTUNMAP: only a middle makes an old kernel charge the next VMA", () => {
  for (const [address, expected] of [[0x1000, ""], [0x2000, " ac"], [0x3000, ""]] as const) {
    const mm = under({ dontUnmapAccountsNext: true });
    map(mm, 0x1000, 0x4000);
    map(mm, 0x8000, 0x9000, 0);
    mm.mremap(address, 0x1000, 0x1000, LEFT, 0x20000);
    assertEquals(formatVmFlags(mm.findVma(0x8000)!.flags), `mr mw me${expected}`);
  }
});

//   |-- 1 --|-- 2 --|          the first page moves up to its own VMA's end, and is one with it
//           |-- 2 --|-- 3 --|
Deno.test("mremap: what moves beside its own VMA joins it, unless it leaves its place behind", () => {
  const mm = under({ dontUnmapKeepsApart: true });
  map(mm, 0x1000, 0x3000);
  mm.mremap(0x1000, 0x1000, 0x1000, MOVE, 0x3000);
  assertLayout(mm, ["2000-4000 rw-p 2"]);
});

Deno.test("MREMAP_DONTUNMAP: what stays behind of a file keeps its offset in the file", () => {
  for (const dontUnmapResetsOffset of [false, true]) {
    const mm = under({ dontUnmapResetsOffset });
    mapFile(mm, 0x1000, 0x2000, open(), 0x5000, 3);
    mm.fault(0x1000, "write");
    mm.mremap(0x1000, 0x1000, 0x1000, LEFT, 0x10000);
    assertLayout(mm, ["1000-2000 rw-p 5 data", "10000-11000 rw-p 5 data*"]);
  }
});

//   |-- file --| grows |-- file, continued --|
Deno.test("mremap: on kernels where a close hook keeps VMAs apart, what has one grows alone, the rest merges", () => {
  for (const hooked of [false, true]) {
    const mm = under({ closeHookMerges: false });
    const file = open("data", hooked ? { hooks: { close() {} } } : {});
    mapFile(mm, 0x1000, 0x2000, file, 0);
    mapFile(mm, 0x3000, 0x4000, file, 0x2000);
    mm.mremap(0x1000, 0x1000, 0x2000);
    const expected = ["1000-3000 r--p 0 data", "3000-4000 r--p 2 data"];
    assertLayout(mm, hooked ? expected : ["1000-4000 r--p 0 data"]);
  }
});

Deno.test("MREMAP_DONTUNMAP: an old kernel does not charge the next VMA twice", () => {
  const mm = under({ dontUnmapAccountsNext: true });
  map(mm, 0x1000, 0x4000);
  map(mm, 0x8000, 0x9000);
  mm.mremap(0x2000, 0x1000, 0x1000, LEFT, 0x20000);
  assertEquals(mm.descriptor.committedPages, 3 + 1 + 1);
  mm.validate();
});

Deno.test("mremap: where a reserve of VMAs is always kept, it is four, and one more for what stays behind", () => {
  for (
    const [count, shrinks, leaves] of [[5, "ok", "ok"], [6, "ok", "ENOMEM"], [
      7,
      "ENOMEM",
      "ENOMEM",
    ]] as const
  ) {
    const outcome = (call: (mm: AddressSpace) => unknown) => {
      const mm = space({ rules: kernelRules("7.3"), maxMapCount: 10 });
      for (let at = 1; at <= count; at++) map(mm, at * 0x10000, at * 0x10000 + 0x2000);
      try {
        call(mm);
        return "ok";
      } catch (error) {
        return error instanceof MmError ? error.code : "none";
      }
    };
    assertEquals(outcome((mm) => mm.mremap(0x10000, 0x2000, 0x1000)), shrinks);
    assertEquals(outcome((mm) => mm.mremap(0x10000, 0x2000, 0x2000, LEFT, 0x200000)), leaves);
  }
});
