/**
 * Numbers that are none, at every door of the address space: EINVAL of the call itself, and nothing has changed.
 */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { MADV, MREMAP_MAYMOVE } from "../../src/abi/mman.ts";
import { map, open, RW, space } from "./scene.ts";
import { snapshot } from "./snapshot.ts";

type Call = (mm: AddressSpace, value: number) => unknown;

const SEGMENT = { file: open(), bytes: 0x2000, attached: 0 };
const IMAGE = { vmas: [], startBrk: 0, startStack: 0, mmapBase: 0 };
const ANONYMOUS = { protection: RW, flags: 0x22 };

/** Each number of each method that takes an address, a length or an offset. */
const COUNTS: Readonly<Record<string, Call>> = {
  "mmap address": (mm, address) => mm.mmap({ address, length: 0x1000, ...ANONYMOUS }),
  "mmap length": (mm, length) => mm.mmap({ length, ...ANONYMOUS }),
  "mmap offset": (mm, offset) =>
    mm.mmap({ length: 0x1000, protection: RW, flags: 2, file: open(), offset }),
  "munmap address": (mm, address) => mm.munmap(address, 0x1000),
  "munmap length": (mm, length) => mm.munmap(0x1000, length),
  "mprotect address": (mm, address) => mm.mprotect(address, 0x1000, 1),
  "mprotect length": (mm, length) => mm.mprotect(0x1000, length, 1),
  "brk address": (mm, address) => mm.brk(address),
  "mremap address": (mm, address) => mm.mremap(address, 0x1000, 0x2000, MREMAP_MAYMOVE),
  "mremap old length": (mm, length) => mm.mremap(0x1000, length, 0x8000, MREMAP_MAYMOVE),
  "mremap new length": (mm, length) => mm.mremap(0x1000, 0x1000, length, MREMAP_MAYMOVE),
  "mremap target": (mm, target) => mm.mremap(0x1000, 0x1000, 0x1000, 3, target),
  "madvise address": (mm, address) => mm.madvise(address, 0x1000, MADV.DONTFORK),
  "madvise length": (mm, length) => mm.madvise(0x1000, length, MADV.DONTFORK),
  "processMadvise address": (mm, address) =>
    mm.processMadvise([{ address: 0x1000, length: 0x1000 }, { address, length: 0 }], MADV.DONTDUMP),
  "processMadvise length": (mm, length) =>
    mm.processMadvise([{ address: 0x1000, length }], MADV.DONTDUMP),
  "mlock address": (mm, address) => mm.mlock(address, 0x1000),
  "mlock length": (mm, length) => mm.mlock(0x1000, length),
  "munlock address": (mm, address) => mm.munlock(address, 0x1000),
  "munlock length": (mm, length) => mm.munlock(0x1000, length),
  "mseal address": (mm, address) => mm.mseal(address, 0x1000),
  "mseal length": (mm, length) => mm.mseal(0x1000, length),
  "msync address": (mm, address) => mm.msync(address, 0x1000, 0),
  "msync length": (mm, length) => mm.msync(0x1000, length, 0),
  "mincore address": (mm, address) => mm.mincore(address, 0x1000),
  "mincore length": (mm, length) => mm.mincore(0x1000, length),
  "mincore vector": (mm, vector) => mm.mincore(0x1000, 0x1000, vector),
  "remapFilePages address": (mm, address) => mm.remapFilePages(address, 0x1000, 0, 0),
  "remapFilePages length": (mm, length) => mm.remapFilePages(0x1000, length, 0, 0),
  "remapFilePages offset": (mm, offset) => mm.remapFilePages(0x1000, 0x1000, 0, offset),
  "shmat address": (mm, address) => mm.shmat(SEGMENT, address),
  "shmat bytes": (mm, bytes) => mm.shmat({ ...SEGMENT, bytes }),
  "shmdt address": (mm, address) => mm.shmdt(address),
  "setAnonName address": (mm, address) => mm.setAnonName(address, 0x1000, "name"),
  "setAnonName length": (mm, length) => mm.setAnonName(0x1000, length, "name"),
  "fault address": (mm, address) => mm.fault(address, "write"),
  "findVma address": (mm, address) => mm.findVma(address),
  "findVmaIntersection start": (mm, start) => mm.findVmaIntersection(start, 0x2000),
  "findVmaIntersection end": (mm, end) => mm.findVmaIntersection(0x1000, end),
  "entry address": (mm, address) => mm.entry(address),
  "setrlimit stack": (mm, stack) => mm.setrlimit({ stack: stack === Infinity ? NaN : stack }),
  "exec start of the heap": (mm, startBrk) =>
    mm.exec({ vmas: [], startBrk, startStack: 0, mmapBase: 0 }),
  "exec limit": (mm, stack) =>
    mm.exec({ ...IMAGE, limits: { stack: stack === Infinity ? NaN : stack } }),
  "exec page offset": (mm, pageOffset) =>
    mm.exec({ ...IMAGE, vmas: [{ start: 0x1000, end: 0x2000, flags: 0, pageOffset }] }),
  "exec top of the stack": (mm, top) => mm.exec({ ...IMAGE, stack: { top, bytes: 1 } }),
  "exec bytes of the stack": (mm, bytes) =>
    mm.exec({ ...IMAGE, stack: { top: 0x7ffd_0000_0000, bytes } }),
  "exec VMA": (mm, end) =>
    mm.exec({
      vmas: [{ start: 0x1000, end, flags: 0 }],
      startBrk: 0,
      startStack: 0,
      mmapBase: 0,
    }),
};

