/** What a program inherits at fork, what it does not, and what exec sets anew. */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { FaultInjection } from "../../src/mm/fault_injection.ts";
import { MmError } from "../../src/mm/error.ts";
import { MADV, MAP_ANONYMOUS, MAP_PRIVATE, MCL_FUTURE, PROT_NONE } from "../../src/abi/mman.ts";
import { VmaTree } from "../../src/mm/vma_tree.ts";
import { CommitLedger, MemoryDescriptor } from "../../src/mm/memory_descriptor.ts";
import type { Vma } from "../../src/mm/vma.ts";
import { formatVmFlags, VM_NOHUGEPAGE } from "../../src/mm/vm_flags.ts";
import { InvariantError } from "../../src/tree/errors.ts";
import { MapleTree } from "../../src/tree/maple_tree.ts";
import { assertLayout, map, RW, space, touch } from "./scene.ts";

const PAGE = 0x1000;
const IMAGE = { vmas: [], startBrk: 0x10_0000, startStack: 0, mmapBase: 0x7fff_0000_0000 };

/** Maps a page anywhere. */
function anywhere(mm: AddressSpace, pages = 1): number {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  return mm.mmap({ length: pages * PAGE, protection: RW, flags });
}

Deno.test("exec: whether placement goes upwards is the new program's matter", () => {
  const mm = space({ legacyLayout: false });
  mm.exec({ ...IMAGE, mmapBase: 0x40_0000, legacyLayout: true });
  assertEquals(anywhere(mm), 0x40_0000);
  mm.exec({ ...IMAGE, mmapBase: 0x40_0000 });
  assertEquals(anywhere(mm), 0x40_0000 - PAGE);
});

Deno.test("exec: a limit that the image gives binds, the others stay", () => {
  const mm = space({ limits: { stack: 5 * PAGE } });
  mm.exec({ ...IMAGE, limits: { addressSpace: PAGE } });
  assertEquals(assertThrows(() => anywhere(mm, 2), MmError).code, "ENOMEM");
  anywhere(mm);
  assertEquals(mm.descriptor.limits, {
    addressSpace: PAGE,
    data: Infinity,
    stack: 5 * PAGE,
    lockedMemory: Infinity,
  });
});

Deno.test("exec: what mlockall said of the future is forgotten, and nothing is added", () => {
  const mm = space();
  mm.mlockall(MCL_FUTURE);
  mm.exec(IMAGE);
  map(mm, 0x1000, 0x2000, PROT_NONE);
  assertEquals(formatVmFlags(mm.findVma(0x1000)!.flags), "mr mw me");
});

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

Deno.test("FaultInjection: with nothing left and nothing in hand nothing is taken", () => {
  const budget = new FaultInjection();
  budget.left = 0;
  assertThrows(() => budget.take("a VMA"), MmError);
  budget.left = 2;
  budget.withReserve(2, () => budget.take("a VMA"));
  assertEquals(budget.left, 1);
  budget.take("a VMA");
  assertThrows(() => budget.take("a VMA"), MmError);
});

// Under `never` all promises together stay below the limit; without reserves that is all there is to it.
Deno.test("CommitLedger: keeps nothing back unless told to", () => {
  const commit = Object.assign(new CommitLedger(), { mode: "never", limitPages: 66 });
  const mm = space({ commit });
  map(mm, 0x1000, 0x1000 + 64 * PAGE);
  anywhere(mm);
  assertEquals(commit.pages, 65);
  assertThrows(() => anywhere(mm), MmError);
});

Deno.test("MemoryDescriptor: a new one has no heap, no stack, and locks what it likes", () => {
  const mm = new MemoryDescriptor({ placement: "5.19" });
  assertEquals([mm.startBrk, mm.brk, mm.startStack], [0, 0, 0]);
  assertEquals([mm.placement, mm.sibling().placement], ["5.19", "5.19"]);
  assertEquals(new MemoryDescriptor().placement, "6.18");
  const limited = space({ limits: { lockedMemory: 0 } });
  map(limited, 0x1000, 0x2000);
  limited.mlock(0x1000, PAGE);
  assertEquals(limited.descriptor.lockedPages, 1);
});

/** A tree that finds something wrong with itself. */
class BrokenTree extends MapleTree<Vma> {
  override validate(): void {
    throw new InvariantError(1, -1, "a node is not where it belongs");
  }
}

Deno.test("validate: passes on what the tree finds wrong with itself", () => {
  const mm = space();
  mm.validate();
  const { descriptor } = mm;
  descriptor.tree = new VmaTree(descriptor.faultInjection, new BrokenTree({ gaps: true }));
  assertThrows(() => mm.validate(), InvariantError, "not where it belongs");
});
