/**
 * What the hooks of a file may do: look, refuse a mapping, fail. Whatever they do, the address space stays right.
 */
import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { MADV, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../src/abi/mman.ts";
import type { MappingHooks } from "../../src/mm/vma.ts";
import { mapFile, open, RW, space } from "./scene.ts";

const PAGE = 0x1000;

/** Calls that open or close VMAs of the file at 0x10000-0x16000. */
const CALLS: Readonly<Record<string, (mm: AddressSpace) => unknown>> = {
  "munmap of all": (mm) => mm.munmap(0x10000, 6 * PAGE),
  "munmap of a middle": (mm) => mm.munmap(0x12000, PAGE),
  "mprotect of a middle": (mm) => mm.mprotect(0x12000, PAGE, 1),
  "madvise of a head": (mm) => mm.madvise(0x10000, PAGE, MADV.DONTFORK),
  "mremap to another place": (mm) =>
    mm.mremap(0x10000, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, 0x40000),
  "mmap over a part": (mm) =>
    mm.mmap({ address: 0x11000, length: PAGE, protection: RW, flags: 0x32 }),
  fork: (mm) => mm.fork(),
  exit: (mm) => mm.exit(),
};

function spaceWith(hooks: MappingHooks): AddressSpace {
  const mm = space();
  mapFile(mm, 0x10000, 0x16000, { ...open(), hooks }, 0, RW);
  return mm;
}

/** The same call without hooks: what the address space must look like. */
function without(call: (mm: AddressSpace) => unknown): string {
  const mm = spaceWith({ open() {}, close() {} });
  call(mm);
  return mm.maps();
}

for (const [name, call] of Object.entries(CALLS)) {
  Deno.test(`hooks: where open and close throw, ${name} is finished and then throws the first error`, () => {
    let calls = 0;
    const fail = () => {
      throw new TypeError(`hook ${++calls}`);
    };
    const mm = spaceWith({ open: fail, close: fail });
    assertThrows(() => call(mm), TypeError, "hook 1");
    assertEquals(mm.maps(), without(call));
    mm.validate();
    mm.mmap({ length: PAGE, protection: RW, flags: 0x22 }); // it goes on
  });

  Deno.test(`hooks: a call from within a hook during ${name} is EBUSY`, () => {
    const codes = new Set<string>();
    const made: { mm?: AddressSpace } = {};
    const callBack = () => {
      try {
        made.mm!.munmap(0x10000, 6 * PAGE);
      } catch (error) {
        if (error instanceof MmError) codes.add(error.code);
      }
    };
    const mm = made.mm = spaceWith({ open: callBack, close: callBack });
    call(mm);
    assertEquals([...codes], ["EBUSY"]);
    assertEquals(mm.maps(), without(call));
    mm.validate();
  });
}

Deno.test("hooks: what map throws refuses the mapping, and a call from within it is EBUSY", () => {
  const mm = space();
  const file = {
    ...open(),
    hooks: {
      map() {
        mm.mmap({ length: PAGE, protection: RW, flags: 0x22 });
      },
    },
  };
  const error = assertThrows(() => mapFile(mm, 0x10000, 0x11000, file, 0, RW), MmError);
  assertEquals(error.code, "EBUSY");
  assertEquals(mm.mapCount, 0);
  mm.validate();
});

Deno.test("hooks: a fork whose hooks throw leaves no child behind", () => {
  let committed = 0;
  const mm = spaceWith({
    open() {
      throw new TypeError("no");
    },
  });
  committed = mm.descriptor.commit.pages;
  assertThrows(() => mm.fork(), TypeError);
  assertEquals(mm.descriptor.commit.pages, committed);
});
