import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
} from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import { VM_MAYBE_GUARD } from "../../../src/mm/vm_flags.ts";
import { assertLayout, FIXED, map, mapFile, mapShared, open, RW, space, touch } from "../scene.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

//   |-- rw --|  new  |-- rw --|
//   |----------- rw ----------|
Deno.test("merge: a new mapping joins both its like neighbours", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  assertEquals(mm.mapCount, 2);
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

Deno.test("merge: different flags keep neighbours apart", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-3000 r--p 2"]);
});

//   |- file 0 -|- file 1 -|       same open file, offsets continue: one VMA
//   |- file 0 -|- file 5 -|       they do not
Deno.test("merge: file offsets must continue", () => {
  const mm = space();
  const file = open();
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mapFile(mm, 0x2000, 0x3000, file, 0x1000);
  mapFile(mm, 0x3000, 0x4000, file, 0x5000);
  assertLayout(mm, ["1000-3000 r--p 0 data", "3000-4000 r--p 5 data"]);
});

// A merge that extends downwards once gave a wrong offset: file content shifted.
//
//            |- file 2 -|
//   |- file 1|                    mapped afterwards, below
Deno.test("merge: growing downwards moves the offset down too", () => {
  const mm = space();
  const file = open();
  mapFile(mm, 0x3000, 0x4000, file, 0x2000);
  mapFile(mm, 0x1000, 0x3000, file, 0);
  assertLayout(mm, ["1000-4000 r--p 0 data"]);
});

Deno.test("merge: the same file opened twice is two files", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x2000, open(), 0);
  mapFile(mm, 0x2000, 0x3000, open(), 0x1000);
  assertLayout(mm, ["1000-2000 r--p 0 data", "2000-3000 r--p 1 data"]);
});

Deno.test("merge: private and shared maps of one file stay apart", () => {
  const mm = space();
  const file = open();
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mapShared(mm, 0x2000, 0x3000, file, 0x1000);
  assertLayout(mm, ["1000-2000 r--p 0 data", "2000-3000 r--s 1 data"]);
});

Deno.test("merge: shared anonymous memory is a file of its own each time", () => {
  const mm = space();
  const flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
  mm.mmap({ address: 0x2000, length: 0x1000, protection: RW, flags });
  assertLayout(mm, [
    "1000-2000 rw-s 0 /dev/zero (deleted)",
    "2000-3000 rw-s 0 /dev/zero (deleted)",
  ]);
});

//   |-- A* --|  new  |-- B* --|      each written to on its own: two anon_vmas
//   |------- A* -----|-- B* --|
Deno.test("merge: two anon_vmas join with a new range, not with each other", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  map(mm, 0x3000, 0x4000);
  touch(mm, 0x3000);
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-3000 rw-p 1*", "3000-4000 rw-p 3*"]);
});

Deno.test("merge: a written VMA and an untouched one join", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  map(mm, 0x3000, 0x4000);
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-4000 rw-p 1*"]);
});

// After a fork the child's written VMAs hang on the parent's anon_vma too; nothing may join them.
//
//   parent  |-- A* --|         child  |-- A** --| new |
Deno.test("merge: what a fork left hanging on two anon_vmas takes in nothing untouched", () => {
  const parent = space();
  map(parent, 0x1000, 0x2000);
  touch(parent, 0x1000);
  const child = parent.fork();
  map(child, 0x2000, 0x3000);
  assertLayout(child, ["1000-2000 rw-p 1*", "2000-3000 rw-p 2"]);
  map(parent, 0x2000, 0x3000);
  assertLayout(parent, ["1000-3000 rw-p 1*"]);
});

