/**
 * The other calls, and what is no call: faults, fork and exec: the error numbers.
 *
 * @module
 */

import type { Errno } from "../../../src/abi/errno.ts";
import { MCL_FUTURE, SHM_REMAP, SHM_RND } from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { beginMigration } from "../../../src/mm/pages/migrate.ts";
import { PhysicalMemory } from "../../../src/mm/pages/physical_memory.ts";
import { pageAt } from "../pages/pages.ts";
import { map, mapShared, open, touch } from "../scene.ts";
import {
  END,
  LOCKED,
  PROGRAM,
  type Row,
  seal,
  segment,
  stack,
  strict,
  TOP,
} from "./errno_scene.ts";

/** What map_shadow_stack refuses: address, length, flags. */
const SHADOW_STACK_ROWS: readonly (readonly [
  errno: Errno,
  why: string,
  address: number,
  length: number,
  flags?: number,
])[] = [
  ["EINVAL", "flags", 0, 0x1000, 2],
  ["EINVAL", "unaligned", 2 ** 40 + 1, 0x1000],
  ["EINVAL", "empty", 0, 0],
  ["ENOSPC", "no room for a token", 0, 7, 1],
  ["ERANGE", "below 4 GiB", 0x1000, 0x1000],
  ["EOVERFLOW", "longer than all addresses", 0, ADDRESS_LIMIT - 1],
  ["ENOMEM", "no gap", 0, END],
];

