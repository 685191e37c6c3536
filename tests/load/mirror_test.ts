/** What the naive memory is told of each call, from the call alone. */

import { assertEquals } from "@std/assert";
import { MADV, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../src/abi/mman.ts";
import type { LifeStep } from "../../src/load/lives.ts";
import { lookBefore, mirror, mirrorRefused } from "../../src/load/mirror.ts";
import { PrivateStamps } from "../../src/load/stamps.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { PhysicalMemory } from "../../src/mm/pages/physical_memory.ts";
import { evict } from "../../src/mm/pages/reclaim.ts";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import { present } from "../present.ts";
import type { CallStep, Step } from "../../src/replay/step.ts";
import type { EnterRecord, LeaveRecord } from "../../src/trace/format.ts";

const PAGE = 4096, PID = 7;

const NOT_MODELLED = { action: undefined, unmodelled: undefined } as const;

/** Page 1 holds 1, and so on up to page 9. */
function written(): PrivateStamps {
  const stamps = new PrivateStamps();
  for (let page = 1; page <= 9; page++) stamps.set(page * PAGE, page);
  return stamps;
}

/** What pages hold, as one text: the digits of what was written, a dot for nothing, from page 1 on. */
function shown(stamps: PrivateStamps, pages = 9): string {
  return Array.from({ length: pages }, (_, i) => stamps.get((i + 1) * PAGE) ?? ".").join("");
}

interface Called {
  readonly call: string;
  readonly args: readonly number[];
  readonly result?: number;
  readonly error?: string;
  readonly more?: Partial<EnterRecord>;
  /** What was mapped of the range that is moved: first page and the one after the last. */
  readonly source?: readonly (readonly [first: number, end: number])[];
  /** The address space after it; empty unless given. */
  readonly space?: AddressSpace;
}

function stepOf({ call, args, result = 0, error, more }: Called): CallStep {
  const enter: EnterRecord = { type: "enter", pid: PID, call, args, ...more };
  const record: LeaveRecord = {
    ...{ type: "leave", pid: PID, call, result, removed: [], added: [] },
    ...(error !== undefined && { error }),
  };
  return { type: "call", pid: PID, enter, record, ...NOT_MODELLED };
}

function after(called: Called, pages = 9): string {
  const { source = [], space = new AddressSpace() } = called;
  const mapped = source.map(([first, end]) => ({ start: first * PAGE, end: end * PAGE }));
  const stamps = written();
  mirror(stamps, stepOf(called), { brk: 0, totalPages: 0, source: mapped }, space);
  return shown(stamps, pages);
}

/** An address space in which such pages are mapped, each range as a VMA of its own. */
function spaceWith(
  ranges: readonly (readonly [first: number, end: number])[],
  { version, memory }: { readonly version?: string; readonly memory?: PhysicalMemory } = {},
): AddressSpace {
  const space = new AddressSpace({
    ...(version !== undefined && { rules: kernelRules(version) }),
    ...(memory !== undefined && { memory }),
  });
  for (const [at, [first, end]] of ranges.entries()) {
    const protection = at % 2 ? 7 : 3; // so that neighbours do not merge
    const [address, length] = [first * PAGE, (end - first) * PAGE];
    space.mmap({ address, length, protection, flags: 0x32 });
  }
  return space;
}

Deno.test("mirror: advice that gives pages up, whole pages, and other advice", () => {
  const advised = (advice: number, error?: string) =>
    after({ call: "madvise", args: [3 * PAGE, PAGE + 1, advice], ...error && { error } });
  for (
    const advice of [
      MADV.DONTNEED,
      MADV.DONTNEED_LOCKED,
      MADV.FREE,
      MADV.REMOVE,
      MADV.GUARD_INSTALL,
    ]
  ) {
    assertEquals(advised(advice), "12..56789");
  }
  assertEquals(advised(MADV.DONTDUMP), "123456789");
  assertEquals(advised(MADV.DONTNEED, "ENOMEM"), "12..56789"); // there was a hole; the rest is done
  assertEquals(advised(MADV.DONTNEED, "EINVAL"), "123456789");
});

Deno.test("mirror: several ranges are advised on as far as the call says, its own alone", () => {
  const ranges = [1, 4, 7].map((page) => ({ address: page * PAGE, length: 2 * PAGE }));
  const advised = (result: number, error?: string, process = PID, advice: number = MADV.DONTNEED) =>
    after({
      call: "process_madvise",
      args: [0, 0, 3, advice, 0],
      result,
      ...(error !== undefined && { error }),
      more: { ranges, process },
    });
  assertEquals(advised(6 * PAGE), "..3..6..9");
  assertEquals(advised(4 * PAGE), "..3..6789");
  assertEquals(advised(2 * PAGE), "..3456789");
  assertEquals(advised(0), "123456789");
  assertEquals(advised(0, "ENOMEM"), "..3456789"); // the first one met a hole
  assertEquals(advised(0, "EPERM"), "123456789");
  assertEquals(advised(6 * PAGE, undefined, 8), "123456789");
  const bytes = ranges.map(({ address }) => ({ address, length: 1 }));
  const call = { call: "process_madvise", args: [0, 0, 3, MADV.DONTNEED, 0] };
  const more = { ranges: bytes, process: PID };
  assertEquals(after({ ...call, error: "ENOMEM", more }), ".23456789");
  assertEquals(advised(6 * PAGE, undefined, PID, MADV.DONTDUMP), "123456789");
});

Deno.test("mirror: a new mapping holds nothing, one that was refused leaves what is there", () => {
  const args = [0, 2 * PAGE - 1, 3, 0x22, -1, 0];
  assertEquals(after({ call: "mmap", args, result: 4 * PAGE }), "123..6789");
  assertEquals(after({ call: "mmap", args, result: 4 * PAGE, error: "ENOMEM" }), "123456789");
  assertEquals(after({ call: "mprotect", args: [PAGE, PAGE, 1], result: PAGE }), "123456789");
});

Deno.test("mirror: mremap that shrinks, grows in its place, grows elsewhere", () => {
  const remap = (length: number, newLength: number, flags: number, result: number) =>
    after({
      call: "mremap",
      args: [2 * PAGE, length * PAGE, newLength * PAGE - 7, flags, result],
      result,
      source: [[2, 2 + length]],
    }, 14);
  assertEquals(remap(4, 2, 0, 2 * PAGE), "123..6789.....");
  assertEquals(remap(2, 4, 0, 2 * PAGE), "123..6789.....");
  assertEquals(remap(3, 3, 0, 2 * PAGE), "123456789.....");
  assertEquals(remap(2, 3, MREMAP_MAYMOVE, 10 * PAGE), "1..45678923...");
  assertEquals(remap(3, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 10 * PAGE), "1...5678923...");
  assertEquals(remap(2, 3, MREMAP_MAYMOVE | MREMAP_FIXED, 6 * PAGE), "1..4523.9.....");
  assertEquals(remap(3, 2, MREMAP_MAYMOVE | MREMAP_FIXED, 6 * PAGE), "1...52389.....");
});

Deno.test("mirror: mremap of length 0 shows shared memory once more, over what was there", () => {
  const args = [2 * PAGE, 0, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 6 * PAGE];
  assertEquals(after({ call: "mremap", args, result: 6 * PAGE }), "12345..89");
});

//   |2|3| hole |6|   to 11: what lies at 13, the hole's place, stays
Deno.test("mirror: of several VMAs each moves by itself, what is left behind holds nothing", () => {
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  const args = [2 * PAGE, 5 * PAGE, 5 * PAGE, flags, 11 * PAGE];
  const source = [[2, 4], [6, 7]] as const;
  const moved = after({ call: "mremap", args, result: 11 * PAGE, source }, 16);
  assertEquals(moved, "1..45.789.23..6.");
  const kept = args.with(3, flags | MREMAP_DONTUNMAP);
  assertEquals(after({ call: "mremap", args: kept, result: 11 * PAGE, source }, 16), moved);
  const inPlace = [2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0];
  assertEquals(
    after({ call: "mremap", args: inPlace, result: 12 * PAGE, source: [[2, 3]] }, 13),
    "1.3456789..2.",
  );
});

Deno.test("mirror: of an mremap to a place that was refused, what is not mapped any more is forgotten", () => {
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  const refused = (given: number) =>
    after({
      call: "mremap",
      args: [2 * PAGE, 2 * PAGE, 2 * PAGE, given, 6 * PAGE],
      error: "EFAULT",
      source: [[2, 4]],
    });
  assertEquals(refused(flags), "1..45..89"); // in the space of this test nothing is mapped at all
  assertEquals(refused(MREMAP_MAYMOVE), "123456789");
});

Deno.test("lookBefore: what is mapped of the range that mremap moves, and nothing of other calls", () => {
  const space = spaceWith([[1, 3], [3, 4], [6, 9], [12, 13]]);
  const source = (call: string, args: readonly number[]) =>
    lookBefore(space, stepOf({ call, args })).source
      .map(({ start, end }) => [start / PAGE, end / PAGE]);
  assertEquals(source("mremap", [2 * PAGE, 6 * PAGE - 1]), [[2, 3], [3, 4], [6, 8]]);
  assertEquals(source("mremap", [2 * PAGE, 4 * PAGE]), [[2, 3], [3, 4]]); // up to where a VMA begins
  assertEquals(source("mremap", [4 * PAGE, 2 * PAGE]), []);
  assertEquals(source("munmap", [2 * PAGE, 6 * PAGE]), []);
  const exit: Step = { type: "exit", pid: PID, record: { type: "exit", pid: PID, status: 0 } };
  assertEquals(lookBefore(space, exit), {
    ...{ brk: space.descriptor.brk, totalPages: space.descriptor.totalPages, source: [] },
  });
});

Deno.test("mirror: a segment that is attached holds nothing of what was there; other calls leave it", () => {
  const space = spaceWith([[3, 6]]);
  const called = { args: [5, 3 * PAGE, 0], result: 3 * PAGE, space };
  assertEquals(after({ call: "shmat", ...called }), "12...6789");
  assertEquals(after({ call: "shmdt", ...called }), "123456789");
  assertEquals(after({ call: "shmat", ...called, error: "EINVAL" }), "123456789");
});

/** What is held after memory was refused to a call, where pages 1 and 4 to 6 are mapped still. */
function refused(
  called: Called,
  { version, unmapped = [], added = [] }: {
    readonly version?: string;
    readonly unmapped?: readonly (readonly [first: number, end: number])[];
    readonly added?: readonly (readonly [first: number, end: number])[];
  } = {},
): string {
  const bytes = ([first, end]: readonly [number, number]) => {
    return { start: first * PAGE, end: end * PAGE };
  };
  const space = spaceWith([[1, 2], [4, 7]], version === undefined ? {} : { version });
  const { record, ...step } = stepOf(called);
  const lines = added.map((range) => ({
    ...bytes(range),
    ...{ permissions: "rw-p", offset: 0, device: "00:00", inode: 0, name: "" },
  }));
  const next: LifeStep = {
    step: { ...step, record: { ...record, added: lines } },
    unmapped: unmapped.map(bytes),
    ...{ growth: 0, begins: undefined },
  };
  const stamps = written();
  mirrorRefused({ next, space, stamps });
  return shown(stamps);
}

Deno.test("mirrorRefused: mremap has unmapped its target already, as far as it is not mapped now", () => {
  const args = [2 * PAGE, PAGE, 3 * PAGE - 1, MREMAP_MAYMOVE | MREMAP_FIXED, 6 * PAGE];
  const error = "ENOMEM";
  assertEquals(refused({ call: "mremap", args, error }), "123456..9");
  assertEquals(refused({ call: "mremap", args: args.with(3, MREMAP_MAYMOVE), error }), "123456789");
  assertEquals(refused({ call: "mremap", args, error }, { unmapped: [[2, 5]] }), "1..456..9");
  assertEquals(
    refused({ call: "mremap", args: args.with(3, 0), result: PAGE }, { added: [[1, 4]] }),
    "1..456789",
  );
});

Deno.test("mirrorRefused: mmap and shmat have unmapped what they replace before 6.12, nothing since", () => {
  const mmap = {
    call: "mmap",
    args: [0, 3 * PAGE - 1, 0, MREMAP_FIXED, 8 * PAGE],
    result: 2 * PAGE,
  };
  const shmat = { ...mmap, call: "shmat" };
  const lists = { unmapped: [[8, 9]], added: [[6, 8]] } as const;
  const before = { version: "6.11", ...lists };
  assertEquals(refused(mmap, before), "1..4567.9");
  assertEquals(refused({ ...mmap, error: "ENOMEM" }, before), "1234567.9");
  assertEquals(refused(shmat, before), "123456..9");
  assertEquals(refused({ ...shmat, error: "ENOMEM" }, before), "1234567.9");
  assertEquals(refused({ ...mmap, call: "munmap" }, before), "123456789");
  for (const call of [mmap, shmat]) {
    assertEquals(refused(call, { version: "6.12", ...lists }), "123456789");
  }
});

Deno.test("mirrorRefused: of a life at its end, and of a step that is no call, nothing is told", () => {
  const space = new AddressSpace();
  const exit: Step = { type: "exit", pid: PID, record: { type: "exit", pid: PID, status: 0 } };
  const unmapped = [{ start: PAGE, end: 9 * PAGE }];
  for (const next of [undefined, { step: exit, unmapped, growth: 0, begins: undefined }]) {
    const stamps = written();
    mirrorRefused({ next, space, stamps });
    assertEquals(shown(stamps), "123456789");
  }
});

//   |2|3| moves to 6; pages 2, 3, 6 and 7 show what the address space holds, whatever it was
Deno.test("mirror: of an mremap to a place that was refused, what is still shown somewhere is kept", () => {
  const memory = new PhysicalMemory({ pages: 100, swapSlots: 10, hugePages: "never" });
  const space = spaceWith([[2, 3], [6, 9]], { memory });
  for (const page of [2, 6, 8]) space.amendPage(page * PAGE, 1);
  const held = (page: number) => space.readPage(page * PAGE);
  const expected = [2, 6, 8].map(held);
  const entry = present(space.entry(6 * PAGE));
  if (entry.kind !== "present") throw new TypeError("it is in memory");
  assertEquals([evict(memory, entry.page), space.entry(6 * PAGE)?.kind], [true, "swap"]);
  const stamps = written();
  const args = [2 * PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 6 * PAGE];
  const step = stepOf({ call: "mremap", args, error: "EFAULT" });
  mirror(stamps, step, { brk: 0, totalPages: 0, source: [] }, space);
  const kept = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((page) => stamps.get(page * PAGE));
  const [second, sixth, eighth] = expected;
  assertEquals(kept, [1, second, undefined, 4, 5, sixth, undefined, eighth, 9]);
});

Deno.test("mirror: a page that was moved before the refusal is known at its target, a file's page is not", () => {
  const memory = new PhysicalMemory({ pages: 100, swapSlots: 10, hugePages: "never" });
  const space = spaceWith([[12, 14]], { memory });
  for (const page of [12, 13]) space.amendPage(page * PAGE, 1);
  const file = { name: "data", device: "fe:00", inode: 7 } as const;
  const rights = { readable: true, writable: true, hugeAligned: false } as const;
  space.mmap({
    ...{ address: 2 * PAGE, length: 2 * PAGE, protection: 3, flags: 0x12 },
    file: { ...file, ...rights },
  });
  space.readPage(3 * PAGE);
  const stamps = written();
  const args = [2 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 12 * PAGE];
  const step = stepOf({ call: "mremap", args, error: "EFAULT" });
  mirror(stamps, step, { brk: 0, totalPages: 0, source: [] }, space);
  const kept = [1, 2, 3, 4, 12, 13].map((page) => stamps.get(page * PAGE));
  assertEquals(kept, [
    1,
    undefined,
    undefined,
    4,
    ...[12, 13].map((page) => space.readPage(page * PAGE)),
  ]);
});
