/**
 * What calls of a text do to an address space: each does what its result says that it did, and what a call shows to be
 * mapped is mapped, though no earlier line mapped it.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import {
  MADV,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  SHM_RDONLY,
} from "../../../src/abi/mman.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import { vmaName } from "../../../src/mm/vma/proc_maps.ts";
import { formatPermissions, formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { ReplayError } from "../../../src/replay/replay_error.ts";
import { StepReader } from "../../../src/replay/step.ts";
import { System } from "../../../src/replay/system.ts";
import { TraceLayouts } from "../../../src/replay/imported/layouts.ts";
import type { OpenFile, TraceRecord } from "../../../src/trace/format.ts";
import { present } from "../../present.ts";
import { call, FILE, memory, PID, program, start } from "../records.ts";

const ANON = MAP_PRIVATE | MAP_ANONYMOUS;
const LIBRARY: OpenFile = { ...FILE, name: "lib.so" };
const UNKNOWN = "rw-p (not shown)";

/** The address space after the calls of a text; each gives the result that the text shows. */
function after(...calls: TraceRecord[][]): AddressSpace {
  const system = new System(), reader = new StepReader();
  for (const record of [...start({ fidelity: "imported" }, [], { brk: 0 }), ...calls.flat()]) {
    const step = reader.read(record);
    if (step === undefined) continue;
    const result = system.apply(step);
    if (step.type === "call") assertEquals(result, step.record.result, step.enter.call);
  }
  return present(system.space(PID));
}

/** A line a VMA: range, permissions, name. */
function lines(mm: AddressSpace): string[] {
  mm.validate();
  return [...mm.vmas()].map((vma) => {
    const range = `${vma.start.toString(16)}-${vma.end.toString(16)}`;
    return `${range} ${formatPermissions(vma.flags)} ${vmaName(mm.descriptor, vma)}`.trim();
  });
}

const said = (...calls: TraceRecord[][]) => lines(after(...calls));

function mmap(
  at: number,
  length: number,
  flags = ANON,
  { file, protection = 3 }: { file?: OpenFile; protection?: number } = {},
): TraceRecord[] {
  const args = [0, length, protection, flags, -1, 0];
  return call("mmap", args, { result: at }, file === undefined ? {} : { file });
}

Deno.test("imported mmap: memory goes where the text says, whatever is there", () => {
  assertEquals(said(mmap(0x10000, 0x1800)), ["10000-12000 rw-p"]);
  assertEquals(said(mmap(0x10000, 0x3000), mmap(0x11000, 0x1000, ANON, { protection: 1 })), [
    ...["10000-11000 rw-p", "11000-12000 r--p", "12000-13000 rw-p"],
  ]);
});

Deno.test("imported mmap: flags that only say how to place, or what to do at once, are left out", () => {
  const before = mmap(0x10000, 0x1000, ANON, { protection: 1 });
  for (const more of [MAP_FIXED_NOREPLACE, MAP_HUGETLB, MAP_32BIT, MAP_LOCKED, MAP_POPULATE]) {
    const mm = after(before, mmap(0x10000, 0x1000, ANON | more));
    assertEquals(lines(mm), ["10000-11000 rw-p"]);
    const vma = mm.findVma(0x10000)!;
    assertEquals([formatVmFlags(vma.flags), vma.anonVma], ["rd wr mr mw me ac", null]);
  }
  const stack = after(mmap(0x100000, 0x2000, ANON | MAP_GROWSDOWN)).findVma(0x100000)!;
  assertEquals(formatVmFlags(stack.flags), "rd wr mr mw me gd ac");
  const file = after(mmap(0x10000, 0x1000, MAP_PRIVATE | MAP_GROWSDOWN, { file: LIBRARY }));
  assertEquals(lines(file), ["10000-11000 rw-p lib.so"]);
});

