/**
 * msync: which ranges and flags are refused.
 */
import { MS_ASYNC, MS_INVALIDATE, MS_SYNC } from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { MmError } from "../../../src/mm/error.ts";
import { assertFails, map, open, space } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

Deno.test("msync: a length near the last address wraps, but what rounds to nothing is nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  assertFails("ENOMEM", () => mm.msync(0x2000, ADDRESS_LIMIT - PAGE, MS_SYNC));
  mm.msync(0x2000, ADDRESS_LIMIT - 1, MS_SYNC);
});

//   |-- rw --|  hole  |-- rw, locked --|        the range ends where the locked VMA begins
Deno.test("msync: a locked VMA behind the range is not met, nor is one without MS_INVALIDATE", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mlock(0x3000, PAGE);
  for (const flags of [0, MS_SYNC, MS_ASYNC, MS_INVALIDATE]) {
    assertFails("ENOMEM", () => mm.msync(0x1000, 2 * PAGE, flags));
  }
  for (const flags of [0, MS_SYNC, MS_ASYNC]) mm.msync(0x3000, PAGE, flags);
  assertFails("EBUSY", () => mm.msync(0x3000, PAGE, MS_INVALIDATE));
});

Deno.test("msync: where nothing is mapped any more is a hole for every kind of call", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  for (const flags of [0, MS_SYNC, MS_ASYNC, MS_INVALIDATE]) {
    assertFails("ENOMEM", () => mm.msync(0x1000, 2 * PAGE, flags));
  }
});

// MS_ASYNC alone has nothing to do, so it gives up at the first hole; the others look at all the rest.
Deno.test("msync: a locked VMA behind a hole is met by all but MS_ASYNC", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  mm.mlock(0x3000, 0x1000);
  const code = (flags: number) => assertThrows(() => mm.msync(0x1000, 0x3000, flags), MmError).code;
  assertEquals(code(MS_ASYNC), "ENOMEM");
  assertEquals(code(MS_INVALIDATE), "EBUSY");
  assertEquals(code(MS_INVALIDATE | MS_ASYNC), "EBUSY");
  mm.msync(0x1000, 0x1000, MS_INVALIDATE);
});

// Seen on 7.3: a range over all of the address space meets the ring of io_setup, after a hole that only it would fail
// by.
Deno.test("msync: shared memory of a file that cannot be written back refuses MS_SYNC at once, and only that", () => {
  const mm = space();
  const file = { ...open(), unsynced: true };
  mm.mmap({ address: 0x3000, length: PAGE, protection: 3, flags: 0x11, file });
  mm.mmap({ address: 0x5000, length: PAGE, protection: 3, flags: 0x12, file });
  assertFails("EINVAL", () => mm.msync(0x1000, 8 * PAGE, MS_SYNC));
  assertFails("EINVAL", () => mm.msync(0x3000, PAGE, MS_SYNC | MS_INVALIDATE));
  assertFails("ENOMEM", () => mm.msync(0x1000, 8 * PAGE, MS_INVALIDATE));
  mm.msync(0x3000, PAGE, MS_ASYNC);
  mm.msync(0x5000, PAGE, MS_SYNC);
});
