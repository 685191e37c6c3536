/**
 * process_madvise: advice about several ranges at once.
 */
import { assertEquals } from "@std/assert";
import { MADV } from "../../../src/abi/mman.ts";
import { VM_RAND_READ } from "../../../src/mm/vm_flags.ts";
import { map, space } from "../scene.ts";

Deno.test("processMadvise: every range heeds the advice, and the bytes of all are counted", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  const ranges = [{ address: 0x11000, length: 0x1000 }, { address: 0x14000, length: 0x1001 }];
  assertEquals(mm.processMadvise(ranges, MADV.RANDOM), 0x2001);
  assertEquals(mm.mapCount, 5);
  assertEquals(mm.findVma(0x15000)!.flags & VM_RAND_READ, VM_RAND_READ);
});

Deno.test("processMadvise: what lies before the range that is refused is told, and stays", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  const hole = { address: 0x90000, length: 0x1000 };
  const ranges = [{ address: 0x11000, length: 0x2000 }, hole, { address: 0x15000, length: 0x1000 }];
  assertEquals(mm.processMadvise(ranges, MADV.RANDOM), 0x2000);
  assertEquals(mm.mapCount, 3);
});

Deno.test("processMadvise: nothing at all is never refused, not even with an unknown advice", () => {
  const mm = space();
  assertEquals(mm.processMadvise([], 99), 0);
  assertEquals(mm.processMadvise([{ address: 0x90000, length: 0 }], 99), 0);
});

Deno.test("processMadvise: what lies beyond 2 GiB in all is passed over", () => {
  const mm = space();
  map(mm, 0x10000, 0x10000 + 0x8000_0000);
  const ranges = [{ address: 0x10000, length: 0x7fff_e000 }, {
    address: 0x8000_e000,
    length: 0x2000,
  }];
  assertEquals(mm.processMadvise(ranges, MADV.DONTDUMP), 0x7fff_f000);
  assertEquals(mm.findVma(0x8000_e000)!.end, 0x8000_f000);
});