// mprotect, whole VMA between two like neighbours: previous, it and next become one.
//
//   |-- rw --|-- r --|-- rw --|
//   |----------- rw ----------|
Deno.test("merge: a VMA that becomes like both its neighbours goes, and next with it", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.mprotect(0x2000, 0x1000, 1);
  assertEquals(mm.mapCount, 3);
  mm.mprotect(0x2000, 0x1000, RW);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

//   |-- rw --|------ r ------|          the border moves up
//   |---- rw ----|---- r ----|
Deno.test("merge: the head of a VMA goes over to the one below", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x5000, 1);
  mm.mprotect(0x2000, 0x1000, RW);
  assertLayout(mm, ["1000-3000 rw-p 1", "3000-5000 r--p 3"]);
});

//   |------ r ------|-- rw --|          the border moves down
//   |---- r ----|---- rw ----|
Deno.test("merge: the tail of a VMA goes over to the one above", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000, 1);
  map(mm, 0x4000, 0x5000);
  mm.mprotect(0x3000, 0x1000, RW);
  assertLayout(mm, ["1000-3000 r--p 1", "3000-5000 rw-p 3"]);
});

//   |-- r --|-- rw --|
//   |------- rw -----|          next grows down over the whole VMA
Deno.test("merge: a whole VMA goes over to the one above", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000, 1);
  map(mm, 0x3000, 0x4000);
  mm.mprotect(0x1000, 0x2000, RW);
  assertLayout(mm, ["1000-4000 rw-p 1"]);
});

//   |-- rw --|-- r* --|         the one below grows, and must be found for the pages it takes over
//   |------- rw* -----|
Deno.test("merge: the survivor takes over the anon_vma of what it grows over", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000, 1);
  map(mm, 0x2000, 0x3000);
  touch(mm, 0x2000);
  const { anonVma } = [...mm.vmas()][1]!;
  mm.mprotect(0x1000, 0x1000, RW);
  assertLayout(mm, ["1000-3000 rw-p 1*"]);
  assertEquals(anonVma!.vmas.size, 1);
  assertEquals(anonVma!.activeVmas, 1);
});

// MAP_FIXED over the middle of a like VMA: the pieces left and right join with the new one again.
//
//   |------------- rw -------------|
//            |-- new rw --|
//   |------------- rw -------------|
Deno.test("merge: mapping over the middle of a like VMA leaves one VMA", () => {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-5000 rw-p 1"]);
});

Deno.test("merge: a VMA whose file has a close hook is never merged away", () => {
  const mm = space();
  const closed: number[] = [];
  const file = open("device", { hooks: { close: (vma) => closed.push(vma.start) } });
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mapFile(mm, 0x3000, 0x4000, file, 0x2000);
  mapFile(mm, 0x2000, 0x3000, file, 0x1000);
  assertLayout(mm, ["1000-3000 r--p 0 device", "3000-4000 r--p 2 device"]);
  assertEquals(closed, []);
});

Deno.test("merge: private memory without a file is told by its page numbers", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  const moved = mm.mremap(0x1000, 0x1000, 0x1000, 3, 0x8000);
  assertEquals(moved, 0x8000);
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x9000, length: 0x1000, protection: RW, flags });
  assertLayout(mm, ["8000-9000 rw-p 1*", "9000-a000 rw-p 9"]);
});

// The middle becomes like both neighbours, but each of them was written to on its own: it joins the lower one.
//
//   0x1000      0x2000      0x3000      0x4000
//   |-- rw * --|---- r ----|-- rw * --|
//   |--------- rw * -------|-- rw * --|
Deno.test("merge: between two anon_vmas the middle joins the lower one only", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  touch(mm, 0x1000);
  map(mm, 0x3000, 0x4000);
  touch(mm, 0x3000);
  map(mm, 0x2000, 0x3000, 1);
  mm.mprotect(0x2000, 0x1000, RW);
  assertLayout(mm, ["1000-3000 rw-p 1*", "3000-4000 rw-p 3*"]);
  mm.validate();
});

/** The only VMA there is. */
function only(mm: AddressSpace): ReturnType<AddressSpace["findVma"]> {
  assertEquals(mm.mapCount, 1);
  mm.validate();
  return mm.findVma(0);
}