Deno.test("imported mmap: a file is the one behind the descriptor, shared if it says so", () => {
  const protection = 1;
  assertEquals(said(mmap(0x10000, 0x1000, MAP_PRIVATE, { file: LIBRARY })), [
    "10000-11000 rw-p lib.so",
  ]);
  // With MAP_SHARED_VALIDATE a kernel may know flags that the model does not.
  const newer = 0x80_0000, validated = MAP_SHARED_VALIDATE;
  for (const flags of [MAP_SHARED, validated, validated | MAP_SYNC, validated | newer]) {
    assertEquals(said(mmap(0x10000, 0x1000, flags, { file: LIBRARY, protection })), [
      "10000-11000 r--s lib.so",
    ]);
  }
  assertEquals(said(mmap(0x10000, 0x1000, ANON, { file: LIBRARY })), ["10000-11000 rw-p"]);
});

Deno.test("imported calls: the last arguments of some tools' lines are left out", () => {
  const map = call("mmap", [0, 4096, 1, MAP_PRIVATE], { result: 0x10000 }, { file: LIBRARY });
  assertEquals(said(map), ["10000-11000 r--p lib.so"]);
  const remap = call("mremap", [0x10000, 4096, 4096], { result: 0x10000 });
  assertEquals(said(map, remap), ["10000-11000 r--p lib.so"]);
  const attach = call("shmat", [9, 0], {
    result: 0x40000,
    file: { ...LIBRARY, access: "read-write" },
  });
  assertEquals(said(attach), ["40000-48000 rw-s lib.so"]);
});

Deno.test("imported mmap: what the model would refuse is mapped all the same, as something unknown", () => {
  // A descriptor that the text does not explain; a file that was opened for reading, to be written.
  assertEquals(said(mmap(0x10000, 0x1800, MAP_PRIVATE)), [`10000-12000 ${UNKNOWN}`]);
  assertEquals(said(mmap(0x10000, 0x1800, MAP_SHARED, { file: LIBRARY })), [
    `10000-12000 ${UNKNOWN}`,
  ]);
  // Of what is not known it is taken for readable, writable, private, and of no file that merges with others.
  const vma = after(mmap(0x10000, 0x1000, MAP_PRIVATE)).findVma(0x10000)!;
  const { readable, writable, hugeAligned, inode, device } = present(vma.file);
  assertEquals([readable, writable, hugeAligned, inode, device], [true, true, false, 0, "00:00"]);
  assertEquals(vma.pageOffset, 0x10);
});

const brk = (asked: number, result = asked) => call("brk", [asked], { result });

Deno.test("imported brk: the heap begins where the first answer says, and ends where the last does", () => {
  assertEquals(said(brk(0, 0x500000)), []);
  assertEquals(said(brk(0, 0x500000), brk(0x502345)), ["500000-503000 rw-p [heap]"]);
  assertEquals(said(brk(0, 0x500000), brk(0x504000), brk(0x501000)), ["500000-501000 rw-p [heap]"]);
  assertEquals(said(brk(0, 0x500000), brk(0x504000), brk(0x501000), brk(0x502000)), [
    "500000-502000 rw-p [heap]",
  ]);
  assertEquals(said(brk(0, 0x500000), brk(0x504000), brk(0, 0x504000)), [
    "500000-504000 rw-p [heap]",
  ]);
  const { startBrk, brk: end } = after(brk(0, 0x500000), brk(0x502345)).descriptor;
  assertEquals([startBrk, end], [0x500000, 0x502345]);
});

Deno.test("imported brk: a heap that ends below where it was first seen began before", () => {
  const mm = after(brk(0, 0x510000), brk(0x508000));
  assertEquals([lines(mm), mm.descriptor.startBrk, mm.descriptor.brk], [[], 0x508000, 0x508000]);
  assertEquals(said(brk(0, 0x510000), brk(0x508000), brk(0x50a000)), [
    "508000-50a000 rw-p [heap]",
  ]);
  // What was mapped there meanwhile by the text itself goes with the heap.
  assertEquals(said(brk(0, 0x510000), mmap(0x509000, 0x1000), brk(0x508000)), []);
  // Where the model has something in the way, the break is where the text says all the same.
  const blocked = after(brk(0, 0x500000), mmap(0x502000, 0x1000), brk(0x504000));
  assertEquals(blocked.descriptor.brk, 0x504000);
});

