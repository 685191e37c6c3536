/**
 * exec: a new program in place of the old.
 */
import {
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MCL_FUTURE,
  PR_MDWE_NO_INHERIT,
  PR_MDWE_REFUSE_EXEC_GAIN,
  PROT_NONE,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { TASK_SIZE_X86_64 } from "../../../src/mm/rlimit.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { Vma } from "../../../src/mm/vma.ts";
import { assertLayout, map, open, RW, space } from "../scene.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

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

Deno.test("exec: a stack at the very top is not shifted, and takes tree nodes for that neither", () => {
  for (const left of [3, 4]) {
    const mm = space({ limits: { stack: PAGE } });
    const rest = leftAfter(mm, left, () => execute(mm, TASK_SIZE_X86_64, 1));
    assertEquals(rest, left < 4 ? "ENOMEM" : 0);
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

Deno.test("exec: nothing of the old program is left", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  mm.mlockall(2);
  mm.exec({
    vmas: [{ start: 0x400000, end: 0x401000, flags: 0x75, file: open("program"), pageOffset: 0 }],
    startBrk: 0x10000,
    startStack: 0x7ffe_0000_0000,
    mmapBase: 0x7ff0_0000_0000,
  });
  assertLayout(mm, ["400000-401000 r-xp 0 program"]);
  assertEquals(mm.mmap({ length: 0x1000, protection: RW, flags: 0x22 }), 0x7fef_ffff_f000);
  assertEquals(mm.descriptor.lockedPages, 0);
});

// PR_SET_MDWE and PR_SET_MEMORY_MERGE were asked for by the old program, the personality for it alone.
Deno.test("exec: the new program has what is inherited of the old one, and no more", () => {
  const mm = space();
  const { descriptor } = mm;
  descriptor.denyWriteExec = PR_MDWE_REFUSE_EXEC_GAIN;
  descriptor.mergesAny = true;
  descriptor.readImpliesExec = true;
  mm.exec(IMAGE);
  const inherited =
    () => [descriptor.denyWriteExec, descriptor.mergesAny, descriptor.readImpliesExec];
  assertEquals(inherited(), [PR_MDWE_REFUSE_EXEC_GAIN, true, false]);
  descriptor.denyWriteExec = PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT;
  descriptor.mergesAny = false;
  mm.exec(IMAGE);
  assertEquals(inherited(), [0, false, false]);
});

Deno.test("exec: a program may have the first address and the last, and flags that are carried along", () => {
  const mm = space();
  const end = TASK_SIZE_X86_64;
  mm.exec({
    ...IMAGE,
    vmas: [
      { start: 0, end: PAGE, flags: 0x71 },
      { start: end - PAGE, end, flags: 0x71, otherFlags: "um" },
    ],
  });
  const [first, last, ...others] = [...mm.vmas()];
  assertEquals([first!.start, first!.otherFlags, first!.pageOffset], [0, "", 0]);
  assertEquals([last!.end, last!.otherFlags, others], [end, "um", []]);
});