/** The other calls, and what is no call: faults, fork and exec. */
export const OTHER_CALLS: Readonly<Record<string, readonly Row[]>> = {
  mapShadowStack: [
    {
      errno: "EOPNOTSUPP",
      why: "a processor without them",
      call: (mm) => mm.mapShadowStack(0, 0x1000),
    },
    ...SHADOW_STACK_ROWS.map(([errno, why, address, length, flags = 0]): Row => ({
      errno,
      why,
      options: { shadowStacks: true },
      call: (mm) => mm.mapShadowStack(address, length, flags),
    })),
    {
      errno: "EEXIST",
      why: "something is mapped there",
      options: { shadowStacks: true },
      given: (mm) => map(mm, 2 ** 40, 2 ** 40 + 0x1000),
      call: (mm) => mm.mapShadowStack(2 ** 40 - 0x1000, 0x2000),
    },
    {
      errno: "EAGAIN",
      why: "more than may be locked (model)",
      options: { ...LOCKED, shadowStacks: true },
      given: (mm) => mm.mlockall(MCL_FUTURE),
      call: (mm) => mm.mapShadowStack(0, 0x4000),
    },
  ],
  remapFilePages: [
    {
      errno: "EINVAL",
      why: "a protection",
      call: (mm) => mm.remapFilePages(0x30000, 0x1000, 1, 0),
    },
    { errno: "EINVAL", why: "empty", call: (mm) => mm.remapFilePages(0x30000, 0xfff, 0, 0) },
    {
      errno: "EINVAL",
      why: "private memory",
      call: (mm) => mm.remapFilePages(0x10000, 0x1000, 0, 0),
    },
    {
      errno: "EINVAL",
      why: "nothing mapped",
      call: (mm) => mm.remapFilePages(0x90000, 0x1000, 0, 0),
    },
    {
      errno: "EINVAL",
      why: "leaves its mapping",
      call: (mm) => mm.remapFilePages(0x30000, 0x14000, 0, 0),
    },
    {
      errno: "EINVAL",
      why: "another file follows",
      given: (mm) => mapShared(mm, 0x34000, 0x35000, open("other"), 0),
      call: (mm) => mm.remapFilePages(0x30000, 0x5000, 0, 0),
    },
    {
      errno: "EINVAL",
      why: "page offset wraps",
      call: (mm) => mm.remapFilePages(0x30000, 0x1000, 0, ADDRESS_LIMIT - 1),
    },
    {
      errno: "EOVERFLOW",
      why: "past the largest offset",
      call: (mm) => mm.remapFilePages(0x30000, 0x1000, 0, 2 ** 41),
    },
    {
      errno: "EPERM",
      why: "sealed",
      given: seal(0x30000),
      call: (mm) => mm.remapFilePages(0x30000, 0x1000, 0, 1),
    },
  ],
  shmat: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.shmat(segment(), 0x90001) },
    { errno: "EINVAL", why: "something is mapped", call: (mm) => mm.shmat(segment(), 0x10000) },
    {
      errno: "EINVAL",
      why: "SHM_REMAP of nothing",
      call: (mm) => mm.shmat(segment(), 0, SHM_REMAP),
    },
    {
      errno: "EINVAL",
      why: "SHM_REMAP of address 0, rounded",
      call: (mm) => mm.shmat(segment(), 0xfff, SHM_REMAP | SHM_RND),
    },
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.shmat(segment(), TOP) },
    { errno: "ENOMEM", why: "behind the end", call: (mm) => mm.shmat(segment(), END) },
    {
      errno: "EPERM",
      why: "over a sealed VMA",
      given: seal(0x11000),
      call: (mm) => mm.shmat(segment(), 0x10000, SHM_REMAP),
    },
    {
      errno: "EPERM",
      why: "rounded to below mmap_min_addr (model)",
      call: (mm) => mm.shmat(segment(), 0xfff, SHM_RND),
    },
    {
      errno: "EACCES",
      why: "a segment that cannot be written (model)",
      call: (mm) => {
        const { file } = segment();
        return mm.shmat({ file: { ...file, readable: false }, bytes: 0x1000, attached: 0 });
      },
    },
  ],
  shmdt: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.shmdt(0x10001) },
    { errno: "EINVAL", why: "nothing attached", call: (mm) => mm.shmdt(0x10000) },
    {
      errno: "EINVAL",
      why: "below an attachment",
      given: (mm) => mm.shmat(segment(), 0x90000),
      call: (mm) => mm.shmdt(0x8f000),
    },
    {
      errno: "EINVAL",
      why: "inside an attachment",
      given: (mm) => mm.shmat(segment(), 0x90000),
      call: (mm) => mm.shmdt(0x91000),
    },
    {
      errno: "EPERM",
      why: "sealed (model)",
      given: (mm) => {
        mm.shmat(segment(), 0x90000);
        mm.mseal(0x90000, 0x4000);
      },
      call: (mm) => mm.shmdt(0x90000),
    },
  ],
  setAnonName: [
    {
      errno: "EINVAL",
      why: "unaligned (model)",
      call: (mm) => mm.setAnonName(0x10001, 0x1000, "arena"),
    },
    {
      errno: "EINVAL",
      why: "80 characters (model)",
      call: (mm) => mm.setAnonName(0x10000, 0x1000, "x".repeat(80)),
    },
    ...["new\nline", "[heap]", "$HOME", "back\\slash", "tick`", "naïve"].map((name): Row => ({
      errno: "EINVAL",
      why: `the name ${JSON.stringify(name)} (model)`,
      call: (mm) => mm.setAnonName(0x10000, 0x1000, name),
    })),
    {
      errno: "EINVAL",
      why: "wraps (model)",
      call: (mm) => mm.setAnonName(0x10000, TOP, "arena"),
    },
    {
      errno: "EBADF",
      why: "a file is mapped (model)",
      call: (mm) => mm.setAnonName(0x20000, 0x1000, "arena"),
    },
    {
      errno: "ENOMEM",
      why: "nothing mapped (model)",
      call: (mm) => mm.setAnonName(0x90000, 0x1000, "arena"),
    },
    {
      errno: "EAGAIN",
      why: "a split at max_map_count (model)",
      options: { maxMapCount: 5 },
      call: (mm) => mm.setAnonName(0x11000, 0x1000, "arena"),
    },
  ],
  fault: [
    { errno: "EFAULT", why: "nothing mapped", call: (mm) => touch(mm, 0x90000) },
    { errno: "EFAULT", why: "not for writing", call: (mm) => touch(mm, 0x20000) },
    {
      errno: "ENOMEM",
      why: "a stack over RLIMIT_STACK (model)",
      options: { limits: { stack: 0x2000 } },
      given: (mm) => stack(mm, 0x800000),
      call: (mm) => touch(mm, 0x7fe000),
    },
    {
      errno: "EPERM",
      why: "a stack below mmap_min_addr (model)",
      options: { mmapMinAddress: 0x10000 },
      given: (mm) => stack(mm, 0x10000),
      call: (mm) => touch(mm, 0xf000),
    },
    {
      errno: "EAGAIN",
      why: "a page under migration: the kernel waits (model)",
      options: { memory: new PhysicalMemory() },
      given: (mm) => {
        touch(mm, 0x10000);
        beginMigration(pageAt(mm, 0x10000));
      },
      call: (mm) => touch(mm, 0x10000),
    },
  ],
  fork: [
    {
      errno: "ENOMEM",
      why: "the commit limit (model)",
      options: strict(15),
      call: (mm) => mm.fork(),
    },
  ],
  exec: [
    {
      errno: "ENOMEM",
      why: "a stack below mmap_min_addr (model)",
      call: (mm) => mm.exec({ ...PROGRAM, stack: { top: 0x1000, bytes: 0x1000 } }),
    },
    {
      errno: "EFAULT",
      why: "no room for the stack (model)",
      options: { limits: { addressSpace: 0x18000 } },
      call: (mm) => mm.exec({ ...PROGRAM, stack: { top: END, bytes: 0x2000 } }),
    },
  ],
};
