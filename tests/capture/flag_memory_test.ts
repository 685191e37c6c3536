import { assertEquals } from "@std/assert";
import { effectOf, type FinishedCall } from "../../src/capture/effects.ts";
import { FlagMemory } from "../../src/capture/flag_memory.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";

const PAGE = 4096;
const RW = "rd wr mr mw me ac", RO = "rd mr mw me ac";

function vma(first: number, end: number, vmFlags: string, more: Partial<MapLine> = {}): MapLine {
  const permissions = vmFlags.includes("wr") ? "rw-p" : "r--p";
  return {
    ...HEAP,
    name: "",
    start: first * PAGE,
    end: end * PAGE,
    vmFlags,
    permissions,
    written: false,
    ...more,
  };
}

function called(call: string, args: readonly number[], more: Partial<FinishedCall> = {}) {
  return effectOf({ call, args, result: 0, failed: false, brk: undefined, ...more });
}

const mprotect = called("mprotect", [2 * PAGE, PAGE, 1]);

Deno.test("FlagMemory: what a call does to a VMA is known once it was shown, and not before", () => {
  const memory = new FlagMemory();
  const before = [vma(1, 4, RW)];
  const after = [vma(1, 2, RW), vma(2, 3, RO), vma(3, 4, RW)];
  assertEquals(memory.flagsOf(after[1]!, before, mprotect), undefined);
  memory.learn(after, before, mprotect);
  assertEquals(memory.flagsOf(after[1]!, before, mprotect), RO);
  memory.clear();
  assertEquals(memory.flagsOf(after[1]!, before, mprotect), undefined);
});

Deno.test("FlagMemory: a VMA that reaches beyond the call has the flags that it has there", () => {
  const [left, , right] = [vma(1, 2, RW), vma(2, 3, RO), vma(3, 4, RW)];
  for (const line of [left, right]) {
    assertEquals(new FlagMemory().flagsOf(line, [vma(1, 4, RW)], mprotect), RW);
  }
  // What was changed joined what was not: it has the same flags now.
  const before = [vma(1, 2, RO), vma(2, 3, RW)];
  assertEquals(new FlagMemory().flagsOf(vma(1, 3, RO), before, mprotect), RO);
});

Deno.test("FlagMemory: other flags, other writes, another file or another prot is another question", () => {
  const memory = new FlagMemory();
  const before = vma(2, 3, RW), after = vma(2, 3, RO);
  memory.learn([after], [before], mprotect);
  const others: MapLine[] = [
    { ...before, written: true },
    { ...before, vmFlags: "rd wr mr mw me nr" },
    { ...before, inode: 7, device: "fe:00", name: "libc.so.6" },
  ];
  for (const other of others) assertEquals(memory.flagsOf(after, [other], mprotect), undefined);
  const none = called("mprotect", [2 * PAGE, PAGE, 0]);
  assertEquals(memory.flagsOf(after, [before], none), undefined);
});

Deno.test("FlagMemory: of userfaultfd's, guards' and huge pages' VMAs nothing is foretold", () => {
  const memory = new FlagMemory();
  for (const flag of ["um", "uw", "ui", "gu", "ht", "pf", "io", "mm"]) {
    const before = vma(2, 3, `${RW} ${flag}`), after = vma(2, 3, `${RO} ${flag}`);
    memory.learn([after], [before], mprotect);
    assertEquals(memory.flagsOf(after, [before], mprotect), undefined, flag);
    assertEquals(memory.isOrdinary(before), false, flag);
  }
  assertEquals(memory.isOrdinary(vma(1, 2, RW)), true);
});

Deno.test("FlagMemory: a call that failed says something only where it can have failed at one VMA", () => {
  const memory = new FlagMemory();
  const failed = called("madvise", [2 * PAGE, 2 * PAGE, 12], { failed: true, result: -22 });
  const one = [vma(2, 4, RW)], two = [vma(2, 3, RW), vma(3, 4, RO)];
  memory.learn(two, two, failed);
  assertEquals(memory.flagsOf(two[0]!, two, failed), undefined);
  memory.learn(one, one, failed);
  assertEquals(memory.flagsOf(one[0]!, one, failed), RW);
  assertEquals(memory.flagsOf(two[0]!, two, failed), undefined);
  assertEquals(
    memory.flagsOf(vma(2, 3, RW), [vma(2, 3, RW)], failed),
    undefined,
    "a hole after it",
  );
});

Deno.test("FlagMemory: what mremap moves keeps its flags, and what it lies beside does not matter", () => {
  const moved = called("mremap", [2 * PAGE, PAGE, PAGE, 3, 8 * PAGE], { result: 8 * PAGE });
  const before = [vma(2, 3, RO), vma(9, 10, RW)];
  assertEquals(new FlagMemory().flagsOf(vma(8, 9, RO), before, moved), RO);
  assertEquals(new FlagMemory().flagsOf(vma(9, 10, RW), before, moved), RW);
});

Deno.test("effectOf: a new mapping is looked at where it went, a driver's or one of huge pages as a whole", () => {
  const mmap = (flags: number, more: Partial<FinishedCall> = {}) =>
    called("mmap", [0, 3 * PAGE - 1, 3, flags, -1, 0], { result: 8 * PAGE, ...more });
  const found = mmap(0x22);
  assertEquals(found.reach === "flags" && found.ranges, [{ start: 8 * PAGE, end: 11 * PAGE }]);
  assertEquals(mmap(0x40022).reach, "anywhere");
  const file = { id: 1, device: "fe:00", inode: 5, name: "x", size: 1, access: "read" } as const;
  assertEquals(mmap(2, { file: { ...file, kind: "device" } }).reach, "anywhere");
  assertEquals(mmap(2, { file: { ...file, kind: "regular" } }).reach, "flags");
  assertEquals(mmap(0x22, { failed: true }), { reach: "ranges", ranges: [], shift: 0 });
});

Deno.test("effectOf: calls that may do anything, and those that are not known", () => {
  for (const call of ["mlockall", "shmat", "shmdt", "remap_file_pages", "no_such_call"]) {
    assertEquals(called(call, [PAGE, PAGE]).reach, "anywhere", call);
  }
  const failed = { failed: true, result: -12 };
  assertEquals(called("mlock", [PAGE, PAGE], failed).reach, "anywhere");
  assertEquals(called("mremap", [PAGE, PAGE, PAGE, 1], failed).reach, "anywhere");
  assertEquals(called("mremap", [PAGE, PAGE, PAGE, 5], { result: 9 * PAGE }).reach, "anywhere");
  assertEquals(called("mremap", [PAGE, 0, PAGE, 1], { result: 9 * PAGE }).reach, "anywhere");
  assertEquals(called("madvise", [PAGE, PAGE, 102]).reach, "anywhere");
  assertEquals(called("mprotect", [PAGE, PAGE, 0x1000003]).reach, "anywhere");
  assertEquals(called("brk", [9 * PAGE], { result: 9 * PAGE }).reach, "anywhere");
});

Deno.test("effectOf: brk is looked at between where the heap ended and where it ends", () => {
  const ranges = [{ start: 4 * PAGE, end: 9 * PAGE }];
  for (const [brk, result] of [[4 * PAGE, 9 * PAGE], [9 * PAGE, 4 * PAGE]] as const) {
    const found = called("brk", [result], { brk, result });
    assertEquals(found.reach === "flags" && found.ranges, ranges);
  }
  const nothing = called("brk", [0], { brk: PAGE, result: PAGE });
  assertEquals(nothing, { reach: "ranges", ranges: [], shift: 0 });
});
