import { assert, assertEquals } from "@std/assert";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_GROWSDOWN,
  SHM_REMAP,
} from "../../src/abi/mman.ts";
import type { MappedFile, SharedSegment } from "../../src/mm/vma.ts";
import { assertLayout, map, mapFile, mapShared, open, RW, space, touch } from "./scene.ts";
import { PhysicalMemory } from "../../src/mm/pages/physical_memory.ts";
import { snapshot } from "./snapshot.ts";

/** A call that needs memory, on the address space that {@linkcode stage} sets up. */
interface Scenario {
  readonly name: string;
  /** What comes before it, with memory enough. */
  readonly given?: (mm: AddressSpace) => void;
  readonly call: (mm: AddressSpace) => unknown;
}

const ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;
const FIXED = MREMAP_MAYMOVE | MREMAP_FIXED;
const SEGMENT: SharedSegment = { file: open("SYSV00000000"), bytes: 0x4000, attached: 0 };

// What every call below meets: written and unwritten VMAs, some from a fork, a file, a heap.
//
//   0x1000        0x9000   0xa000  0xb000   0xd000        0x20000   0x22000
//   |-- rw* forked --|-- r* --|      |-- file --|            |-- heap --|
//                                                 0x40000-0x48000 rw, unwritten
//   0x60000-0x64000 a file, shared; 0x70000-0x74000 a System V segment; 0x800000-0x801000 a stack
function stage(): AddressSpace {
  const parent = space();
  parent.exec({ vmas: [], startBrk: 0x20000, startStack: 0, mmapBase: 0x7fff_0000_0000 });
  map(parent, 0x1000, 0xa000);
  touch(parent, 0x1000);
  const mm = parent.fork();
  mm.mprotect(0x9000, 0x1000, 1);
  mapFile(mm, 0xb000, 0xd000, open(), 0);
  map(mm, 0x40000, 0x48000);
  mm.brk(0x22000);
  touch(mm, 0x20000);
  mm.mprotect(0x20000, 0x1000, 1);
  mapShared(mm, 0x60000, 0x64000, open(), 0, RW);
  mm.shmat(SEGMENT, 0x70000);
  const stack = ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN;
  mm.mmap({ address: 0x800000, length: 0x1000, protection: RW, flags: stack });
  return mm;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "munmap with a hole", call: (mm) => mm.munmap(0x3000, 0x1000) },
  { name: "munmap over several VMAs", call: (mm) => mm.munmap(0x8000, 0x4000) },
  {
    name: "mmap of something new",
    call: (mm) => mm.mmap({ length: 0x3000, protection: RW, flags: ANONYMOUS }),
  },
  {
    name: "mmap of shared memory",
    call: (mm) => mm.mmap({ length: 0x3000, protection: RW, flags: MAP_SHARED | MAP_ANONYMOUS }),
  },
  { name: "mmap over a hole in the middle", call: (mm) => map(mm, 0x3000, 0x4000, 5) },
  { name: "mmap over several VMAs", call: (mm) => map(mm, 0x8000, 0x10000, 5) },
  { name: "mmap that merges both ways", call: (mm) => map(mm, 0x42000, 0x43000) },
  { name: "mprotect of a middle", call: (mm) => mm.mprotect(0x3000, 0x1000, 1) },
  { name: "mprotect that merges a tail up", call: (mm) => mm.mprotect(0x8000, 0x1000, 1) },
  { name: "mprotect that merges a whole VMA", call: (mm) => mm.mprotect(0x9000, 0x1000, RW) },
  { name: "mprotect of an unwritten middle", call: (mm) => mm.mprotect(0x42000, 0x1000, 1) },
  {
    name: "madvise of a middle",
    call: (mm) => mm.madvise(0x3000, 0x1000, MADV.DONTFORK),
  },
  { name: "mlock of a head", call: (mm) => mm.mlock(0x1000, 0x1000) },
  { name: "first write", call: (mm) => touch(mm, 0x44000) },
  { name: "mremap that grows and must move", call: (mm) => mm.mremap(0x1000, 0x8000, 0xa000, 1) },
  { name: "mremap that grows in place", call: (mm) => mm.mremap(0x40000, 0x8000, 0x9000) },
  { name: "mremap that shrinks a middle", call: (mm) => mm.mremap(0x2000, 0x3000, 0x1000) },
  {
    name: "mremap of a middle onto a middle",
    call: (mm) => mm.mremap(0x3000, 0x2000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x43000),
  },
  {
    name: "mremap of a middle to elsewhere in its VMA",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x6000),
  },
  {
    name: "mremap that leaves the old place",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0),
  },
  {
    name: "mremap that leaves the old place, onto a middle",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, FIXED | MREMAP_DONTUNMAP, 0x43000),
  },
  {
    name: "mremap that grows, onto a middle",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x2000, FIXED, 0x43000),
  },
  {
    name: "mremap of shared memory to a second place",
    call: (mm) => mm.mremap(0x60000, 0, 0x4000, MREMAP_MAYMOVE),
  },
  { name: "fork", call: (mm) => mm.fork() },
  {
    name: "munlock of a middle",
    given: (mm) => mm.mlock(0x41000, 0x4000),
    call: (mm) => mm.munlock(0x42000, 0x1000),
  },
  {
    name: "mmap with MAP_POPULATE",
    call: (mm) => mm.mmap({ length: 0x3000, protection: RW, flags: ANONYMOUS | MAP_POPULATE }),
  },
  {
    name: "mmap of what grows down, locked",
    call: (mm) => {
      const flags = ANONYMOUS | MAP_GROWSDOWN | MAP_LOCKED;
      return mm.mmap({ length: 0x3000, protection: RW, flags });
    },
  },
  {
    name: "mprotect with PROT_GROWSDOWN",
    given: (mm) => touch(mm, 0x7f_c000),
    call: (mm) => mm.mprotect(0x7f_e000, 0x1000, 1 | PROT_GROWSDOWN),
  },
  {
    name: "madvise that installs guard pages",
    call: (mm) => mm.madvise(0x40000, 0x1000, MADV.GUARD_INSTALL),
  },
  {
    name: "taking the name of a middle",
    given: (mm) => mm.setAnonName(0x41000, 0x3000, "arena"),
    call: (mm) => mm.setAnonName(0x42000, 0x1000, null),
  },
  { name: "mseal of a middle", call: (mm) => mm.mseal(0x3000, 0x1000) },
  { name: "mlock2 of a middle", call: (mm) => mm.mlock(0x41000, 0x1000, 1) },
  { name: "naming a middle", call: (mm) => mm.setAnonName(0x3000, 0x1000, "arena") },
  { name: "remap_file_pages of a middle", call: (mm) => mm.remapFilePages(0x61000, 0x1000, 0, 7) },
  { name: "shmat", call: (mm) => mm.shmat(SEGMENT, 0x90000) },
  { name: "shmat in the place of something", call: (mm) => mm.shmat(SEGMENT, 0x3000, SHM_REMAP) },
  { name: "shmdt", call: (mm) => mm.shmdt(0x70000) },
  {
    name: "growing a stack",
    call: (mm) => touch(mm, 0x7f_0000),
  },
  {
    name: "mremap of several VMAs, the first one",
    call: (mm) => mm.mremap(0x1000, 0x2000, 0x2000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x100000),
  },
];

