/**
 * MAP_HUGETLB: sizes, alignment, reservations from the pool, and what is left where there are too few pages.
 */
import { assertEquals } from "@std/assert";
import { MADV } from "../../../src/abi/mman.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { HugePagePool } from "../../../src/mm/vma/huge_pool.ts";
import { assertFails, layoutOf, map, RW, space } from "../scene.ts";

const MIB = 0x10_0000;
const BASE = 0x2000_0000_0000;
const HUGE = 0x40022, NORESERVE = 0x4000, FIXED = 0x10;

function request(flags: number, length = 2 * MIB, address = 0) {
  return { address, length, protection: RW, flags };
}

//   |---- rw, 8 MiB ----|       MAP_FIXED of huge pages in its middle, where the pool is empty
Deno.test("mmap: without free huge pages it is ENOMEM, by then after what was there is gone", () => {
  const mm = space();
  map(mm, BASE, BASE + 8 * MIB);
  assertFails("ENOMEM", () => mm.mmap(request(HUGE | FIXED, 2 * MIB, BASE + 2 * MIB)));
  assertEquals(layoutOf(mm).map((line) => line.split(" ")[0]), [
    "200000000000-200000200000",
    "200000400000-200000800000",
  ]);
  mm.validate();
});

Deno.test("mmap: huge pages on no border of one, growing down, of no kind or of no size are EINVAL", () => {
  const mm = space({ hugePool: new HugePagePool(8) });
  assertFails("EINVAL", () => mm.mmap(request(HUGE | FIXED, 2 * MIB, BASE + 0x1000)));
  assertFails("EINVAL", () => mm.mmap(request(HUGE | 0x100)));
  assertFails("EINVAL", () => mm.mmap(request(0x40020)));
  assertFails("EINVAL", () => mm.mmap(request(HUGE | (22 << 26))));
  assertFails("ENOMEM", () => mm.mmap(request(HUGE | (30 << 26)))); // gigantic ones have no pool
  assertEquals(mm.mapCount, 0);
});

Deno.test("mmap: huge pages are reserved, given back when unmapped, and never merge", () => {
  const hugePool = new HugePagePool(3);
  const mm = space({ hugePool });
  const first = mm.mmap(request(HUGE, 0x1000)); // rounded up to one
  const second = mm.mmap(request(HUGE, 4 * MIB));
  assertEquals([hugePool.free, first % (2 * MIB), second % (2 * MIB)], [0, 0, 0]);
  assertFails("ENOMEM", () => mm.mmap(request(HUGE)));
  assertEquals(mm.mapCount, 2);
  assertEquals(formatVmFlags(mm.findVma(first)!.flags), "rd wr mr mw me de ht");
  mm.munmap(second + 2 * MIB, 2 * MIB);
  assertEquals(hugePool.free, 1);
  assertFails("EINVAL", () => mm.munmap(second, 0x1000)); // not in part of one
  assertFails("EINVAL", () => mm.mprotect(second, 0x1000, 1));
  mm.exit();
  assertEquals(hugePool.free, 3);
});

Deno.test("mmap: with MAP_NORESERVE huge pages are mapped from an empty pool, at a hint's next border", () => {
  const mm = space();
  assertEquals(mm.mmap(request(HUGE | NORESERVE, 2 * MIB, BASE + 0x1000)), BASE + 2 * MIB);
  assertEquals(mm.mmap(request(HUGE | NORESERVE)) % (2 * MIB), 0);
  mm.validate();
});

// Linux 6.18 was asked: an offset counts though there is no file that the program opened.
Deno.test("mmap: huge pages keep their offset, which must be whole huge pages and not pass what a file can have", () => {
  const mm = space();
  const at = (offset: number) => mm.mmap({ ...request(HUGE | NORESERVE), offset });
  assertFails("EINVAL", () => at(0x1000));
  assertFails("EOVERFLOW", () => at(2 ** 53 - 2 * MIB));
  assertEquals(mm.findVma(at(4 * MIB))!.pageOffset, 4 * MIB / 0x1000);
  assertEquals(mm.mapCount, 1);
});

Deno.test("mmap: huge pages of a size that is named, in the pool and beyond it", () => {
  const mm = space({ hugePool: new HugePagePool(1) });
  const named = (logarithm: number) => HUGE | (logarithm << 26);
  assertEquals(mm.mmap(request(named(21))) % (2 * MIB), 0);
  assertEquals(mm.mmap(request(named(30) | NORESERVE)) % (1024 * MIB), 0);
  for (const logarithm of [1, 20, 22, 29, 31]) {
    assertFails("EINVAL", () => mm.mmap(request(named(logarithm) | NORESERVE)));
  }
});

// Linux 6.18 was asked: MAP_SHARED_VALIDATE knows the sizes, and MAP_SYNC is not for them.
Deno.test("mmap: huge pages may be shared and written to, and are no persistent memory", () => {
  const mm = space();
  const validated = (flags: number) => mm.mmap(request(0x4_4023 | flags));
  for (const flags of [0, 21 << 26, 30 << 26]) {
    assertEquals(
      formatVmFlags(mm.findVma(validated(flags))!.flags),
      "rd wr sh mr mw me ms de nr ht",
    );
  }
  for (const flags of [0x8_0000, 0x8_0000 | 21 << 26]) {
    assertFails("EOPNOTSUPP", () => validated(flags));
  }
});

Deno.test("mmap: what was not reserved is not given back; what two processes share is, once", () => {
  const hugePool = new HugePagePool(1);
  const mm = space({ hugePool });
  const address = mm.mmap(request(HUGE | NORESERVE));
  mm.munmap(address, 2 * MIB);
  assertEquals(hugePool.free, 1);
  mm.mmap(request(HUGE));
  const child = mm.fork();
  assertEquals(hugePool.free, 0);
  mm.exit();
  child.exit();
  assertEquals(hugePool.free, 1);
});

//      |- rw -|====== huge ======|- rw -|
//      |------------ unmap -------------|     neither end lies in a huge page
Deno.test("munmap: huge pages go as a whole, with what lies around them", () => {
  const mm = space();
  map(mm, BASE - 0x2000, BASE);
  mm.mmap(request(HUGE | NORESERVE | FIXED, 2 * MIB, BASE));
  map(mm, BASE + 2 * MIB, BASE + 2 * MIB + 0x2000);
  mm.munmap(BASE - 0x1000, 2 * MIB + 0x2000);
  assertEquals(
    layoutOf(mm).map((line) => line.split(" ")[0]),
    [
      "1ffffffff000-200000000000",
      "200000201000-200000202000",
    ].map((range) => range.replace("1ffffffff000-200000000000", "1fffffffe000-1ffffffff000")),
  );
  mm.validate();
});

Deno.test("mlock, MADV_POPULATE_WRITE: huge pages that were not reserved cannot be had from an empty pool", () => {
  for (const [pages, fails] of [[0, true], [1, false]] as const) {
    const mm = space({ hugePool: new HugePagePool(pages) });
    const address = mm.mmap(request(HUGE | NORESERVE));
    if (fails) {
      assertFails("ENOMEM", () => mm.mlock(address, 2 * MIB));
      assertFails("EFAULT", () => mm.madvise(address, 2 * MIB, MADV.POPULATE_WRITE));
    } else {
      mm.mlock(address, 2 * MIB);
      mm.madvise(address, 2 * MIB, MADV.POPULATE_WRITE);
    }
  }
});
