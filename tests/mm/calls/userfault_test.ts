/**
 * userfaultfd: which VMAs are cut, kept apart and joined by what a descriptor serves.
 */
import { assertEquals, assertThrows } from "@std/assert";
import { MREMAP_FIXED, MREMAP_MAYMOVE } from "../../../src/abi/mman.ts";
import { MmError } from "../../../src/mm/error.ts";
import { map, space } from "../scene.ts";

/** Start, end and the carried flags of each VMA, addresses in pages. */
function shown(mm: ReturnType<typeof space>): string[] {
  return [...mm.vmas()].map(({ start, end, otherFlags }) =>
    `${start / 0x1000}-${end / 0x1000} ${otherFlags}`.trimEnd()
  );
}

//   |------------ rw ------------|        watched: 12 to 14
Deno.test("setUserfault: what is watched is cut out, and joins its neighbours when that ends", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  mm.setUserfault(0x12000, 0x2000, 1);
  assertEquals(shown(mm), ["16-18", "18-20 um", "20-24"]);
  mm.setUserfault(0x13000, 0x3000, 1);
  assertEquals(shown(mm), ["16-18", "18-22 um", "22-24"]);
  mm.setUserfault(0x10000, 0x8000, 0);
  assertEquals(shown(mm), ["16-24"]);
});

Deno.test("setUserfault: each way to watch is a flag of its own, in the kernel's order, and holes are passed over", () => {
  const mm = space();
  map(mm, 0x10000, 0x12000);
  map(mm, 0x14000, 0x16000);
  mm.setUserfault(0x11000, 0x4000, 7);
  assertEquals(shown(mm), ["16-17", "17-18 um uw ui", "20-21 um uw ui", "21-22"]);
});

// Asked of Linux 6.18: `userfaultfd_register()` passes over a VMA that has all of the new flags.
Deno.test("setUserfault: what is watched in more ways already keeps them, in other ways it changes", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  mm.setUserfault(0x12000, 0x4000, 3);
  mm.setUserfault(0x12000, 0x4000, 1);
  mm.setUserfault(0x13000, 0x1000, 2);
  assertEquals(shown(mm), ["16-18", "18-22 um uw", "22-24"]);
  mm.setUserfault(0x10000, 0x8000, 0);
  mm.setUserfault(0x12000, 0x2000, 1);
  mm.setUserfault(0x14000, 0x2000, 2);
  assertEquals(shown(mm), ["16-18", "18-20 um", "20-22 uw", "22-24"]);
  mm.setUserfault(0x12000, 0x2000, 2);
  assertEquals(shown(mm), ["16-18", "18-22 uw", "22-24"]);
  mm.setUserfault(0x10000, 0x8000, 3);
  assertEquals(shown(mm), ["16-24 um uw"]);
});

Deno.test("setUserfault: what else is carried along stays", () => {
  const mm = space();
  map(mm, 0x10000, 0x12000);
  mm.descriptor.tree.findVma(0x10000)!.otherFlags = "zz";
  mm.setUserfault(0x10000, 0x2000, 1);
  assertEquals(shown(mm), ["16-18 um zz"]);
  mm.setUserfault(0x10000, 0x2000, 0);
  assertEquals(shown(mm), ["16-18 zz"]);
});

// Asked of Linux 6.18: `remap_move()` refuses such a VMA as one of several; those before it have moved.
Deno.test("mremap: of several VMAs none may be watched; by itself one moves", () => {
  for (const [watched, left] of [[0x10000, 0x10000], [0x12000, 0x12000]] as const) {
    const mm = space();
    map(mm, 0x10000, 0x14000);
    mm.setUserfault(watched, 0x2000, 2);
    const move = (address: number, length: number, target: number) =>
      mm.mremap(address, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    const error = assertThrows(() => move(0x10000, 0x4000, 0x40000), MmError);
    assertEquals([error.code, mm.findVma(0x10000)?.start], ["EFAULT", left]);
    assertEquals(assertThrows(() => move(watched, 0x8000, 0x40000), MmError).code, "EFAULT");
    assertEquals(move(watched, 0x2000, 0x50000), 0x50000);
    mm.validate();
  }
});
