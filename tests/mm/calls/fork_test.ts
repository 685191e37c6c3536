/**
 * fork: what the child has, and what is left behind when it cannot be made.
 */
import { MADV, MCL_FUTURE } from "../../../src/abi/mman.ts";
import { MmError, MmInvariantError } from "../../../src/mm/error.ts";
import { LockChecker } from "../../../src/mm/locks/lock_checker.ts";
import { PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { vmasAt } from "../../../src/mm/pages/reverse_map.ts";
import { formatVmFlags, VM_NOHUGEPAGE } from "../../../src/mm/vm_flags.ts";
import { spaceWithPages } from "../pages/pages.ts";
import { assertLayout, map, mapFile, open, space, touch } from "../scene.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const IMAGE = { vmas: [], startBrk: 0x10_0000, startStack: 0, mmapBase: 0x7fff_0000_0000 };

//   |-- [heap] --|        |-- [stack] --|
Deno.test("fork: the child knows its heap and its stack", () => {
  const mm = space();
  mm.exec({ ...IMAGE, startStack: 0x20_0000 });
  mm.brk(0x10_2000);
  map(mm, 0x20_0000, 0x20_1000);
  const child = mm.fork();
  const expected = ["100000-102000 rw-p 100 [heap]", "200000-201000 rw-p 200 [stack]"];
  assertLayout(child, expected);
  assertEquals(child.brk(0x10_0000 - 1), 0x10_2000);
  assertEquals(child.brk(0x10_1000), 0x10_1000);
});

// Linux keeps VM_NOHUGEPAGE, which prctl(PR_SET_THP_DISABLE) sets, and drops what mlockall said.
Deno.test("fork: of what new mappings get, the child keeps that they use no huge pages", () => {
  const mm = space();
  mm.descriptor.defaultFlags = VM_NOHUGEPAGE;
  mm.mlockall(MCL_FUTURE);
  const child = mm.fork();
  map(child, 0x1000, 0x2000);
  assertEquals(formatVmFlags(child.findVma(0x1000)!.flags), "rd wr mr mw me ac nh");
});

const PAGE = 0x1000;

Deno.test("fork: what is to be empty in the child takes no links", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  mm.madvise(0x1000, PAGE, MADV.WIPEONFORK);
  mm.descriptor.faultInjection.left = 2;
  const child = mm.fork();
  assertEquals(mm.descriptor.faultInjection.left, 0);
  assertLayout(child, ["1000-2000 rw-p 1"]);
});

//   grandparent ─ parent ─┬─ child A       parent's own anon_vma is B; it unmaps, so that no VMA's own is B
//                         └─ child B       but two anon_vmas have B as their parent
Deno.test("fork: an anon_vma with two children is not taken over, with one it is", () => {
  for (const count of [1, 2]) {
    const grandparent = space();
    map(grandparent, 0x1000, 0x2000);
    touch(grandparent, 0x1000);
    const parent = grandparent.fork();
    const { anonVma } = parent.findVma(0x1000)!;
    const children = Array.from({ length: count }, () => parent.fork());
    parent.munmap(0x1000, PAGE);
    assertEquals([anonVma!.children, anonVma!.activeVmas], [count, 0]);
    const copy = children[0]!.fork().findVma(0x1000)!;
    assertEquals(copy.anonVma === anonVma, count === 1);
    assertEquals(copy.anonVmaChain.length, count === 1 ? 3 : 4);
    children[0]!.validate();
  }
});

//   file |-- r --|   memory |-- * --|     the copy of the first is made, that of the second finds no memory
Deno.test("fork: a failed one takes its copies out of the reverse map and closes their files", () => {
  const { mm, memory } = spaceWithPages();
  const budget = mm.descriptor.faultInjection;
  let mapped = 0;
  const hooks = { map: () => void mapped++, open: () => void mapped++, close: () => void mapped-- };
  const file = open("device", { hooks });
  mapFile(mm, 0x1000, 0x2000, file, 0);
  map(mm, 0x5000, 0x6000);
  // In the child: its tree, the file's VMA, and no more.
  budget.left = 2;
  assertEquals(assertThrows(() => mm.fork(), MmError).code, "ENOMEM");
  assertEquals(vmasAt(memory.mappingOf(file), 0), [mm.findVma(0x1000)!]);
  assertEquals(mapped, 1);
});

//   parent |-- a* --|-- dontfork --|-- wipe* --|-- locked --|
//   child  |-- a**--|              |-- wipe ---|-- -------- |
Deno.test("fork: leaves behind, empties and unlocks as it was told", () => {
  const mm = space();
  for (const start of [0x1000, 0x3000, 0x5000, 0x7000]) map(mm, start, start + 0x1000);
  touch(mm, 0x1000);
  touch(mm, 0x5000);
  mm.madvise(0x3000, 0x1000, MADV.DONTFORK);
  mm.madvise(0x5000, 0x1000, MADV.WIPEONFORK);
  mm.mlock(0x7000, 0x1000);
  const child = mm.fork();
  assertLayout(child, ["1000-2000 rw-p 1*", "5000-6000 rw-p 5", "7000-8000 rw-p 7*"]);
  assertEquals(child.descriptor.lockedPages, 0);
  assertEquals(mm.descriptor.lockedPages, 1);
  assertEquals([...child.vmas()][0]!.anonVmaChain.length, 2);
  mm.validate();
});

Deno.test("fork: a grandchild takes over an ancestor's anon_vma that nobody uses any more", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const child = mm.fork();
  const own = [...child.vmas()][0]!.anonVma;
  const grandchild = child.fork();
  child.exit();
  const heir = grandchild.fork();
  assert([...heir.vmas()][0]!.anonVma === own);
  for (const space of [mm, grandchild, heir]) space.validate();
});

Deno.test("fork: the child's changes leave the parent alone", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  const child = mm.fork();
  child.munmap(0x2000, 0x1000);
  mm.mprotect(0x1000, 0x1000, 1);
  assertLayout(child, ["1000-2000 rw-p 1", "3000-5000 rw-p 3"]);
  assertLayout(mm, ["1000-2000 r--p 1", "2000-5000 rw-p 2"]);
});

Deno.test("fork: the child has what was asked for all of its parent's memory, and its own locks", () => {
  const locks = new LockChecker();
  const mm = space({ memory: new PhysicalMemory({ locks }) });
  map(mm, 0x1000, 0x2000);
  mm.descriptor.readImpliesExec = true;
  mm.descriptor.mergesAny = true;
  const before = locks.taken.vma_lock;
  const child = mm.fork();
  assertEquals([child.descriptor.readImpliesExec, child.descriptor.mergesAny], [true, true]);
  assertEquals([locks.taken.vma_lock - before, locks.held], [1, []]);
  assertThrows(() => child.descriptor.tree.clear(), MmInvariantError, "without mmap_lock");
  assertEquals(space().fork().descriptor.readImpliesExec, false);
  mm.descriptor.faultInjection.left = 1;
  assertThrows(() => mm.fork());
  assertEquals(locks.held, []);
});