function mremap(
  [address, old, length, flags]: readonly [number, number, number, number],
  result: number,
): TraceRecord[] {
  return call("mremap", [address, old, length, flags, 0], { result });
}

const R = { protection: 1 };

Deno.test("imported mremap: shrinks, grows and moves as its result says", () => {
  const from = mmap(0x10000, 0x3000, ANON, R);
  assertEquals(said(from, mremap([0x10000, 0x3000, 0x800, 0], 0x10000)), ["10000-11000 r--p"]);
  assertEquals(said(from, mremap([0x10000, 0x3000, 0x3000, 0], 0x10000)), ["10000-13000 r--p"]);
  assertEquals(said(from, mremap([0x10000, 0x3000, 0x5000, 0], 0x10000)), ["10000-15000 r--p"]);
  assertEquals(said(from, mremap([0x10000, 0x3000, 0x4000, MREMAP_MAYMOVE], 0x40000)), [
    "40000-44000 r--p",
  ]);
  assertEquals(said(from, mremap([0x10000, 0x3000, 0x1000, MREMAP_MAYMOVE], 0x40000)), [
    "40000-41000 r--p",
  ]);
  // A part of it, to the top of what it is.
  assertEquals(said(from, mremap([0x11000, 0x1000, 0x1000, MREMAP_MAYMOVE], 0x40000)), [
    ...["10000-11000 r--p", "12000-13000 r--p", "40000-41000 r--p"],
  ]);
});

Deno.test("imported mremap: what was in the way where it grew, or went, must have gone", () => {
  const from = mmap(0x10000, 0x2000, ANON, R), after = mmap(0x12000, 0x3000);
  assertEquals(said(from, after, mremap([0x10000, 0x2000, 0x4000, 0], 0x10000)), [
    ...["10000-14000 r--p", "14000-15000 rw-p"],
  ]);
  assertEquals(said(from, after, mremap([0x10000, 0x2000, 0x1000, MREMAP_MAYMOVE], 0x13000)), [
    ...["12000-13000 rw-p", "13000-14000 r--p", "14000-15000 rw-p"],
  ]);
  // One that keeps its length leaves its neighbour alone.
  assertEquals(said(from, after, mremap([0x10000, 0x2000, 0x2000, 0], 0x10000)), [
    ...["10000-12000 r--p", "12000-15000 rw-p"],
  ]);
});

Deno.test("imported mremap: MREMAP_DONTUNMAP leaves the old range; flags that do not fit the result are left out", () => {
  const from = mmap(0x10000, 0x2000);
  const keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
  assertEquals(said(from, mremap([0x10000, 0x2000, 0x2000, keep], 0x40000)), [
    ...["10000-12000 rw-p", "40000-42000 rw-p"],
  ]);
  for (const odd of [MREMAP_FIXED | MREMAP_MAYMOVE, keep]) {
    assertEquals(said(from, mremap([0x10000, 0x2000, 0x3000, odd], 0x10000)), [
      "10000-13000 rw-p",
    ]);
  }
});

Deno.test("imported mremap: what it moves was mapped, though no line shows it", () => {
  assertEquals(said(mremap([0x10000, 0x1800, 0x3000, MREMAP_MAYMOVE], 0x40000)), [
    `40000-43000 ${UNKNOWN}`,
  ]);
  const keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
  assertEquals(said(mremap([0x10000, 0x1800, 0x1800, keep], 0x40000)), [
    ...[`10000-12000 ${UNKNOWN}`, `40000-42000 ${UNKNOWN}`],
  ]);
  // Of an old length of nothing, a page of shared memory is doubled, or what is unknown is mapped there too.
  const shared = mmap(0x10000, 0x2000, MAP_SHARED | MAP_ANONYMOUS);
  assertEquals(said(shared, mremap([0x10000, 0, 0x1000, MREMAP_MAYMOVE], 0x40000)), [
    ...["10000-12000 rw-s zero", "40000-41000 rw-s zero"].map((line) =>
      line.replace("zero", "/dev/zero (deleted)")
    ),
  ]);
  assertEquals(said(mremap([0x10000, 0, 0x1000, MREMAP_MAYMOVE], 0x40000)), [
    ...[`10000-11000 ${UNKNOWN}`, `40000-41000 ${UNKNOWN}`],
  ]);
});