/** Lets the call fail at its first, second … taking of memory, until it succeeds; the number of failures. */
function failEverywhere({ name, given, call }: Scenario): number {
  for (let taken = 0;; taken++) {
    const mm = stage();
    given?.(mm);
    const before = snapshot(mm);
    mm.descriptor.faultInjection.left = taken;
    try {
      call(mm);
      mm.validate();
      return taken;
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      assert(["ENOMEM", "EAGAIN"].includes(error.code), `${name}: ${error.message}`);
    }
    assertEquals(snapshot(mm), before, `${name}, failed at taking ${taken}`);
    mm.validate();
  }
}

for (const scenario of SCENARIOS) {
  Deno.test(`failure: ${scenario.name} without memory changes nothing`, () => {
    assert(failEverywhere(scenario) > 0, "the call took no memory: nothing was tested");
  });
}

/** Calls over several VMAs, which the kernel takes one after the other: those before the one at fault are done. */
const PARTIAL: readonly Scenario[] = [
  { name: "mprotect", call: (mm) => mm.mprotect(0x2000, 0x8000, 5) },
  { name: "madvise", call: (mm) => mm.madvise(0x2000, 0x8000, MADV.DONTFORK) },
  { name: "mlock", call: (mm) => mm.mlock(0x2000, 0x8000) },
  {
    name: "munlock",
    given: (mm) => mm.mlock(0x1000, 0x9000),
    call: (mm) => mm.munlock(0x2000, 0x7800),
  },
  { name: "mseal", call: (mm) => mm.mseal(0x2000, 0x8000) },
  { name: "naming", call: (mm) => mm.setAnonName(0x2000, 0x8000, "arena") },
  { name: "mremap", call: (mm) => mm.mremap(0x2000, 0x8000, 0x8000, FIXED, 0x100000) },
];