/** Flags, advice, protection: any whole number is looked at by the call itself. */
const INTEGERS: Readonly<Record<string, Call>> = {
  "mmap protection": (mm, protection) => mm.mmap({ length: 0x1000, protection, flags: 0x22 }),
  "mmap flags": (mm, flags) => mm.mmap({ length: 0x1000, protection: RW, flags }),
  "mprotect protection": (mm, protection) => mm.mprotect(0x1000, 0x1000, protection),
  "mremap flags": (mm, flags) => mm.mremap(0x1000, 0x1000, 0x8000, flags),
  "madvise advice": (mm, advice) => mm.madvise(0x1000, 0x1000, advice),
  "mprotect key": (mm, key) => mm.mprotect(0x1000, 0x1000, 1, key),
  "processMadvise advice": (mm, advice) =>
    mm.processMadvise([{ address: 0x1000, length: 0x1000 }], advice),
  "processMadvise flags": (mm, flags) =>
    mm.processMadvise([{ address: 0x1000, length: 0x1000 }], MADV.DONTDUMP, flags),
  "setDenyWriteExec bits": (mm, bits) => mm.setDenyWriteExec(bits),
  "mlock flags": (mm, flags) => mm.mlock(0x1000, 0x1000, flags),
  "mlockall flags": (mm, flags) => mm.mlockall(flags),
  "mseal flags": (mm, flags) => mm.mseal(0x1000, 0x1000, flags),
  "msync flags": (mm, flags) => mm.msync(0x1000, 0x1000, flags),
  "remapFilePages protection": (mm, prot) => mm.remapFilePages(0x1000, 0x1000, prot, 0),
  "remapFilePages flags": (mm, flags) => mm.remapFilePages(0x1000, 0x1000, 0, 0, flags),
  "exec flags": (mm, flags) => mm.exec({ ...IMAGE, vmas: [{ start: 0x1000, end: 0x2000, flags }] }),
  "shmat flags": (mm, flags) => mm.shmat(SEGMENT, 0, flags),
};

function assertRefuses(
  call: Call,
  value: number,
  why = /no whole number|neither a whole number|no range of pages/,
): void {
  const mm = space();
  map(mm, 0x1000, 0x5000);
  const before = snapshot(mm);
  const error = assertThrows(() => call(mm, value), MmError);
  assertEquals(error.code, "EINVAL");
  assertMatch(error.message, /^Cannot [a-z]/);
  assertMatch(error.message, why);
  assertEquals(/0xNaN|0xInfinity|as an index/.test(error.message), false, error.message);
  assertEquals(snapshot(mm), before);
  mm.munmap(0x1000, 0x1000); // it can be used as before
}

for (const [name, call] of Object.entries(COUNTS)) {
  Deno.test(`${name}: what is no whole number from 0 to 2^53 - 1 is EINVAL and changes nothing`, () => {
    for (const value of [NaN, Infinity, -Infinity, 4096.5, -0x1000, 2 ** 53]) {
      assertRefuses(call, value);
    }
  });
}

for (const [name, call] of Object.entries(INTEGERS)) {
  Deno.test(`${name}: what is no whole number is EINVAL and changes nothing`, () => {
    for (const value of [NaN, Infinity, 0.5]) assertRefuses(call, value);
  });
}

Deno.test("munmap: a fraction is refused in the caller's words", () => {
  const error = assertThrows(() => space().munmap(4096.5, 0x1000), MmError);
  assertEquals(
    error.message,
    "Cannot unmap 0x1000.8-0x2000.8: the address 0x1000.8 is no whole number from 0 to 2^53 - 1",
  );
});

Deno.test("findVmaIntersection: an empty range is EINVAL", () => {
  assertEquals(
    assertThrows(() => space().findVmaIntersection(0x1000, 0x1000), MmError).code,
    "EINVAL",
  );
});

Deno.test("exec: VMAs that overlap, are empty, unaligned or out of order are refused, and the old program stays", () => {
  const bad = [
    [[0x1000, 0x3000], [0x2000, 0x4000]],
    [[0x1000, 0x1000]],
    [[0x1000, 0x2800]],
    [[0x800, 0x2000]],
    [[0x4000, 0x5000], [0x1000, 0x2000]],
    [[0x7fff_ffff_e000, 0x8000_0000_0000]],
  ] as const;
  for (const ranges of bad) {
    assertRefuses(
      (mm) =>
        mm.exec({
          vmas: ranges.map(([start, end]) => ({ start, end, flags: 0 })),
          startBrk: 0,
          startStack: 0,
          mmapBase: 0,
        }),
      0,
      /no range of pages|no whole number|beyond/,
    );
  }
});

Deno.test("setrlimit: sets what is given, Infinity is no limit, the rest stays", () => {
  const mm = space();
  mm.setrlimit({ addressSpace: 0x3000, data: 0x2000 });
  mm.setrlimit({ data: Infinity });
  const { addressSpace, data, stack } = mm.descriptor.limits;
  assertEquals([addressSpace, data, stack], [0x3000, Infinity, Infinity]);
  assertEquals(
    assertThrows(() => mm.mmap({ length: 0x4000, ...ANONYMOUS }), MmError).code,
    "ENOMEM",
  );
});

Deno.test("mincore: over 112 TiB the answer is made only after all of it was found mapped", () => {
  const mm = space();
  const length = 112 * 2 ** 40;
  map(mm, 0x1000, 0x5000);
  assertEquals(assertThrows(() => mm.mincore(0x1000, length), MmError).code, "ENOMEM");
  mm.mmap({ address: 0x10_0000, length, protection: 0, flags: 0x4032 }); // all of it mapped
  const error = assertThrows(() => mm.mincore(0x10_0000, length), MmError);
  assertEquals(error.code, "ENOMEM");
  assertMatch(error.message, /too long/);
});