//   0x1000     0x2000   0x3000      0x4000
//   |-- rw ---|  new   |-- rw * --|     the upper one goes, and its pages must still be found
//   |------------ rw * -----------|
Deno.test("merge: over both neighbours the lower takes the upper one's anon_vma", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x3000, 0x4000);
  touch(mm, 0x3000);
  const { anonVma } = mm.findVma(0x3000)!;
  map(mm, 0x2000, 0x3000);
  assertLayout(mm, ["1000-4000 rw-p 1*"]);
  assertEquals(only(mm)!.anonVma, anonVma);
});

const PAGE = 0x1000;

//   |-- rw --|-- rw, named * --|-- rw --|     only the middle was written to; its name is taken away
//   |-------------- rw * ---------------|
Deno.test("merge: between two unwritten neighbours the middle's anon_vma stays", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.setAnonName(0x2000, PAGE, "middle");
  touch(mm, 0x2000);
  const { anonVma } = mm.findVma(0x2000)!;
  mm.setAnonName(0x2000, PAGE, null);
  assertLayout(mm, ["1000-4000 rw-p 1*"]);
  assertEquals(only(mm)!.anonVma, anonVma);
});

/** The call takes exactly so many structures: with one less it fails and changes nothing. */
function assertTakes(make: () => AddressSpace, call: (mm: AddressSpace) => void, count: number) {
  const poor = make();
  poor.descriptor.faultInjection.left = count - 1;
  assertThrows(() => call(poor), MmError);
  assertEquals(poor.mapCount, make().mapCount);
  poor.validate();
  const rich = make();
  rich.descriptor.faultInjection.left = count;
  call(rich);
  assertEquals(rich.descriptor.faultInjection.left, 0);
  rich.validate();
}

//   |-- rw --|-- rw, named * --|     the unwritten one grows: a link and tree nodes
Deno.test("merge: taking over an anon_vma takes a link, and sharing one takes none", () => {
  const named = (first: () => number): () => AddressSpace => () => {
    const mm = space();
    map(mm, 0x1000, 0x3000);
    const at = first();
    if (at === 0x1000) touch(mm, at);
    mm.setAnonName(0x2000, PAGE, "upper");
    touch(mm, 0x2000);
    return mm;
  };
  const unname = (mm: AddressSpace) => mm.setAnonName(0x2000, PAGE, null);
  assertTakes(named(() => 0x2000), unname, 2);
  // Both halves of a written VMA hang on the same anon_vma already.
  assertTakes(named(() => 0x1000), unname, 1);
});

/** Two pages: the one at `guarded` may hold guard pages, the one at `named` has a name. */
function guardedAt(guarded: number, named: number): AddressSpace {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  mm.setAnonName(named, PAGE, "other");
  mm.madvise(guarded, PAGE, MADV.GUARD_INSTALL);
  return mm;
}

//   |-- plain --|-- guard pages --|     whichever is which, and whichever changes: the two may hold guard pages
Deno.test("merge: what may hold guard pages leaves that to the survivor", () => {
  for (const guarded of [0x1000, 0x2000]) {
    for (const named of [0x1000, 0x2000]) {
      const mm = guardedAt(guarded, named);
      mm.setAnonName(named, PAGE, null);
      assert(only(mm)!.flags & VM_MAYBE_GUARD);
    }
  }
});

//   0x1000   0x2000   0x3000        0x4000
//   |-- rw -|  new   |-- guard * --|
Deno.test("merge: a new mapping joins what may hold guard pages, above and between", () => {
  for (const lower of [true, false]) {
    const mm = space();
    if (lower) map(mm, 0x1000, 0x2000);
    map(mm, 0x3000, 0x4000);
    mm.madvise(0x3000, PAGE, MADV.GUARD_INSTALL);
    map(mm, 0x2000, 0x3000);
    assert(only(mm)!.flags & VM_MAYBE_GUARD);
  }
});