/** What each page of the stage is, wherever it was moved to. */
function pageKinds(mm: AddressSpace): string[] {
  const kinds: string[] = [];
  for (const vma of mm.vmas()) {
    for (let at = vma.start; at < vma.end; at += 0x1000) {
      kinds.push(`${at.toString(16)} ${vma.flags} ${vma.anonName}`);
    }
  }
  return kinds;
}

for (const { name, given, call } of PARTIAL) {
  Deno.test(`failure: ${name} over several VMAs leaves each as it was or as it was to be`, () => {
    const done = stage();
    given?.(done);
    const old = pageKinds(done);
    call(done);
    const allowed = new Set([...old, ...pageKinds(done)]);
    for (let taken = 0;; taken++) {
      const mm = stage();
      given?.(mm);
      mm.descriptor.faultInjection.left = taken;
      let failed = false;
      try {
        call(mm);
      } catch (error) {
        if (!(error instanceof MmError)) throw error;
        assert(["ENOMEM", "EAGAIN"].includes(error.code), error.message);
        failed = true;
      }
      mm.validate();
      const kinds = pageKinds(mm);
      assertEquals(kinds.filter((kind) => !allowed.has(kind)), [], `failed at taking ${taken}`);
      assertEquals(kinds.length, old.length, `failed at taking ${taken}`);
      if (!failed) return assert(taken > 0);
    }
  });
}

Deno.test("failure: mlockall passes over what it cannot have, and so does munlockall", () => {
  for (
    const call of [(mm: AddressSpace) => mm.mlockall(1), (mm: AddressSpace) => mm.munlockall()]
  ) {
    for (let taken = 0; taken < 6; taken++) {
      const mm = stage();
      mm.mlock(0x41000, 0x1000);
      mm.descriptor.faultInjection.left = taken;
      call(mm);
      mm.validate();
    }
  }
});

Deno.test("failure: brk without memory stays where it is", () => {
  for (let taken = 0;; taken++) {
    const mm = stage();
    const before = snapshot(mm);
    mm.descriptor.faultInjection.left = taken;
    if (mm.brk(0x25000) === 0x25000) return assert(taken > 0);
    assertEquals(snapshot(mm), before);
  }
});

/** A file that knows how many VMAs map it, and complains about one that goes twice or never came. */
function countedFile(): { file: MappedFile; count: () => number } {
  let count = 0;
  const hooks = {
    map: () => void count++,
    open: () => void count++,
    close: () => {
      assert(count > 0, "closed more often than opened");
      count--;
    },
  };
  return { file: open("device", { hooks }), count: () => count };
}

