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
  const before = [vma(1, 4, RW, { written: true })];
  const after = [vma(1, 2, RW), vma(2, 3, RO), vma(3, 4, RW)];
  assertEquals(memory.flagsOf(after[1]!, before, mprotect), undefined);
  memory.learn(after, before, mprotect);
  assertEquals(memory.flagsOf(after[1]!, before, mprotect), RO);
  memory.clear();
  assertEquals(memory.flagsOf(after[1]!, before, mprotect), undefined);
});

// A part of a written VMA, or one whose pages were given up, has an anon_vma and no page: nothing tells it from
// another.
Deno.test("FlagMemory: whether memory without pages stays charged when it becomes read-only is read each time", () => {
  const memory = new FlagMemory();
  const [before, charged, free] = [vma(2, 3, RW), vma(2, 3, RO), vma(2, 3, "rd mr mw me")];
  for (const after of [charged, free]) {
    memory.learn([after], [before], mprotect);
    assertEquals(memory.flagsOf(after, [before], mprotect), undefined);
  }
  const writable = called("mprotect", [2 * PAGE, PAGE, 7]);
  memory.learn([before], [before], writable);
  assertEquals(memory.flagsOf(before, [before], writable), RW);
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
  assertEquals(
    memory.flagsOf(vma(3, 5, RW), [vma(3, 5, RW)], failed),
    RW,
    "beyond the call it is what it was",
  );
  const within = vma(3, 4, RW);
  assertEquals(memory.flagsOf(within, [within], failed), undefined, "a hole before it");
  memory.learn([], [], failed); // a hole and nothing else
  assertEquals(memory.flagsOf(vma(2, 4, RW), [], failed), undefined);
});

Deno.test("FlagMemory: what mremap moves keeps its flags, and what it lies beside does not matter", () => {
  const moved = called("mremap", [2 * PAGE, PAGE, PAGE, 3, 8 * PAGE], { result: 8 * PAGE });
  const before = [vma(2, 3, RO), vma(9, 10, RW)];
  assertEquals(new FlagMemory().flagsOf(vma(8, 9, RO), before, moved), RO);
  assertEquals(new FlagMemory().flagsOf(vma(9, 10, RW), before, moved), RW);
});

Deno.test("FlagMemory: after a call that may do anything nothing is known", () => {
  const memory = new FlagMemory();
  const line = vma(2, 3, RW);
  assertEquals(memory.flagsOf(line, [line], { reach: "anywhere" }), undefined);
  memory.learn([line], [line], { reach: "anywhere" });
  assertEquals(memory.flagsOf(line, [line], mprotect), undefined);
});

Deno.test("FlagMemory: where VMAs were joined that the call does different things to, flags are read", () => {
  const memory = new FlagMemory();
  const random = "rd wr mr mw me rr ac";
  const advise = called("madvise", [2 * PAGE, 2 * PAGE, 10]);
  const [first, second] = [vma(2, 3, RW), vma(3, 4, random)];
  memory.learn([vma(2, 3, `${RW} dc`)], [first], advise);
  assertEquals(memory.flagsOf(vma(2, 4, RW), [first, second], advise), undefined);
  memory.learn([vma(3, 4, `${random} dc`)], [second], advise);
  assertEquals(memory.flagsOf(vma(2, 4, RW), [first, second], advise), undefined);
  memory.learn([vma(2, 4, `${RW} dc`)], [first, second], advise);
  assertEquals(memory.flagsOf(vma(2, 4, RW), [first, second], advise), `${RW} dc`);
});

Deno.test("FlagMemory: what was peculiar, became so, or has flags that are not known, is not learnt", () => {
  const advise = called("madvise", [2 * PAGE, PAGE, 10]), dont = `${RW} dc`;
  const { vmFlags: _, ...bare } = vma(2, 3, dont);
  for (const after of [vma(2, 3, `${dont} um`), bare]) {
    const memory = new FlagMemory();
    memory.learn([after, vma(3, 4, RW)], [vma(2, 3, RW)], advise);
    assertEquals(memory.flagsOf(vma(2, 3, dont), [vma(2, 3, RW)], advise), undefined);
  }
  const memory = new FlagMemory();
  const peculiar = vma(2, 3, `${RW} um`);
  memory.learn([vma(2, 3, dont)], [peculiar], advise);
  assertEquals(memory.flagsOf(vma(2, 3, dont), [peculiar], advise), undefined);
  memory.learn([vma(2, 3, dont)], [vma(2, 3, RW)], advise);
  assertEquals(memory.flagsOf(vma(2, 3, dont), [vma(2, 3, RW)], advise), dont);
});