//   |-- rw --|-- named, guard * --|-- rw --|     all three become one
Deno.test("merge: a middle that may hold guard pages marks what takes it in", () => {
  for (const guarded of [0x2000, 0x3000]) {
    const mm = space();
    map(mm, 0x1000, 0x4000);
    mm.setAnonName(0x2000, PAGE, "middle");
    mm.madvise(guarded, PAGE, MADV.GUARD_INSTALL);
    mm.setAnonName(0x2000, PAGE, null);
    assert(only(mm)!.flags & VM_MAYBE_GUARD);
  }
});

const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

//   0x1000         0x2000         0x8000
//   |-- plain --|                 |-- guard * --|     moved away and back beside what it was cut from
Deno.test("merge: a moved mapping brings its mark of guard pages along", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x1000);
  mm.mremap(0x2000, PAGE, PAGE, MOVE, 0x8000);
  mm.madvise(0x8000, PAGE, MADV.GUARD_INSTALL);
  mm.mremap(0x8000, PAGE, PAGE, MOVE, 0x2000);
  assert(only(mm)!.flags & VM_MAYBE_GUARD);
});

/** A file's page, and `pages` more on a VMA of their own that are read at random; the file counts what goes. */
function hooked(pages: number): { mm: AddressSpace; closed: number[] } {
  const mm = space();
  const closed: number[] = [];
  const file = open("device", { hooks: { close: (vma) => closed.push(vma.start) } });
  mapFile(mm, 0x1000, 0x2000 + pages * PAGE, file, 0);
  mm.madvise(0x2000, pages * PAGE, MADV.RANDOM);
  return { mm, closed };
}

//   |-- normal --|-- random --|     the advice agrees again, but joining them would delete one
Deno.test("merge: a whole VMA with a close hook becomes like its neighbour and stays", () => {
  const { mm, closed } = hooked(1);
  mm.madvise(0x2000, PAGE, MADV.NORMAL);
  assertLayout(mm, ["1000-2000 r--p 0 device", "2000-3000 r--p 1 device"]);
  const [lower, upper] = [...mm.vmas()];
  assertEquals(lower!.flags, upper!.flags);
  assertEquals(closed, []);
});

//   |-- normal --|----- random -----|     only the border moves: nothing is deleted
//   |----- normal -----|-- random --|
Deno.test("merge: a close hook does not keep a border from moving", () => {
  const { mm, closed } = hooked(2);
  mm.madvise(0x2000, PAGE, MADV.NORMAL);
  assertLayout(mm, ["1000-3000 r--p 0 device", "3000-4000 r--p 2 device"]);
  mm.madvise(0x2000, PAGE, MADV.RANDOM);
  assertLayout(mm, ["1000-2000 r--p 0 device", "2000-4000 r--p 1 device"]);
  assertEquals(closed, []);
});

//   |-- rw --|---- r ----|-- rw --|    a middle of a VMA touches neither neighbour
Deno.test("merge: a range inside a VMA joins nothing, whatever lies around it", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x5000, PROT_READ);
  map(mm, 0x5000, 0x6000);
  mm.mprotect(0x3000, PAGE, RW);
  assertLayout(mm, [
    "1000-2000 rw-p 1",
    "2000-3000 r--p 2",
    "3000-4000 rw-p 3",
    "4000-5000 r--p 4",
    "5000-6000 rw-p 5",
  ]);
  mm.mmap({ address: 0x8000, length: PAGE, protection: RW, flags: FIXED });
  assertEquals(mm.mapCount, 6);
});

// userfaultfd's flags and others are carried along: what differs in them stays two.
Deno.test("merge: flags that are carried along keep neighbours apart, and stay where VMAs are cut", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.descriptor.tree.findVma(0x1000)!.otherFlags = "um";
  mm.madvise(0x2000, 0x1000, MADV.RANDOM);
  assertEquals([...mm.vmas()].map(({ otherFlags }) => otherFlags), ["um", "um", "um"]);
  mm.descriptor.tree.findVma(0x3000)!.otherFlags = "";
  mm.madvise(0x2000, 0x1000, MADV.NORMAL);
  assertLayout(mm, ["1000-3000 rw-p 1", "3000-4000 rw-p 3"]);
});
