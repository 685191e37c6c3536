/**
 * Empty ranges and ranges that wrap, where a range's last page counts, and what an error says, of the calls that advise,
 * name, lock and look.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { MADV, MCL_CURRENT, PROT_READ } from "../../src/abi/mman.ts";
import {
  VM_DROPPABLE,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
  VM_WRITE,
} from "../../src/mm/vm_flags.ts";
import { spaceWithPages } from "./pages.ts";
import { assertLayout, map, mapFile, open, space } from "./scene.ts";

const PAGE = 0x1000;
/** Stands for 2^64, where the kernel's sums wrap round to 0. */
const END = 2 ** 53;

function assertFails(code: string, call: () => unknown): void {
  assertEquals(assertThrows(call, MmError).code, code);
}

Deno.test("limits: a single byte in the last page of all is too much", () => {
  const mm = space();
  assertFails("EINVAL", () => mm.setAnonName(END - PAGE, 1, "name"));
  assertFails("EINVAL", () => mm.madvise(END - PAGE, 1, MADV.NORMAL));
  assertFails("EINVAL", () => mm.mlock(END - PAGE, 1));
  assertFails("EINVAL", () => mm.munlock(END - PAGE, PAGE));
});

Deno.test("limits: an empty range is nothing to do, wherever it lies", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  for (const address of [0x1000, 0x8000]) {
    mm.setAnonName(address, 0, "name");
    mm.madvise(address, 0, MADV.DONTFORK);
  }
  assertLayout(mm, ["1000-2000 rw-p 1"]);
});

// -1 is the kernel's 2^64 - 1, which rounds up to no page at all.
Deno.test("setAnonName: a length that rounds up to nothing is refused", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertFails("EINVAL", () => mm.setAnonName(0x1000, -1, "name"));
});

Deno.test("setAnonName: part of a VMA that has the name already is not cut out", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.setAnonName(0x1000, 3 * PAGE, "arena");
  mm.setAnonName(0x2000, PAGE, "arena");
  assertLayout(mm, ["1000-4000 rw-p 1 [anon:arena]"]);
});

Deno.test("madvise: poisoning pages is no advice that this kernel knows", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  for (const advice of [100, 101]) assertFails("EINVAL", () => mm.madvise(0x1000, PAGE, advice));
});

Deno.test("mlock, munlock: an error says which of them it was", () => {
  const mm = space();
  const says = (call: () => void) => assertThrows(call, MmError).message;
  assertEquals(
    [says(() => mm.mlock(0x1000, PAGE)), says(() => mm.munlock(0x1000, PAGE))],
    ["lock", "unlock"].map((verb) =>
      `Cannot ${verb} 0x1000-0x2000: nothing is mapped at its start`
    ),
  );
});

// A driver's registers, huge pages of the pool and what the kernel may drop are never locked.
Deno.test("mlock: passes over what cannot be locked", () => {
  const flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE;
  for (const [flag, locked] of [[0, 1], [VM_IO, 0], [VM_HUGETLB, 0], [VM_DROPPABLE, 0]] as const) {
    const mm = space();
    const vmas = [{ start: 0x1000, end: 0x2000, flags: flags | flag }];
    mm.exec({ vmas, startBrk: 0x10_0000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
    mm.mlock(0x1000, PAGE);
    assertEquals([mm.descriptor.lockedPages, mm.findVma(0)!.flags & VM_LOCKED], [
      locked,
      locked * VM_LOCKED,
    ]);
    mm.munlock(0x1000, PAGE);
    mm.mlockall(MCL_CURRENT);
    assertEquals(mm.descriptor.lockedPages, locked);
    mm.validate();
  }
});

/** A page at 0x1000, a VMA of three pages above it, and a page for the answer at 0x10000. */
function asked(): AddressSpace {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x5000, PROT_READ);
  map(mm, 0x10000, 0x11000);
  return mm;
}

//   |- rw -|---- r ----|            |- rw -| nothing     two bytes of answer end with the page they are in
//   |<- asked ->|                         01
Deno.test("mincore: the answer needs no more room than pages that were asked for", () => {
  const mm = asked();
  assertEquals([...mm.mincore(0x1000, 2 * PAGE, 0x11000 - 2)], [0, 0]);
  assertFails("EFAULT", () => mm.mincore(0x1000, 2 * PAGE, 0x11000 - 1));
});

//   |- rw -|- r -|     the second byte of the answer falls on what may not be written
Deno.test("mincore: every byte of the answer must be writable", () => {
  const mm = asked();
  map(mm, 0x11000, 0x12000, PROT_READ);
  assertFails("EFAULT", () => mm.mincore(0x1000, 2 * PAGE, 0x11000 - 1));
  assertEquals([...mm.mincore(0x1000, PAGE, 0x11000 - 1)], [0]);
  assertFails("EFAULT", () => mm.mincore(0x1000, PAGE, 0x11000));
});

// One mapping of a file has read its third page; another, which has read nothing, is asked.
Deno.test("mincore: a page of a file is looked up in its cache by its offset", () => {
  const { mm } = spaceWithPages();
  mapFile(mm, 0x1000, 0x2000, open(), 2 * PAGE);
  mm.fault(0x1000, "read");
  mapFile(mm, 0x8000, 0xc000, open(), 0);
  assertEquals([...mm.mincore(0x8000, 4 * PAGE)], [0, 0, 1, 0]);
});

Deno.test("treeObserver: a search for the VMA below goes down to 0", () => {
  const mm = space();
  map(mm, 0x3000, 0x4000);
  const searches: number[][] = [];
  mm.treeObserver = (operation, first, last) => {
    if (operation === "previous") searches.push([first, last]);
  };
  mm.descriptor.tree.before(0x3000);
  assertEquals(searches, [[0x3000, 0]]);
});