Deno.test("FlagMemory: of a new mapping only the call matters, not what was there", () => {
  const memory = new FlagMemory();
  const mmap = called("mmap", [2 * PAGE, PAGE, 3, 0x32, -1, 0], { result: 2 * PAGE });
  const line = vma(2, 3, RW);
  assertEquals(memory.flagsOf(line, [], mmap), undefined);
  memory.learn([line], [], mmap);
  for (const before of [[], [vma(2, 3, RO)], [vma(1, 2, RO), vma(2, 5, RO, { written: true })]]) {
    const expected = before.some(({ end }) => end > 3 * PAGE) ? RO : RW;
    const shown = before.length === 2 ? vma(2, 5, RO) : line; // it joined what is left
    assertEquals(memory.flagsOf(shown, before, mmap), expected);
  }
  const other = called("mmap", [2 * PAGE, PAGE, 1, 0x32, -1, 0], { result: 2 * PAGE });
  assertEquals(memory.flagsOf(vma(2, 3, RO), [], other), undefined);
});

Deno.test("FlagMemory: what lies beside a VMA is not under it", () => {
  const memory = new FlagMemory();
  const [old, beside] = [vma(2, 3, RW, { written: true }), vma(3, 4, "rd wr mr mw me dd")];
  memory.learn([vma(2, 3, RO), beside], [old, beside], mprotect);
  assertEquals(memory.flagsOf(vma(2, 3, RO), [old, beside], mprotect), RO);
  const other = new FlagMemory();
  other.learn([vma(2, 3, RO)], [old], mprotect); // where nothing lay beside it
  assertEquals(other.flagsOf(vma(2, 3, RO), [old, beside], mprotect), RO);
  assertEquals(memory.flagsOf(vma(2, 3, RO), [vma(1, 2, RO), old], mprotect), RO);
});

Deno.test("FlagMemory: memory without a file is alike whatever it is called, that of a file is not", () => {
  const memory = new FlagMemory();
  const file = { inode: 7, device: "fe:00", name: "a" };
  memory.learn([vma(2, 3, RO)], [vma(2, 3, RW, { name: "[heap]", written: true })], mprotect);
  memory.learn([vma(2, 3, `${RO} dd`)], [vma(2, 3, RW, file)], mprotect);
  const flags = (more: Partial<MapLine>) =>
    memory.flagsOf(vma(2, 3, RO), [vma(2, 3, RW, more)], mprotect);
  assertEquals([flags({ name: "[anon:x]", written: true }), flags(file)], [RO, `${RO} dd`]);
  for (const other of [{ name: "b" }, { device: "fe:01" }]) {
    assertEquals(flags({ ...file, ...other }), undefined);
  }
  assertEquals(flags({ ...file, inode: 8 }), `${RO} dd`); // files of one name on one device
});

Deno.test("FlagMemory: what mremap moved down has the flags that it had, what lies elsewhere has none of them", () => {
  const moved = called("mremap", [9 * PAGE, 2 * PAGE, 2 * PAGE, 3, 4 * PAGE], { result: 4 * PAGE });
  const before = [vma(7, 8, RW), vma(9, 12, RO)];
  assertEquals(new FlagMemory().flagsOf(vma(4, 6, RO), before, moved), RO);
  assertEquals(new FlagMemory().flagsOf(vma(11, 12, RO), before, moved), RO); // the rest of it
  assertEquals(new FlagMemory().flagsOf(vma(2, 3, RW), before, moved), undefined);
  const up = called("mremap", [2 * PAGE, PAGE, PAGE, 3, 8 * PAGE], { result: 8 * PAGE });
  const lower = [vma(2, 3, RO), vma(13, 15, RW)];
  assertEquals(new FlagMemory().flagsOf(vma(20, 21, RW), lower, up), undefined);
  const none = [vma(11, 12, RO)];
  assertEquals(new FlagMemory().flagsOf(vma(4, 6, RO), none, moved), undefined);
  const peculiar = [vma(9, 12, `${RO} io`)];
  assertEquals(new FlagMemory().flagsOf(vma(4, 6, RO), peculiar, moved), undefined);
});

Deno.test("FlagMemory: what a call leaves as it is keeps its flags where it is; of a hole nothing is known", () => {
  const unmapped = called("munmap", [2 * PAGE, 2 * PAGE]);
  const before = [vma(2, 3, RO), vma(3, 4, RW)];
  assertEquals(new FlagMemory().flagsOf(vma(3, 4, RW), before, unmapped), RW);
  assertEquals(new FlagMemory().flagsOf(vma(2, 3, RO), before, unmapped), RO);
  assertEquals(new FlagMemory().flagsOf(vma(2, 3, RO), before.slice(1), unmapped), undefined);
});
