/** Five page-table levels, as far as a trace can hold their addresses: what lies above the window of four. */
import { assertEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { TASK_SIZE_FIVE_LEVELS, TASK_SIZE_X86_64 } from "../../../src/mm/rlimit.ts";
import { FIXED, RW, space } from "../scene.ts";

const WINDOW = TASK_SIZE_X86_64;
const FLAGS = MAP_PRIVATE | MAP_ANONYMOUS;

function fiveLevels(mmapBase = WINDOW): AddressSpace {
  return space({ taskSize: TASK_SIZE_FIVE_LEVELS, mapWindow: WINDOW, mmapBase });
}

function place(mm: AddressSpace, address: number, length: number): number {
  return mm.mmap({ address, length, protection: RW, flags: FLAGS });
}

Deno.test("five levels: without a hint, and below the window, all is as with four", () => {
  const [mm, four] = [fiveLevels(), space({ taskSize: WINDOW, mmapBase: WINDOW })];
  for (
    const [hint, length] of [[0, 0x3000], [0x50000, 0x1000], [WINDOW - 0x9000, 0x2000]] as const
  ) {
    assertEquals(place(mm, hint, length), place(four, hint, length));
  }
});

//        … | 1 page | window's end | 1 page | …
//             |<- 2 pages: not taken ->|
Deno.test("five levels: a hint above the window is taken, one that crosses its end is not", () => {
  const mm = fiveLevels(WINDOW - 0x10000);
  assertEquals(place(mm, WINDOW + 0x1000, 0x2000), WINDOW + 0x1000);
  assertEquals(place(mm, WINDOW - 0x1000, 0x2000), WINDOW - 0x12000);
  assertEquals(place(mm, WINDOW - 0x1000, 0x1000), WINDOW - 0x1000);
});

Deno.test("five levels: MAP_FIXED may cross the window's end, and other calls reach above it", () => {
  const mm = fiveLevels();
  const request = { address: WINDOW - 0x1000, length: 0x3000, protection: RW, flags: FIXED };
  assertEquals(mm.mmap(request), WINDOW - 0x1000);
  mm.mprotect(WINDOW, 0x1000, 0);
  assertEquals(mm.mapCount, 3);
  mm.munmap(WINDOW, 0x2000);
  assertEquals(mm.mapCount, 1);
  mm.validate();
});

Deno.test("five levels: what the kernel would place beyond 2^52 is refused", () => {
  const mm = fiveLevels();
  const hint = WINDOW + 0x10000;
  place(mm, hint, 0x1000);
  const error = assertThrows(() => place(mm, hint, 0x1000), MmError);
  assertEquals(error.code, "ENOMEM");
});

Deno.test("four levels: a hint beyond all that there is counts as none", () => {
  const mm = space({ taskSize: WINDOW, mmapBase: WINDOW });
  assertEquals(place(mm, 0x10_0000_0000_0000, 0x1000), WINDOW - 0x1000);
  assertEquals(place(mm, Number.MAX_SAFE_INTEGER - 0xfff, 0x2000), WINDOW - 0x3000);
});

Deno.test("mprotect: a machine without protection keys refuses them", () => {
  const mm = space({ protectionKeys: false });
  mm.mmap({ address: 0x10000, length: 0x1000, protection: RW, flags: FIXED });
  mm.mprotect(0x10000, 0x1000, 1, -1);
  const error = assertThrows(() => mm.mprotect(0x10000, 0x1000, 1, 0), MmError);
  assertEquals(error.code, "EINVAL");
});
