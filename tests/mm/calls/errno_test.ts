/**
 * Each call, each error number it gives, and the test of each. Every row was asked of Linux 6.18 on x86-64 too, but
 * for those marked `model`: what only a limit, a lack of memory or a kind of file that was not at hand brings about.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import type { Errno } from "../../../src/abi/errno.ts";
import { MmError } from "../../../src/mm/error.ts";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_SHARED,
  MS_INVALIDATE,
  MS_SYNC,
  PROT_GROWSDOWN,
  SHM_RND,
} from "../../../src/abi/mman.ts";
import { errorsByModel } from "../../../src/abi/syscalls.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { ADVICE_CALLS } from "./errno_advice.ts";
import { MAPPING_CALLS } from "./errno_mapping.ts";
import { OTHER_CALLS } from "./errno_others.ts";
import { ANONYMOUS, END, mapping, scene, segment, stack } from "./errno_scene.ts";

const TABLE = { ...MAPPING_CALLS, ...ADVICE_CALLS, ...OTHER_CALLS };

/** The error numbers of each call, as the table of calls has them, and of a fault, which is none. */
const ERRNOS: ReadonlyMap<string, readonly Errno[]> = new Map([
  ...errorsByModel(),
  ["fault", ["EAGAIN", "EFAULT", "ENOMEM", "EPERM"]],
]);

Deno.test("errno: the table has every call, and of each call every error number", () => {
  assertEquals(Object.keys(TABLE).sort(), [...ERRNOS.keys()].sort());
  for (const [verb, rows] of Object.entries(TABLE)) {
    assertEquals([...new Set(rows.map((row) => row.errno))].sort(), ERRNOS.get(verb), verb);
  }
});

for (const [verb, rows] of Object.entries(TABLE)) {
  for (const { errno, why, call, options, given } of rows) {
    Deno.test(`errno: ${verb} is ${errno}: ${why}`, () => {
      const mm = scene(options);
      given?.(mm);
      assertEquals(assertThrows(() => call(mm), MmError).code, errno);
      mm.validate();
    });
  }
}

Deno.test("MmError: carries the error's number, and the range in hexadecimal", () => {
  const mm = scene();
  const error = assertThrows(() => mm.munmap(0x7fff_ffff_f000, 0x1000), MmError);
  assertEquals([error.code, error.errno], ["EINVAL", 22]);
  assertEquals(
    error.message,
    "Cannot unmap 0x7ffffffff000-0x800000000000: it ends beyond the user's addresses",
  );
});

/** What looks wrong and yet is accepted, by the kernel too. */
const ACCEPTED: Readonly<Record<string, (mm: AddressSpace) => unknown>> = {
  "mmap: an unknown protection": mapping(ANONYMOUS, {}, 0x40),
  "mmap: shared anonymous memory with an offset": mapping(MAP_SHARED | MAP_ANONYMOUS, {
    offset: 0x1000,
  }),
  "mprotect: PROT_SEM": (mm) => mm.mprotect(0x10000, 0x1000, 8),
  "mprotect: no length": (mm) => mm.mprotect(0x90000, 0, 1),
  "mprotect: PROT_GROWSDOWN over a hole below a stack": (mm) => {
    stack(mm, 0x800000);
    mm.mprotect(0x7ff000, 0x2000, 1 | PROT_GROWSDOWN);
  },
  "mlock: a length that wraps to nothing": (mm) => mm.mlock(0x10000, ADDRESS_LIMIT - 1),
  "mlock: no length": (mm) => mm.mlock(0x90000, 0),
  "mlock: what is sealed": (mm) => {
    mm.mseal(0x10000, 0x1000);
    mm.mlock(0x10000, 0x1000);
  },
  "mseal: no length": (mm) => mm.mseal(0x90000, 0),
  "madvise: throwing away sealed memory that can be written": (mm) => {
    mm.mseal(0x10000, 0x1000);
    mm.madvise(0x10000, 0x1000, MADV.DONTNEED);
  },
  "madvise: throwing away a sealed file": (mm) => {
    mm.mseal(0x20000, 0x1000);
    mm.madvise(0x20000, 0x1000, MADV.DONTNEED);
  },
  "msync: no length": (mm) => mm.msync(0x90000, 0, MS_SYNC),
  "msync: memory without a file": (mm) => mm.msync(0x10000, 0x1000, MS_INVALIDATE),
  "mincore: nothing": (mm) => mm.mincore(0x90000, 0, 1),
  "mincore: nothing at the end": (mm) => mm.mincore(END, 0, 0x10000),
  "mincore: answer to memory": (mm) => mm.mincore(0x10000, 0x8000, 0x10000),
  "remapFilePages: unaligned, rounded down": (mm) => mm.remapFilePages(0x30005, 0x1005, 0, 6),
  "shmat: unaligned, rounded down": (mm) => mm.shmat(segment(), 0x90001, SHM_RND),
  "mremap: a length that leaves the VMA, to shrink": (mm) => mm.mremap(0x14000, 0x8000, 0x1000, 1),
};

for (const [name, call] of Object.entries(ACCEPTED)) {
  Deno.test(`errno: none for ${name}`, () => {
    const mm = scene();
    call(mm);
    mm.validate();
  });
}
