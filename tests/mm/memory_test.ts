/**
 * How many structures each call allocates: VMAs, anon_vmas, links between the two, and one for the tree nodes of each
 * store that is prepared. With one less it fails.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import {
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
} from "../../src/abi/mman.ts";
import { assertLayout, map, RW, space, touch } from "./scene.ts";

const PAGE = 0x1000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

/** The call takes exactly so many structures: with one less it fails. */
function assertTakes(make: () => AddressSpace, call: (mm: AddressSpace) => unknown, count: number) {
  if (count > 0) {
    const poor = make();
    poor.descriptor.faultInjection.left = count - 1;
    assertThrows(() => call(poor), MmError);
    poor.validate();
  }
  const rich = make();
  rich.descriptor.faultInjection.left = count;
  call(rich);
  assertEquals(rich.descriptor.faultInjection.left, 0);
  rich.validate();
}

/** One VMA of three pages, written to or not. */
function one(written: boolean): () => AddressSpace {
  return () => {
    const mm = space();
    map(mm, 0x1000, 0x4000);
    if (written) touch(mm, 0x1000);
    return mm;
  };
}

Deno.test("fault: the first write takes an anon_vma and a link, later ones nothing", () => {
  assertTakes(one(false), (mm) => touch(mm, 0x2000), 2);
  assertTakes(one(true), (mm) => touch(mm, 0x2000), 0);
});

//   |- rw, written -|- r-, no anon_vma -|   become like each other by one mprotect: the anon_vma can be shared
Deno.test("fault: where a neighbour's anon_vma can be shared, only the link is taken", () => {
  const make = () => {
    const mm = space();
    map(mm, 0x1000, 0x2000);
    touch(mm, 0x1000);
    map(mm, 0x2000, 0x3000, PROT_READ);
    mm.mprotect(0x1000, PAGE, PROT_READ);
    mm.mprotect(0x2000, PAGE, RW);
    return mm;
  };
  assertTakes(make, (mm) => touch(mm, 0x2000), 1);
});

Deno.test("mmap: a VMA and tree nodes; merged into its neighbour only tree nodes", () => {
  assertTakes(one(false), (mm) => map(mm, 0x6000, 0x7000), 2);
  assertTakes(one(false), (mm) => map(mm, 0x4000, 0x5000), 1);
});

for (const [written, links] of [[false, 0], [true, 1]] as const) {
  Deno.test(`mprotect: a VMA for each cut, ${links} links, and tree nodes, written ${written}`, () => {
    const cut = (address: number) => (mm: AddressSpace) => mm.mprotect(address, PAGE, PROT_READ);
    assertTakes(one(written), cut(0x1000), 1 + links + 1);
    assertTakes(one(written), cut(0x3000), 1 + links + 1);
    assertTakes(one(written), cut(0x2000), 2 * (1 + links) + 1);
    assertTakes(one(written), (mm) => mm.mprotect(0x1000, 0x3000, PROT_READ), 0);
  });
}

for (const [written, links] of [[false, 0], [true, 1]] as const) {
  Deno.test(`munmap: a hole takes the VMA above it, ${links} links, and tree nodes, written ${written}`, () => {
    assertTakes(one(written), (mm) => mm.munmap(0x2000, PAGE), 1 + links + 1);
    assertTakes(one(written), (mm) => mm.munmap(0x1000, PAGE), 1);
    assertTakes(one(written), (mm) => mm.munmap(0x3000, PAGE), 1);
    assertTakes(one(written), (mm) => mm.munmap(0x1000, 0x3000), 1);
    assertTakes(one(written), (mm) => mm.munmap(0x8000, PAGE), 0);
  });
}

// The copy hangs on what the parent's VMA hangs on, and on an anon_vma of its own.
Deno.test("fork: a tree, and for each VMA a copy; a written one takes its links and an anon_vma of its own", () => {
  assertTakes(one(false), (mm) => mm.fork(), 1 + 1);
  assertTakes(one(true), (mm) => mm.fork(), 1 + 1 + 1 + 2);
  assertTakes(() => one(true)().fork(), (mm) => mm.fork(), 1 + 1 + 2 + 2);
});

// A move has the most that it may take in hand from the start, so it asks for more than it takes.
Deno.test("mremap: what a move had in hand and did not need is given back", () => {
  for (const written of [false, true]) {
    const mm = one(written)();
    const budget = mm.descriptor.faultInjection;
    budget.left = 100;
    mm.mremap(0x1000, 0x3000, 0x3000, MOVE, 0x8000);
    // The copy and its link, tree nodes to store it and to clear the old range.
    assertEquals(budget.left, 100 - (1 + Number(written) + 2));
    budget.left = 2;
    mm.mmap({ length: PAGE, protection: RW, flags: MAP_PRIVATE | MAP_ANONYMOUS });
    assertEquals(budget.left, 0);
    mm.validate();
  }
});

Deno.test("mremap: begins with everything in hand that it may need, and not with one less", () => {
  const most = 3 * 2; // for a VMA without links
  for (const left of [most - 1, most]) {
    const mm = one(false)();
    mm.descriptor.faultInjection.left = left;
    const move = () => mm.mremap(0x1000, 0x3000, 0x3000, MOVE, 0x8000);
    if (left < most) assertEquals(assertThrows(move, MmError).code, "ENOMEM");
    else assertEquals(move(), 0x8000);
    assertLayout(mm, left < most ? ["1000-4000 rw-p 1"] : ["8000-b000 rw-p 8"]);
  }
});
