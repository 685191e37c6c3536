/**
 * The stack of a new program: built high, shifted down, grown.
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { TASK_SIZE_X86_64 } from "../../../src/mm/rlimit.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { mappingsOf } from "../../../src/mm/pages/reverse_map.ts";
import { pageAt, spaceWithPages, tableOf } from "../pages/pages.ts";
import { map, open, space } from "../scene.ts";

const TOP = 0x7ffd_0000_0000;

function program(mm: AddressSpace, bytes: number, top = TOP): void {
  mm.exec({
    vmas: [{ start: 0x400000, end: 0x401000, flags: 0x75, file: open("program"), pageOffset: 0 }],
    stack: { top, bytes },
    startBrk: 0x500000,
    startStack: top - 0x100,
    mmapBase: 0x7ff0_0000_0000,
  });
}

//                                     |-- 3 pages --| task size      built, then shifted
//   |-- 32 pages of room --|-- 3 pages --| top                       grown
Deno.test("exec: the stack is built high, shifted down and grown by 128 KiB", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  program(mm, 0x2001);
  mm.validate();
  const [text, stack, ...others] = [...mm.vmas()];
  assertEquals(others, []);
  assertEquals(text!.file?.name, "program");
  assertEquals([stack!.start, stack!.end], [TOP - 0x23000, TOP]);
  assertEquals(formatVmFlags(stack!.flags), "rd wr mr mw me gd ac");
  assert(mm.maps().includes("[stack]"));
  assertEquals([mm.descriptor.stackPages, mm.descriptor.committedPages], [0x23, 0x23]);
});

// The page offset stays that of the place where the stack was built; growing moves it down.
Deno.test("exec: the stack's pages keep the offsets they were built with, and are found by them", () => {
  const { mm } = spaceWithPages();
  program(mm, 0x3000);
  const stack = mm.findVma(TOP - 1)!;
  assertEquals(stack.pageOffset, TASK_SIZE_X86_64 / 0x1000 - 0x23);
  assertEquals(tableOf(mm, TOP - 0x4000, TOP), ".www");
  const [place] = mappingsOf(pageAt(mm, TOP - 0x1000));
  assertEquals(place!.vpn, TOP / 0x1000 - 1);
  mm.validate();
});

Deno.test("exec: a stack at the very top is not shifted; one overlapping its first place is", () => {
  for (const top of [TASK_SIZE_X86_64, TASK_SIZE_X86_64 - 0x1000]) {
    const { mm } = spaceWithPages();
    program(mm, 0x3000, top);
    const stack = mm.findVma(top - 1)!;
    assertEquals([stack.start, stack.end], [top - 0x23000, top]);
    assertEquals(tableOf(mm, top - 0x4000, top), ".www");
    mm.validate();
  }
});

Deno.test("exec: RLIMIT_STACK bounds the room that a stack gets", () => {
  const mm = space({ limits: { stack: 0x8000 } });
  program(mm, 0x3000);
  const stack = mm.findVma(TOP - 1)!;
  assertEquals(stack.end - stack.start, 0x8000);
  const tight = space({ limits: { stack: 0x3000 } });
  program(tight, 0x3000);
  const small = tight.findVma(TOP - 1)!;
  assertEquals(small.end - small.start, 0x3000);
});

Deno.test("exec: RLIMIT_STACK counts whole pages", () => {
  const mm = space({ limits: { stack: 0x8800 } });
  program(mm, 0x1000);
  const stack = [...mm.vmas()].find((vma) => vma.end === TOP);
  assertEquals(stack!.start, TOP - 0x8000);
  mm.validate();
});

// `setup_arg_pages()` refuses a stack whose first page would be the first that may be mapped.
Deno.test("exec: a stack that would begin at mmap_min_addr is refused, one a page above is not", () => {
  const exec = (top: number) =>
    space({ taskSize: 0x10000, mmapMinAddress: 0x1000, limits: { stack: 0x1000 } }).exec({
      vmas: [],
      stack: { top, bytes: 0x1000 },
      startBrk: 0x8000,
      startStack: top - 0x100,
      mmapBase: 0x9000,
    });
  assertEquals(assertThrows(() => exec(0x2000), MmError).code, "ENOMEM");
  exec(0x3000);
});
