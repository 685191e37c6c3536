/** What a stack takes as it grows, at exec and later, and where it stops; what a heap takes, and where it stops. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { MAP_GROWSDOWN } from "../../src/abi/mman.ts";
import { TASK_SIZE_X86_64 } from "../../src/mm/rlimit.ts";
import type { AddressSpaceOptions } from "../../src/mm/memory_descriptor.ts";
import { Vma } from "../../src/mm/vma.ts";
import { assertLayout, FIXED, map, RW, space, touch } from "./scene.ts";

const PAGE = 0x1000;
const STACK = 0x80_0000;

/** Structures that are left of `left` after a call, or its errno. */
function leftAfter(mm: AddressSpace, left: number, call: () => void): number | string {
  mm.descriptor.faultInjection.left = left;
  try {
    call();
    return mm.descriptor.faultInjection.left;
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
    return error.code;
  } finally {
    mm.validate();
  }
}

/** Two pages of stack, told apart by a name; the upper one is written to or not. */
function halves(upper: boolean): AddressSpace {
  const mm = space();
  mm.mmap({ address: STACK, length: 2 * PAGE, protection: RW, flags: FIXED | MAP_GROWSDOWN });
  mm.setAnonName(STACK + PAGE, PAGE, "upper");
  if (upper) touch(mm, STACK + PAGE);
  return mm;
}

// A stack that grows gets its anon_vma even where it is only read, as in the kernel.
//
//   |<- grows --|-- rw --|-- rw * --|     the neighbour's is shared: a link and tree nodes
Deno.test("fault: a stack that grows shares a neighbour's anon_vma", () => {
  const grow = (mm: AddressSpace) => () => mm.fault(STACK - PAGE, "read");
  const mm = halves(true);
  assertEquals(leftAfter(mm, 2, grow(mm)), 0);
  const [lower, upper] = [...mm.vmas()];
  assert(upper!.anonVma !== null && lower!.anonVma === upper!.anonVma);
  assertEquals(upper!.anonVma!.activeVmas, 2);
  const poor = halves(true);
  assertEquals(leftAfter(poor, 1, grow(poor)), "ENOMEM");
});

Deno.test("fault: a stack that grows takes an anon_vma, a link and tree nodes; then tree nodes", () => {
  const mm = halves(false);
  assertEquals(leftAfter(mm, 2, () => mm.fault(STACK - PAGE, "read")), "ENOMEM");
  assertEquals(leftAfter(mm, 3, () => mm.fault(STACK - PAGE, "read")), 0);
  const { anonVma } = mm.findVma(STACK)!;
  assert(anonVma !== null);
  assertEquals(leftAfter(mm, 0, () => mm.fault(STACK - 2 * PAGE, "read")), "ENOMEM");
  assertEquals(leftAfter(mm, 1, () => mm.fault(STACK - 2 * PAGE, "read")), 0);
  assertEquals(mm.findVma(STACK)!.anonVma, anonVma);
});

// In the child the first VMA hangs on two anon_vmas: its own pages, and those it has from the parent.
//
//   |-- rw ** --|-- new, touched --|
Deno.test("fault: what came from a fork lends its anon_vma to nobody", () => {
  const parent = space();
  map(parent, 0x1000, 0x2000);
  touch(parent, 0x1000);
  const mm = parent.fork();
  map(mm, 0x2000, 0x3000);
  touch(mm, 0x2000);
  const [old, fresh] = [...mm.vmas()];
  assertEquals([old!.anonVmaChain.length, fresh!.anonVmaChain.length], [2, 1]);
  assert(fresh!.anonVma !== old!.anonVma);
  mm.validate();
});

Deno.test("fault: below what does not grow nothing is mapped", () => {
  const mm = space();
  map(mm, STACK, STACK + PAGE);
  const call = () => mm.fault(STACK - PAGE, "write");
  assertEquals(assertThrows(call, MmError).code, "EFAULT");
  assertLayout(mm, ["800000-801000 rw-p 800"]);
});

/** Executes a program that has nothing but a stack of so many bytes of arguments. */
function execute(mm: AddressSpace, top: number, bytes: number): Vma {
  const image = { vmas: [], startBrk: 0, startStack: top - 8, mmapBase: 0x7fff_0000_0000 };
  mm.exec({ ...image, stack: { top, bytes } });
  return mm.findVma(top - 1)!;
}