Deno.test("imported mremap: what the model would refuse to move is unknown where it went, and gone where it was", () => {
  // Two VMAs grow and move as one: no kernel does that, so the text lacks a call.
  const two = [mmap(0x10000, 0x1000), mmap(0x11000, 0x1000, ANON, R)];
  const beside = mmap(0x20000, 0x1000);
  assertEquals(said(...two, beside, mremap([0x10000, 0x2000, 0x3000, MREMAP_MAYMOVE], 0x40000)), [
    ...["20000-21000 rw-p", `40000-43000 ${UNKNOWN}`],
  ]);
  const keep = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
  assertEquals(said(...two, mremap([0x10000, 0x2000, 0x3000, keep], 0x40000)), [
    ...["10000-11000 rw-p", "11000-12000 r--p", `40000-43000 ${UNKNOWN}`],
  ]);
});

Deno.test("imported shmat: the segment goes where the text says, as long as it is known to be", () => {
  const segment: OpenFile = { ...LIBRARY, kind: "shmem", name: "SYSV0", size: 0x2345 };
  const attach = (flags = 0, file: OpenFile | undefined = segment) =>
    call("shmat", [9, 0, flags], { result: 0x40000, ...(file !== undefined && { file }) });
  const writable: OpenFile = { ...segment, access: "read-write" };
  assertEquals(said(attach(0, writable)), ["40000-43000 rw-s SYSV0"]);
  assertEquals(said(attach(SHM_RDONLY, writable)), ["40000-43000 r--s SYSV0"]);
  assertEquals(said(attach(0x2000, writable)), ["40000-43000 rw-s SYSV0"]);
  assertEquals(said(mmap(0x41000, 0x4000), attach(0, writable)), [
    ...["40000-43000 rw-s SYSV0", "43000-45000 rw-p"],
  ]);
  assertEquals(said(call("shmat", [9, 0, 0], { result: 0x40000 })), [`40000-41000 ${UNKNOWN}`]);
  assertEquals(said(attach(0, { ...segment, size: 0 })), [`40000-41000 ${UNKNOWN}`]);
  assertEquals(said(attach(0, { ...writable, size: 1 })), ["40000-41000 rw-s SYSV0"]);
});

Deno.test("imported calls: what only works on mapped memory shows that it was, and fills only what is not known", () => {
  const R_UNKNOWN = "r--p (not shown)";
  assertEquals(said(call("mprotect", [0x10000, 0x1800, 1])), [`10000-12000 ${R_UNKNOWN}`]);
  const middle = mmap(0x11000, 0x1000);
  assertEquals(said(middle, call("mprotect", [0x10000, 0x4000, 1])), [
    ...[`10000-11000 ${R_UNKNOWN}`, "11000-12000 r--p", `12000-14000 ${R_UNKNOWN}`],
  ]);
  for (const name of ["madvise", "mlock", "mlock2", "msync", "mseal", "pkey_mprotect"]) {
    const args = name === "madvise" ? [MADV.WILLNEED] : [0];
    const mm = after(middle, call(name, [0x10000, 0x3000, ...args]));
    assertEquals([mm.mapCount, mm.findVma(0x10000)?.file?.name], [3, "(not shown)"], name);
  }
  // These say nothing of what was there.
  for (const name of ["munmap", "munlock"]) {
    assertEquals(said(middle, call(name, [0x20000, 0x3000])), ["11000-12000 rw-p"], name);
  }
  assertEquals(said(mmap(0x10000, 0x1000), call("madvise", [0x10000, 0x1000, 4])), [
    "10000-11000 rw-p",
  ]);
});

