/**
 * mseal: what is sealed stays as it is.
 */
import { MmError } from "../../../src/mm/error.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { assertFails, assertLayout, map, space } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

// The kernel's lengths have no sign: what is negative here is near 2^64 there, and the range wraps.
Deno.test("mseal: a negative length wraps, be it a whole page or what rounds to nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  for (const length of [-PAGE, -1]) assertFails("EINVAL", () => mm.mseal(0x2000, length));
  mm.munmap(0x1000, 2 * PAGE);
  assertLayout(mm, []);
});

//   |-------- rw --------|
//   |-rw-|-- sl --|--rw--|      and what is sealed merges with what is sealed
Deno.test("mseal: cuts the range out; touching seals become one VMA", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  mm.mseal(0x2000, 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 rw-p 2", "3000-5000 rw-p 3"]);
  mm.mseal(0x1000, 0x4000);
  assertLayout(mm, ["1000-5000 rw-p 1"]);
  assertEquals(formatVmFlags(mm.findVma(0)!.flags), "rd wr mr mw me ac sl");
});

Deno.test("mseal: a range with a hole seals nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertThrows(() => mm.mseal(0x1000, 0x2000), MmError);
  mm.munmap(0x1000, 0x1000);
  assertLayout(mm, []);
});

Deno.test("mseal: brk cannot give sealed memory back; exit can", () => {
  const mm = space();
  mm.exec({ vmas: [], startBrk: 0x10000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  mm.brk(0x12000);
  mm.mseal(0x11000, 0x1000);
  assertEquals(mm.brk(0x10000), 0x12000);
  mm.exit();
  assertLayout(mm, []);
});
