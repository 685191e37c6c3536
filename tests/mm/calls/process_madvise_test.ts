/**
 * process_madvise: advice about several ranges at once.
 */
import { assertEquals } from "@std/assert";
import { MADV } from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { kernelRules } from "../../../src/mm/rules/kernel_rules.ts";
import { VM_RAND_READ } from "../../../src/mm/vm_flags.ts";
import { assertFails, map, space } from "../scene.ts";

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

Deno.test("processMadvise: from 7.2 on an unknown advice is refused even where there is nothing to advise on", () => {
  const mm = space({ rules: kernelRules("7.2") });
  assertFails("EINVAL", () => mm.processMadvise([], 99));
  assertFails("EINVAL", () => mm.processMadvise([{ address: 0x90000, length: 0 }], 99));
  assertEquals(mm.processMadvise([{ address: 0x90000, length: 0 }], MADV.RANDOM), 0);
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

Deno.test("processMadvise: a length is at most half of all numbers, and a single range is cut before its end is looked at", () => {
  const mm = space({ taskSize: 0x1_0000_0000, mmapBase: 0x1_0000_0000 });
  map(mm, 0x10000, 0x10000 + 0x8000_0000);
  const advise = (...ranges: { address: number; length: number }[]) =>
    mm.processMadvise(ranges, MADV.DONTDUMP);
  const first = { address: 0x10000, length: 0x1000 };
  assertFails(
    "EINVAL",
    () => advise(first, { address: 0x20000, length: ADDRESS_LIMIT / 2 + 0x1000 }),
  );
  assertEquals(advise({ address: 0x10000, length: 0x1_0000_0000 }), 0x7fff_f000);
  assertFails("EFAULT", () => advise(first, { address: 0x10000, length: 0x1_0000_0000 }));
  assertFails("EFAULT", () => advise({ address: 0xffff_f000, length: 0x2000 }));
  assertEquals(advise(first, { address: 0x1_0000_0000, length: 0 }), 0x1000);
});

Deno.test("processMadvise: 1024 ranges are taken, one more is not", () => {
  const mm = space();
  map(mm, 0x10000, 0x11000);
  const ranges = (count: number) =>
    Array.from({ length: count }, () => ({ address: 0x10000, length: 1 }));
  assertEquals(mm.processMadvise(ranges(1024), MADV.DONTDUMP), 1024);
  assertFails("EINVAL", () => mm.processMadvise(ranges(1025), MADV.DONTDUMP));
});

Deno.test("processMadvise: flags are refused, unless they are 0", () => {
  const mm = space();
  map(mm, 0x10000, 0x11000);
  for (const flags of [1, 2]) {
    assertFails(
      "EINVAL",
      () => mm.processMadvise([{ address: 0x10000, length: 1 }], MADV.DONTDUMP, flags),
    );
  }
});

Deno.test("processMadvise: the list is read before the advice is looked at, where a kernel takes only some", () => {
  const mm = space({ rules: kernelRules("6.1") });
  const beyond = { address: mm.descriptor.taskSize, length: 0x1000 };
  assertFails("EFAULT", () => mm.processMadvise([beyond], MADV.RANDOM));
  assertFails("EINVAL", () => mm.processMadvise([{ address: 0, length: 0x1000 }], MADV.RANDOM));
  assertFails("EINVAL", () => mm.processMadvise(Array(1025).fill(beyond), MADV.WILLNEED));
});