function stackOf(bytes: number, options: AddressSpaceOptions, top = 0x7ffd_0000_0000): string {
  const { start, end } = execute(space(options), top, bytes);
  return `${(top - start) / PAGE} to ${(top - end) / PAGE}`;
}

Deno.test("exec: a stack without arguments, or with a byte of them, has one page before it grows", () => {
  for (const bytes of [0, 1, PAGE]) assertEquals(stackOf(bytes, {}), "33 to 0");
  assertEquals(stackOf(PAGE + 1, {}), "34 to 0");
});

// What the arguments take is there already: a lower RLIMIT_STACK gives no room, but takes none away.
Deno.test("exec: arguments beyond RLIMIT_STACK stay", () => {
  assertEquals(stackOf(3 * PAGE, { limits: { stack: 3 * PAGE } }), "3 to 0");
  assertEquals(stackOf(2 * PAGE, { limits: { stack: 3 * PAGE } }), "3 to 0");
});

// A VMA and its tree nodes; an anon_vma and a link for the first page; tree nodes to widen it and to give up the rest.
// Growing takes tree nodes once more.
Deno.test("exec: a stack takes six structures, and a seventh if it grows", () => {
  const top = 0x7ffd_0000_0000;
  for (const [stack, count] of [[PAGE, 6], [Infinity, 7]] as const) {
    const options = { limits: { stack } };
    const mm = space(options);
    assertEquals(leftAfter(mm, count, () => execute(mm, top, 1)), 0);
    const poor = space(options);
    assert(typeof leftAfter(poor, count - 1, () => execute(poor, top, 1)) === "string");
  }
});

Deno.test("exec: the tree holds the stack under its bounds after each change", () => {
  const mm = space();
  const bounds: string[] = [];
  mm.treeObserver = (operation, first, last, vma) => {
    if (operation !== "store" || !(vma instanceof Vma)) return;
    assertEquals([vma.start, vma.end], [first, last + 1]);
    bounds.push(`${first.toString(16)}-${last.toString(16)}`);
  };
  execute(mm, TASK_SIZE_X86_64 - 0x10_0000, 1);
  assertEquals(bounds, [
    "7fffffffe000-7fffffffefff",
    "7fffffefe000-7fffffffefff",
    "7fffffede000-7fffffefefff",
  ]);
});

/** A program whose heap begins at `startBrk`. */
function program(startBrk: number, options: AddressSpaceOptions = {}): AddressSpace {
  const mm = space(options);
  mm.exec({ vmas: [], startBrk, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  return mm;
}

Deno.test("brk: back to where it began leaves no heap, and no further", () => {
  const mm = program(0x8000);
  assertEquals(mm.brk(0xa000), 0xa000);
  assertEquals(mm.brk(0x7fff), 0xa000);
  assertEquals(mm.brk(0x8000), 0x8000);
  assertLayout(mm, []);
});

// The limit counts the heap's bytes, not its pages; a soft limit of 0 leaves no heap, whatever it is for mmap.
Deno.test("brk: RLIMIT_DATA is the heap's length in bytes", () => {
  const mm = program(0x8800, { limits: { data: 2 * PAGE } });
  assertEquals(mm.brk(0xa801), 0x8800);
  assertEquals(mm.brk(0xa800), 0xa800);
  const none = program(0x8000, { limits: { data: 0 } });
  map(none, 0x1000, 0x2000);
  assertEquals(none.brk(0x9000), 0x8000);
});

Deno.test("brk: a new heap takes a VMA and tree nodes, a longer one tree nodes", () => {
  const mm = program(0x8000);
  const grow = (address: number, left: number) => {
    mm.descriptor.faultInjection.left = left;
    return [mm.brk(address), mm.descriptor.faultInjection.left];
  };
  assertEquals(grow(0x9000, 1)[0], 0x8000);
  assertEquals(grow(0x9000, 2), [0x9000, 0]);
  assertEquals(grow(0xa000, 1), [0xa000, 0]);
  assertLayout(mm, ["8000-a000 rw-p 8 [heap]"]);
});
