/**
 * Calls that map, unmap and change mappings: the error numbers.
 *
 * @module
 */

import {
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
} from "../../../src/abi/mman.ts";
import { map, mapShared, open, RW } from "../scene.ts";
import {
  ANONYMOUS,
  END,
  FIXED,
  lock,
  LOCKED,
  mapping,
  NO_LOCKS,
  type Row,
  seal,
  strict,
  TOP,
} from "./errno_scene.ts";

/** Calls that map, unmap and change mappings. */
export const MAPPING_CALLS: Readonly<Record<string, readonly Row[]>> = {
  mmap: [
    { errno: "EINVAL", why: "empty", call: mapping(ANONYMOUS, { length: 0 }) },
    {
      errno: "EINVAL",
      why: "unaligned offset",
      call: mapping(MAP_PRIVATE, { file: open(), offset: 1 }),
    },
    {
      errno: "EINVAL",
      why: "unaligned MAP_FIXED",
      call: mapping(ANONYMOUS | MAP_FIXED, { address: 1 }),
    },
    { errno: "EINVAL", why: "no kind, file", call: mapping(0, { file: open() }) },
    { errno: "EINVAL", why: "unknown kind, file", call: mapping(4, { file: open() }) },
    { errno: "EINVAL", why: "no kind, anonymous", call: mapping(MAP_ANONYMOUS) },
    {
      errno: "EINVAL",
      why: "MAP_SHARED_VALIDATE, anonymous",
      call: mapping(MAP_SHARED_VALIDATE | MAP_ANONYMOUS),
    },
    {
      errno: "EINVAL",
      why: "a file grows down",
      call: mapping(MAP_PRIVATE | MAP_GROWSDOWN, { file: open() }),
    },
    {
      errno: "EINVAL",
      why: "shared memory grows down",
      call: mapping(MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN),
    },
    {
      errno: "EINVAL",
      why: "droppable and locked",
      call: mapping(MAP_DROPPABLE | MAP_ANONYMOUS | MAP_LOCKED),
    },
    {
      errno: "EINVAL",
      why: "droppable and growing",
      call: mapping(MAP_DROPPABLE | MAP_ANONYMOUS | MAP_GROWSDOWN),
    },
    {
      errno: "EINVAL",
      why: "MAP_HUGETLB on a file without",
      call: mapping(MAP_PRIVATE | MAP_HUGETLB, { file: open() }),
    },
    { errno: "EBADF", why: "no file", call: mapping(MAP_PRIVATE) },
    { errno: "EBADF", why: "no file, empty", call: mapping(MAP_PRIVATE, { length: 0 }) },
    {
      errno: "EACCES",
      why: "shared for writing, opened for reading",
      call: mapping(MAP_SHARED, { file: open("data", { writable: false }) }, RW),
    },
    {
      errno: "EACCES",
      why: "opened for writing only",
      call: mapping(MAP_PRIVATE, { file: open("data", { readable: false }) }),
    },
    {
      errno: "EACCES",
      why: "shared, append-only (model)",
      call: mapping(MAP_SHARED, { file: { ...open(), appendOnly: true } }),
    },
    {
      errno: "ENODEV",
      why: "a directory",
      call: mapping(MAP_PRIVATE, { file: { ...open(), mappable: false } }),
    },
    {
      errno: "EPERM",
      why: "executable on a noexec filesystem (model)",
      call: mapping(MAP_PRIVATE, { file: { ...open(), executable: false } }, 5),
    },
    {
      errno: "EPERM",
      why: "below mmap_min_addr (model)",
      call: mapping(ANONYMOUS | MAP_FIXED, { address: 0 }),
    },
    {
      errno: "EPERM",
      why: "over a sealed VMA",
      given: seal(0x11000),
      call: mapping(ANONYMOUS | MAP_FIXED, { address: 0x11000 }),
    },
    {
      errno: "EPERM",
      why: "MAP_LOCKED under a limit of 0 (model)",
      options: NO_LOCKS,
      call: mapping(ANONYMOUS | MAP_LOCKED),
    },
    {
      errno: "EAGAIN",
      why: "MAP_LOCKED over the limit (model)",
      options: LOCKED,
      call: mapping(ANONYMOUS | MAP_LOCKED, { length: 0x3000 }),
    },
    {
      errno: "EOPNOTSUPP",
      why: "MAP_SYNC on what cannot",
      call: mapping(MAP_SHARED_VALIDATE | MAP_SYNC, { file: open() }),
    },
    {
      errno: "EOPNOTSUPP",
      why: "MAP_FIXED_NOREPLACE with MAP_SHARED_VALIDATE",
      call: mapping(MAP_SHARED_VALIDATE | MAP_FIXED_NOREPLACE, { address: 0x90000, file: open() }),
    },
    {
      errno: "EOVERFLOW",
      why: "past the largest offset",
      call: mapping(MAP_SHARED, { file: open(), offset: TOP }),
    },
    {
      errno: "EOVERFLOW",
      why: "past what the filesystem has (model)",
      call: mapping(MAP_SHARED, { file: { ...open(), maxBytes: 0x1000 }, offset: 0x1000 }),
    },
    {
      errno: "EEXIST",
      why: "MAP_FIXED_NOREPLACE over something",
      call: mapping(ANONYMOUS | MAP_FIXED_NOREPLACE, { address: 0x11000 }),
    },
    { errno: "ENOMEM", why: "length wraps", call: mapping(ANONYMOUS, { length: TOP + 1 }) },
    { errno: "ENOMEM", why: "longer than all", call: mapping(ANONYMOUS, { length: TOP }) },
    {
      errno: "ENOMEM",
      why: "MAP_FIXED behind the end",
      call: mapping(ANONYMOUS | MAP_FIXED, { address: END }),
    },
    { errno: "ENOMEM", why: "an empty huge-page pool", call: mapping(ANONYMOUS | MAP_HUGETLB) },
    {
      errno: "ENOMEM",
      why: "max_map_count (model)",
      options: { maxMapCount: 6 },
      given: (mm) => {
        map(mm, 0x60000, 0x61000);
        map(mm, 0x62000, 0x63000);
      },
      call: mapping(ANONYMOUS | MAP_FIXED, { address: 0x70000 }),
    },
    {
      errno: "ENOMEM",
      why: "RLIMIT_AS (model)",
      options: { limits: { addressSpace: 0x20000 } },
      call: mapping(ANONYMOUS, { length: 0x20000 }),
    },
    {
      errno: "ENOMEM",
      why: "RLIMIT_DATA (model)",
      options: { limits: { data: 0x10000 } },
      call: mapping(ANONYMOUS, { length: 0x10000 }, RW),
    },
    {
      errno: "ENOMEM",
      why: "the commit limit (model)",
      options: strict(20),
      call: mapping(ANONYMOUS, { length: 0xa000 }, RW),
    },
  ],
  munmap: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.munmap(0x10001, 0x1000) },
    { errno: "EINVAL", why: "empty", call: (mm) => mm.munmap(0x10000, 0) },
    { errno: "EINVAL", why: "begins behind the end", call: (mm) => mm.munmap(END, 0x1000) },
    {
      errno: "EINVAL",
      why: "reaches behind the end",
      call: (mm) => mm.munmap(END - 0x1000, 0x2000),
    },
    { errno: "EINVAL", why: "length wraps", call: (mm) => mm.munmap(0x10000, TOP + 1) },
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.munmap(TOP, 0x1000) },
    {
      errno: "EPERM",
      why: "sealed",
      given: seal(0x11000),
      call: (mm) => mm.munmap(0x10000, 0x8000),
    },
    {
      errno: "ENOMEM",
      why: "a hole at max_map_count (model)",
      options: { maxMapCount: 5 },
      call: (mm) => mm.munmap(0x11000, 0x1000),
    },
  ],
  mprotect: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.mprotect(0x10001, 0x1000, 1) },
    { errno: "EINVAL", why: "unknown protection", call: (mm) => mm.mprotect(0x10000, 0x1000, 16) },
    {
      errno: "EINVAL",
      why: "unknown protection of nothing",
      call: (mm) => mm.mprotect(0x90000, 0x1000, 64),
    },
    {
      errno: "EINVAL",
      why: "both ways",
      call: (mm) => mm.mprotect(0x10001, 0, PROT_GROWSDOWN | PROT_GROWSUP),
    },
    {
      errno: "EINVAL",
      why: "PROT_GROWSDOWN on what does not",
      call: (mm) => mm.mprotect(0x10000, 0x1000, 1 | PROT_GROWSDOWN),
    },
    {
      errno: "EINVAL",
      why: "PROT_GROWSUP on what does not",
      call: (mm) => mm.mprotect(0x10000, 0x1000, 1 | PROT_GROWSUP),
    },
    { errno: "ENOMEM", why: "nothing mapped", call: (mm) => mm.mprotect(0x90000, 0x1000, 1) },
    {
      errno: "ENOMEM",
      why: "nothing mapped, PROT_GROWSDOWN",
      call: (mm) => mm.mprotect(0x90000, 0x1000, 1 | PROT_GROWSDOWN),
    },
    {
      errno: "ENOMEM",
      why: "a hole at the start, PROT_GROWSUP",
      call: (mm) => mm.mprotect(0xf000, 0x2000, 1 | PROT_GROWSUP),
    },
    { errno: "ENOMEM", why: "length wraps", call: (mm) => mm.mprotect(0x10000, TOP + 1, 1) },
    { errno: "ENOMEM", why: "wraps", call: (mm) => mm.mprotect(0x10000, TOP, 1) },
    {
      errno: "ENOMEM",
      why: "becomes data over RLIMIT_DATA (model)",
      options: { limits: { data: 0xa000 } },
      call: (mm) => mm.mprotect(0x40000, 0x1000, RW),
    },
    {
      errno: "ENOMEM",
      why: "becomes charged over the commit limit (model)",
      options: strict(11),
      call: (mm) => mm.mprotect(0x40000, 0x1000, RW),
    },
    {
      errno: "EACCES",
      why: "opened for reading",
      given: (mm) => mapShared(mm, 0x30000, 0x34000, open("data", { writable: false }), 0),
      call: (mm) => mm.mprotect(0x30000, 0x1000, RW),
    },
    {
      errno: "EPERM",
      why: "sealed",
      given: seal(0x10000),
      call: (mm) => mm.mprotect(0x10000, 0x1000, 1),
    },
    {
      errno: "EPERM",
      why: "sealed, nothing to change",
      given: seal(0x10000),
      call: (mm) => mm.mprotect(0x10000, 0x1000, RW),
    },
  ],
  mremap: [
    { errno: "EINVAL", why: "new length 0", call: (mm) => mm.mremap(0x10000, 0x1000, 0, 1) },
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.mremap(0x10001, 0x1000, 0x1000, 1) },
    { errno: "EINVAL", why: "unknown flags", call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, 8) },
    {
      errno: "EINVAL",
      why: "MREMAP_FIXED may not move",
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, MREMAP_FIXED, 0x90000),
    },
    {
      errno: "EINVAL",
      why: "unaligned target",
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, FIXED, 0x90001),
    },
    {
      errno: "EINVAL",
      why: "overlaps its target",
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, FIXED, 0x10000),
    },
    {
      errno: "EINVAL",
      why: "MREMAP_DONTUNMAP resizes",
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x2000, MREMAP_MAYMOVE | MREMAP_DONTUNMAP),
    },
    {
      errno: "EINVAL",
      why: "MREMAP_DONTUNMAP may not move",
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, MREMAP_DONTUNMAP),
    },
    {
      errno: "EINVAL",
      why: "private memory twice",
      call: (mm) => mm.mremap(0x10000, 0, 0x1000, MREMAP_MAYMOVE),
    },
    {
      errno: "EINVAL",
      why: "longer than all",
      call: (mm) => mm.mremap(0x10000, 0x1000, TOP, MREMAP_MAYMOVE),
    },
    {
      errno: "EINVAL",
      why: "target behind the end",
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, FIXED, END),
    },
    { errno: "EFAULT", why: "nothing mapped", call: (mm) => mm.mremap(0x90000, 0x1000, 0x1000) },
    {
      errno: "EFAULT",
      why: "nothing mapped at a moving one's start",
      call: (mm) => mm.mremap(0x90000, 0x1000, 0x1000, FIXED, 0x100000),
    },
    {
      errno: "EFAULT",
      why: "leaves its VMA",
      call: (mm) => mm.mremap(0x14000, 0x8000, 0x9000, MREMAP_MAYMOVE),
    },
    {
      errno: "ENOMEM",
      why: "no room and may not move",
      given: (mm) => map(mm, 0x18000, 0x19000, 1),
      call: (mm) => mm.mremap(0x10000, 0x8000, 0x9000),
    },
    {
      errno: "ENOMEM",
      why: "shared memory twice may not move",
      call: (mm) => mm.mremap(0x30000, 0, 0x1000),
    },
    {
      errno: "ENOMEM",
      why: "RLIMIT_AS (model)",
      options: { limits: { addressSpace: 0x18000 } },
      call: (mm) => mm.mremap(0x10000, 0x8000, 0x10000),
    },
    {
      errno: "ENOMEM",
      why: "max_map_count (model)",
      options: { maxMapCount: 9 },
      call: (mm) => mm.mremap(0x10000, 0x1000, 0x1000, FIXED, 0x90000),
    },
    {
      errno: "EAGAIN",
      why: "more than may be locked (model)",
      options: LOCKED,
      given: lock,
      call: (mm) => mm.mremap(0x50000, 0x2000, 0x3000),
    },
    {
      errno: "EPERM",
      why: "sealed",
      given: seal(0x11000),
      call: (mm) => mm.mremap(0x11000, 0x1000, 0x2000, MREMAP_MAYMOVE),
    },
  ],
};
