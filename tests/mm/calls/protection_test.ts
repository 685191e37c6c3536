/**
 * What decides about protection beside mprotect: protection keys, memory policies, PR_SET_MDWE, PR_SET_MEMORY_MERGE,
 * READ_IMPLIES_EXEC, CAP_SYS_RAWIO.
 */
import { assertEquals } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { explainMerge } from "../../../src/mm/vma/explain.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { assertFails, assertLayout, FIXED, map, mapFile, open, RW, space } from "../scene.ts";

const PAGE = 0x1000;

function obstacles(mm: AddressSpace): unknown[] {
  const vmas = [...mm.vmas()];
  return vmas.slice(1).map((vma, at) => explainMerge(vmas[at]!, vma).obstacle);
}

//   |-- rw --|-- rw, key 1 --|-- rw --|      back to key 0: one VMA
Deno.test("mprotect: a protection key keeps a range apart until it is the same again", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.mprotect(0x2000, PAGE, RW, 1);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 rw-p 2", "3000-4000 rw-p 3"]);
  assertEquals(obstacles(mm), ["protection key", "protection key"]);
  mm.mprotect(0x2000, PAGE, RW); // -1 leaves it
  assertEquals(mm.mapCount, 3);
  mm.mprotect(0x2000, PAGE, RW, 0);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("mbind: the middle of three pages makes three VMAs, back to the default one", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.mbind(0x2000, PAGE, "mode 2");
  assertEquals(obstacles(mm), ["memory policy", "memory policy"]);
  mm.mbind(0x1000, 3 * PAGE, null);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

// Linux 6.18: the length is rounded up first, and passes the last address.
Deno.test("mbind: a length that rounds up to nothing does nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.mbind(0x2000, Number.MAX_SAFE_INTEGER, "mode 2");
  mm.mbind(0x2000, 0, "mode 2");
  assertEquals([...mm.vmas()].map(({ policy }) => policy), [null]);
});

Deno.test("mbind: what is cut off, forked and moved keeps its policy", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.mbind(0x1000, 3 * PAGE, "mode 2");
  mm.munmap(0x2000, PAGE);
  const child = mm.fork();
  child.mremap(0x3000, PAGE, PAGE, 3, 0x8000);
  assertEquals([...child.vmas()].map(({ policy }) => policy), ["mode 2", "mode 2"]);
});

Deno.test("setDenyWriteExec: what may be written may not be executed, nor become executable later", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000, 5);
  map(mm, 0x3000, 0x4000, 7);
  mm.setDenyWriteExec(1);
  assertFails("EACCES", () => map(mm, 0x1000, 0x2000, 7));
  assertFails("EACCES", () => mm.mprotect(0x1000, PAGE, 7));
  map(mm, 0x5000, 0x6000, 5); // executable from the start
  mm.mprotect(0x1000, PAGE, 5); // and that stays
  map(mm, 0x7000, 0x8000, RW);
  assertFails("EACCES", () => mm.mprotect(0x7000, PAGE, 5));
  assertEquals(mm.mapCount, 4);
  assertFails("EACCES", () => mm.fork().mprotect(0x7000, PAGE, 5));
});

Deno.test("setDenyWriteExec: a child may do without if so asked", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.setDenyWriteExec(3);
  mm.fork().mprotect(0x1000, PAGE, 5);
});

Deno.test("setMemoryMerge: all that can be merged is marked, and what comes later", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mmap({ address: 0x3000, length: PAGE, protection: RW, flags: 0x31 }); // shared
  mm.setMemoryMerge(true);
  map(mm, 0x2000, 0x3000);
  const flags = () => [...mm.vmas()].map((vma) => formatVmFlags(vma.flags).includes("mg"));
  assertEquals([flags(), mm.mapCount], [[true, false], 2]);
  mm.setMemoryMerge(false);
  assertEquals(flags(), [false, false]);
});

Deno.test("setReadImpliesExec: what may be read may be executed, unless its filesystem forbids it", () => {
  const mm = space();
  mm.setReadImpliesExec(true);
  map(mm, 0x1000, 0x2000, 1);
  mapFile(mm, 0x3000, 0x4000, { ...open(), executable: false }, 0);
  map(mm, 0x5000, 0x6000, 0);
  mm.mprotect(0x5000, PAGE, 3);
  mm.mprotect(0x3000, PAGE, 1);
  assertLayout(mm, ["1000-2000 r-xp 1", "3000-4000 r--p 0 data", "5000-6000 rwxp 5"]);
});

Deno.test("mmap: below mmap_min_addr with CAP_SYS_RAWIO, where it is asked for exactly", () => {
  const request = { address: 0x2000, length: PAGE, protection: RW, flags: FIXED };
  assertFails("EPERM", () => space({ mmapMinAddress: 0x10000 }).mmap(request));
  const mm = space({ mmapMinAddress: 0x10000, capSysRawio: true });
  assertEquals(mm.mmap(request), 0x2000);
  assertEquals(mm.mmap({ ...request, address: 0x3000, flags: 0x22 }), 0x10000); // a hint is raised
});
