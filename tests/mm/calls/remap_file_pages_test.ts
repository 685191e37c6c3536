/**
 * remap_file_pages: another part of the file in a shared mapping.
 */
import { MAP_NONBLOCK, PROT_NONE, PROT_READ } from "../../../src/abi/mman.ts";
import { MmError } from "../../../src/mm/error.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import { spaceWithPages, tableOf } from "../pages/pages.ts";
import { assertFails, assertLayout, mapFile, mapShared, open, RW, space } from "../scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

Deno.test("remap_file_pages: the pages that come are faulted in, unless MAP_NONBLOCK says not to", () => {
  for (const [flags, table] of [[0, "rr"], [MAP_NONBLOCK, ".."]] as const) {
    const { mm } = spaceWithPages();
    mapShared(mm, 0x1000, 0x4000, open(), 0);
    mm.remapFilePages(0x2000, 2 * PAGE, 0, 7, flags);
    assertEquals(tableOf(mm, 0x1000, 0x4000), "." + table);
    mm.validate();
  }
});

// A shared mapping of a file that was opened for reading counts as private (VM_MAYSHARE without VM_SHARED).
Deno.test("remap_file_pages: refuses a file that is not mapped shared, or could not be written", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x2000, open(), 0);
  mapShared(mm, 0x3000, 0x4000, open("data", { writable: false }), 0);
  assertFails("EINVAL", () => mm.remapFilePages(0x1000, PAGE, 0, 1));
  assertFails("EINVAL", () => mm.remapFilePages(0x3000, PAGE, 0, 1));
  assertLayout(mm, ["1000-2000 r--p 0 data", "3000-4000 r--s 0 data"]);
});

//   |-- file 0 1 2 3 --|
//   |-0-|-- 6 --|-2 3--|
Deno.test("remapFilePages: another part of the file in the middle, under the same rights", () => {
  const mm = space();
  const file = open();
  mapShared(mm, 0x1000, 0x5000, file, 0, RW);
  mm.remapFilePages(0x2000, 0x1000, 0, 6);
  assertLayout(mm, ["1000-2000 rw-s 0 data", "2000-3000 rw-s 6 data", "3000-5000 rw-s 2 data"]);
  assertThrows(() => mm.remapFilePages(0x1000, 0x5000, 0, 0), MmError);
  mm.remapFilePages(0x2000, 0x1000, 0, 1);
  assertLayout(mm, ["1000-5000 rw-s 0 data"]);
});

Deno.test("remapFilePages: over several VMAs of one file; what was locked or executable stays so", () => {
  const mm = space();
  const file = open();
  mapShared(mm, 0x1000, 0x3000, file, 0, 5);
  mapShared(mm, 0x3000, 0x5000, file, 0x8000, 5);
  mm.mlock(0x1000, 0x4000);
  mm.remapFilePages(0x1000, 0x4000, 0, 3);
  assertLayout(mm, ["1000-5000 r-xs 3 data"]);
  assertEquals(formatVmFlags(mm.findVma(0)!.flags), "rd ex sh mr mw me ms lo");
  assertEquals(mm.descriptor.lockedPages, 4);
});

Deno.test("remap_file_pages: the pages that come may be accessed as those that went", () => {
  const mm = space();
  const file = open();
  mapShared(mm, 0x1000, 0x3000, file, 0, 4);
  mapShared(mm, 0x3000, 0x5000, file, 0x2000, 2);
  mm.remapFilePages(0x1000, 0x1000, 0, 7);
  mm.remapFilePages(0x3000, 0x1000, 0, 8);
  assertLayout(mm, [
    "1000-2000 --xs 7 data",
    "2000-3000 --xs 1 data",
    "3000-4000 -w-s 8 data",
    "4000-5000 -w-s 3 data",
  ]);
});

for (const protection of [PROT_NONE, PROT_READ, RW]) {
  Deno.test(`remap_file_pages: flags stay as they were, locked or not, protection ${protection}`, () => {
    for (const locked of [false, true]) {
      const mm = space();
      mapShared(mm, 0x1000, 0x4000, open(), 0, protection);
      if (locked && protection !== PROT_NONE) mm.mlock(0x1000, 0x3000);
      const before = formatVmFlags(mm.findVma(0x1000)!.flags);
      mm.remapFilePages(0x2000, PAGE, 0, 7);
      const vma = mm.findVma(0x2000)!;
      assertEquals([vma.start, vma.end, vma.pageOffset], [0x2000, 0x3000, 7]);
      assertEquals(formatVmFlags(vma.flags), before);
      mm.validate();
    }
  });
}
