/** What the naive memory is told of each call, from the call alone. */

import { assertEquals } from "@std/assert";
import { MADV, MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../src/abi/mman.ts";
import { mirror } from "../../src/load/mirror.ts";
import { PrivateStamps } from "../../src/load/stamps.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import type { CallStep } from "../../src/replay/step.ts";
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
}

function after({ call, args, result = 0, error, more, source = [] }: Called, pages = 9): string {
  const enter: EnterRecord = { type: "enter", pid: PID, call, args, ...more };
  const record: LeaveRecord = {
    ...{ type: "leave", pid: PID, call, result, removed: [], added: [] },
    ...(error !== undefined && { error }),
  };
  const step: CallStep = { type: "call", pid: PID, enter, record, ...NOT_MODELLED };
  const mapped = source.map(([first, end]) => ({ start: first * PAGE, end: end * PAGE }));
  const stamps = written();
  mirror(stamps, step, { brk: 0, totalPages: 0, source: mapped }, new AddressSpace());
  return shown(stamps, pages);
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
