import { assertEquals } from "@std/assert";
import { olderPlacement } from "../../src/capture/older_placement.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";

//           0x10000000   base 0x20000000   0x30000000
//   (free)  |- library -|  (free, 2 MiB)  |  |- stack -|
const MIB = 1 << 20;
const BASE = 0x20000000;

function vma(start: number, end: number, vmFlags = "rd wr"): MapLine {
  return { ...HEAP, start, end, vmFlags };
}

const MMAP = [0, 2 * MIB, 3, 0x22, -1, 0];

Deno.test("olderPlacement: the highest gap below the base that is long enough", () => {
  const layout = [vma(0x10000000, BASE - 2 * MIB)];
  assertEquals(olderPlacement(layout, BASE, MMAP), BASE - 2 * MIB);
  assertEquals(olderPlacement(layout, BASE, [0, 3 * MIB, 3, 0x22, -1, 0]), 0x10000000 - 3 * MIB);
});

Deno.test("olderPlacement: below a stack the guard gap stays free", () => {
  const layout = [vma(BASE - 8 * MIB, BASE - 4 * MIB, "rd wr gd"), vma(BASE - 4 * MIB, BASE)];
  assertEquals(olderPlacement(layout, BASE, MMAP), BASE - 8 * MIB - MIB - 2 * MIB);
});

Deno.test("olderPlacement: what both kernels place alike is left alone", () => {
  for (
    const args of [
      [0, 2 * MIB - 4096, 3, 0x22, -1, 0], // too short to be aligned
      [0x7000000, 2 * MIB, 3, 0x22, -1, 0], // a hint of its own
      [0, 2 * MIB, 3, 0x32, -1, 0], // MAP_FIXED
      [0, 2 * MIB, 3, 0x02, -1, 0], // a file
      [0, 2 * MIB, 3, 0x21, -1, 0], // shared
    ]
  ) assertEquals(olderPlacement([], BASE, args), undefined);
});

Deno.test("olderPlacement: page 0 is nobody's, and where nothing is free the kernel says so itself", () => {
  assertEquals(olderPlacement([], 2 * MIB + 4096, MMAP), 4096);
  assertEquals(olderPlacement([], 2 * MIB, MMAP), undefined);
  assertEquals(olderPlacement([vma(MIB, BASE)], BASE, MMAP), undefined);
});

Deno.test("olderPlacement: a length is rounded up to pages", () => {
  assertEquals(olderPlacement([], BASE, [0, 2 * MIB + 1, 3, 0x22, -1, 0]), BASE - 2 * MIB - 4096);
});
