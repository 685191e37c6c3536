/**
 * mremap at the edges of its rules: what lies beside the VMA that is resized or moved, and what a move that was refused
 * has left as it was.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE, PROT_READ } from "../../src/abi/mman.ts";
import { HUGE_PAGE_SIZE } from "../../src/abi/page.ts";
import { parseVmFlags } from "../../src/mm/vm_flags.ts";
import { assertLayout, map, mapFile, open, space, touch } from "./scene.ts";

const PAGE = 0x1000;
const BASE = 0x7fff_0000_0000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

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

/** A forked child whose first page was written before the fork. */
function child(): AddressSpace {
  const parent = space();
  map(parent, 0x1000, 0x2000);
  touch(parent, 0x1000);
  return parent.fork();
}

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