Deno.test("imported calls: an address that none is, maps nothing", () => {
  const limit = 2 ** 53;
  assertEquals(said(call("mprotect", [-0x1000, 0x1000, 1])), []);
  assertEquals(said(call("mprotect", [limit - 0x1000, 0x2000, 1])), []);
  assertEquals(said(call("mprotect", [0, 0x1000, 1])), ["0-1000 r--p (not shown)"]);
});

Deno.test("imported calls: one that failed, or that sets a limit, does nothing; one that the model refuses neither", () => {
  const mapped = mmap(0x10000, 0x1000);
  const failed = { result: -22, error: "EINVAL" };
  for (const name of ["munmap", "mprotect", "mremap", "brk", "mmap", "shmat"]) {
    const mm = after(mapped, call(name, [0x10000, 0x1000, 1, 0x32, -1, 0], failed));
    assertEquals(lines(mm), ["10000-11000 rw-p"], name);
  }
  const limits = { limits: { addressSpace: 0x1000 } };
  for (const name of ["setrlimit", "prlimit64"]) {
    const mm = after(call(name, [9, 0, 0, 0], limits));
    assertEquals(mm.descriptor.limits.addressSpace, Infinity);
  }
  assertEquals(said(mapped, call("munmap", [0x10800, 0x1000])), ["10000-11000 rw-p"]);
});

Deno.test("imported calls: what no call may throw is not taken for a refusal", () => {
  const { munmap } = AddressSpace.prototype;
  const broken = () => {
    throw new TypeError("broken");
  };
  Object.assign(AddressSpace.prototype, { munmap: broken });
  try {
    assertThrows(() => after(call("munmap", [0, 1])), TypeError);
  } finally {
    Object.assign(AddressSpace.prototype, { munmap });
  }
});

Deno.test("TraceLayouts: of a recorded trace the recorded lines, of a text's those that its calls make", () => {
  const records = mmap(0x10000, 0x2000);
  const recorded = [
    ...start({}, [memory(0x20000)]),
    ...call("mmap", [0, 0x2000, 3, ANON, -1, 0], { result: 0x10000, added: [memory(0x10000, 2)] }),
  ];
  const layouts = (all: TraceRecord[]) => {
    const made = new TraceLayouts();
    for (const record of all) made.apply(record);
    return made;
  };
  const of = (
    all: TraceRecord[],
    pid = PID,
  ) => [layouts(all).of(pid).map(({ start, end }) => [start, end]), layouts(all).count(pid)];
  assertEquals(of(recorded), [[[0x10000, 0x12000], [0x20000, 0x21000]], 2]);
  const text = [...start({ fidelity: "imported" }, [], { brk: 0 }), ...records];
  assertEquals(of(text), [[[0x10000, 0x12000]], 1]);
  assertEquals([of(text, 99), of(recorded, 99)], [[[], 0], [[], 0]]);
  const file = [...text, ...mmap(0x20000, 0x1000, MAP_PRIVATE, { file: LIBRARY })];
  assertEquals(layouts(file).of(PID), [
    {
      ...{ start: 0x10000, end: 0x12000, permissions: "rw-p", offset: 0, device: "00:00" },
      ...{ inode: 0, name: "" },
    },
    {
      ...{ start: 0x20000, end: 0x21000, permissions: "rw-p", offset: 0, device: "fe:00" },
      ...{ inode: 42, name: "lib.so" },
    },
  ]);
  // What the model refuses leaves the layout as it was.
  const overlapping = program([memory(0x20000, 2), memory(0x20000, 2)], { pid: 8 });
  assertEquals(of([...text, overlapping]), [[[0x10000, 0x12000]], 1]);
  assertThrows(() => of([...text, ...call("munmap", [0, 1], {}, { pid: 99 })]), ReplayError);
});