/** Calls on 0x1000-0x9000, which maps the file. */
const HOOKED: readonly Scenario[] = [
  { name: "munmap of all", call: (mm) => mm.munmap(0x1000, 0x8000) },
  { name: "munmap with a hole", call: (mm) => mm.munmap(0x3000, 0x1000) },
  { name: "munmap of a tail", call: (mm) => mm.munmap(0x7000, 0x4000) },
  { name: "mprotect of a middle", call: (mm) => mm.mprotect(0x3000, 0x1000, RW) },
  { name: "mmap of memory over a middle", call: (mm) => map(mm, 0x3000, 0x4000) },
  {
    name: "mremap of a middle",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED, 0x20000),
  },
  {
    name: "mremap that leaves the old place",
    call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, FIXED | MREMAP_DONTUNMAP, 0x20000),
  },
  { name: "mremap that grows in place", call: (mm) => mm.mremap(0x1000, 0x8000, 0x9000) },
  {
    name: "mremap that grows elsewhere",
    call: (mm) => mm.mremap(0x1000, 0x8000, 0xa000, FIXED, 0x20000),
  },
  { name: "mremap that shrinks", call: (mm) => mm.mremap(0x3000, 0x3000, 0x1000) },
  { name: "mremap onto itself", call: (mm) => mm.mremap(0x3000, 0x1000, 0x1000, FIXED, 0x6000) },
  { name: "mlock of a head", call: (mm) => mm.mlock(0x1000, 0x1000) },
  { name: "madvise of a middle", call: (mm) => mm.madvise(0x3000, 0x1000, MADV.DONTFORK) },
  { name: "mseal of a middle", call: (mm) => mm.mseal(0x3000, 0x1000) },
  { name: "mmap of memory over all", call: (mm) => map(mm, 0x1000, 0x9000) },
  { name: "a write", call: (mm) => mm.fault(0x1000, "force") },
  { name: "fork", call: (mm) => mm.fork() },
];

for (const { name, call } of HOOKED) {
  Deno.test(`failure: ${name}: a file's hooks are called once for each VMA, fail it where it may`, () => {
    for (let taken = 0;; taken++) {
      const { file, count } = countedFile();
      const mm = space();
      mapFile(mm, 0x1000, 0x9000, file, 0);
      assertEquals(count(), 1);
      mm.descriptor.faultInjection.left = taken;
      let failed = false;
      let child: unknown;
      try {
        child = call(mm);
      } catch (error) {
        if (!(error instanceof MmError)) throw error;
        failed = true;
      }
      const vmas = [...mm.vmas()].filter((vma) => vma.file === file).length;
      const copies = child instanceof AddressSpace ? child.mapCount : 0;
      assertEquals(count(), vmas + copies, `failed at taking ${taken}`);
      mm.descriptor.faultInjection.left = Infinity;
      mm.exit();
      assertEquals(count(), copies);
      if (!failed) return;
    }
  });
}

Deno.test("failure: a new mapping of a file that finds no memory closes what it has opened", () => {
  for (let taken = 0;; taken++) {
    const { file, count } = countedFile();
    const mm = space();
    mm.descriptor.faultInjection.left = taken;
    try {
      mapFile(mm, 0x1000, 0x2000, file, 0);
      assertEquals(count(), 1);
      return assert(taken > 0);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      assertEquals([count(), mm.mapCount], [0, 0]);
    }
  }
});

Deno.test("failure: a file that is mapped on beside itself is asked for what is new only", () => {
  const { file, count } = countedFile();
  const mm = space();
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mapFile(mm, 0x2000, 0x3000, file, 0x1000);
  assertLayout(mm, ["1000-3000 r--p 0 device"]);
  assertEquals(count(), 1);
});

Deno.test("failure: a page fault without memory changes neither VMAs nor pages", () => {
  for (let taken = 0;; taken++) {
    const memory = new PhysicalMemory();
    const mm = space({ memory });
    mm.mmap({
      address: 0x800000,
      length: 0x1000,
      protection: RW,
      flags: ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN,
    });
    const before = snapshot(mm);
    mm.descriptor.faultInjection.left = taken;
    try {
      touch(mm, 0x7f_f000);
      mm.validate();
      return assert(taken > 0);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      assertEquals(snapshot(mm), before);
      assertEquals([mm.descriptor.pageTable!.size, memory.anonymousPages], [0, 0]);
    }
  }
});

Deno.test("failure: exec without memory for its stack is ENOMEM, and exit still works", () => {
  const image = { vmas: [], startBrk: 0, startStack: 0, mmapBase: 0x7fff_0000_0000 };
  for (let taken = 0;; taken++) {
    const mm = stage();
    mm.descriptor.faultInjection.left = taken;
    try {
      mm.exec({ ...image, stack: { top: 0x7ffd_0000_0000, bytes: 0x2000 } });
      return assert(taken > 3);
    } catch (error) {
      assert(error instanceof MmError && ["ENOMEM", "EFAULT"].includes(error.code), String(error));
      mm.validate();
      mm.exit();
      assertEquals(mm.descriptor.commit.pages >= 0, true);
    }
  }
});
