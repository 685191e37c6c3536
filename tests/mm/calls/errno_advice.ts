/**
 * Calls that advise, lock, seal and look: the error numbers.
 *
 * @module
 */

import {
  MADV,
  MCL_CURRENT,
  MCL_ONFAULT,
  MS_ASYNC,
  MS_INVALIDATE,
  MS_SYNC,
} from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { mapFile, open } from "../scene.ts";
import { END, lock, LOCKED, NO_LOCKS, type Row, seal, TOP } from "./errno_scene.ts";

const PAGE = { address: 0x10000, length: 0x1000 };

/** Calls that advise, lock, seal and look. */
export const ADVICE_CALLS: Readonly<Record<string, readonly Row[]>> = {
  madvise: [
    { errno: "EINVAL", why: "unknown advice", call: (mm) => mm.madvise(0x10000, 0x1000, 5) },
    {
      errno: "EINVAL",
      why: "unknown advice for nothing",
      call: (mm) => mm.madvise(0x10000, 0, 99),
    },
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.madvise(0x10001, 0x1000, 0) },
    { errno: "EINVAL", why: "length wraps", call: (mm) => mm.madvise(0x10000, TOP + 1, 0) },
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.madvise(0x10000, TOP, 0) },
    ...([MADV.DONTNEED, MADV.FREE, MADV.REMOVE, MADV.COLD, MADV.PAGEOUT, MADV.GUARD_INSTALL]
      .map((advice): Row => ({
        errno: "EINVAL",
        why: `advice ${advice} on locked memory`,
        given: lock,
        call: (mm) => mm.madvise(0x50000, 0x1000, advice),
      }))),
    ...([MADV.FREE, MADV.WIPEONFORK, MADV.POPULATE_WRITE].map((advice): Row => ({
      errno: "EINVAL",
      why: `advice ${advice} on a read-only file`,
      call: (mm) => mm.madvise(0x20000, 0x1000, advice),
    }))),
    {
      errno: "EINVAL",
      why: "MADV_REMOVE without a file",
      call: (mm) => mm.madvise(0x10000, 0x1000, MADV.REMOVE),
    },
    {
      errno: "EINVAL",
      why: "MADV_COLLAPSE without a whole huge page",
      call: (mm) => mm.madvise(0x10000, 0x1000, MADV.COLLAPSE),
    },
    {
      errno: "EACCES",
      why: "MADV_REMOVE of a private file",
      call: (mm) => mm.madvise(0x20000, 0x1000, MADV.REMOVE),
    },
    ...([
      MADV.DONTNEED,
      MADV.FREE,
      MADV.REMOVE,
      MADV.DONTFORK,
      MADV.WIPEONFORK,
      MADV.DONTNEED_LOCKED,
      MADV.GUARD_INSTALL,
    ].map((advice): Row => ({
      errno: "EPERM",
      why: `advice ${advice} on a sealed read-only VMA`,
      given: seal(0x40000),
      call: (mm) => mm.madvise(0x40000, 0x1000, advice),
    }))),
    { errno: "ENOMEM", why: "nothing mapped", call: (mm) => mm.madvise(0x90000, 0x1000, 0) },
    ...([MADV.POPULATE_READ, MADV.POPULATE_WRITE].map((advice): Row => ({
      errno: "ENOMEM",
      why: `advice ${advice} behind a hole`,
      call: (mm) => mm.madvise(0xf000, 0x2000, advice),
    }))),
    {
      errno: "EFAULT",
      why: "MADV_POPULATE_READ behind the end of the file",
      given: (mm) => mapFile(mm, 0x90000, 0x92000, { ...open(), pages: 1 }, 0),
      call: (mm) => mm.madvise(0x90000, 0x2000, MADV.POPULATE_READ),
    },
    {
      errno: "EAGAIN",
      why: "a split at max_map_count (model)",
      options: { maxMapCount: 5 },
      call: (mm) => mm.madvise(0x11000, 0x1000, MADV.DONTFORK),
    },
  ],
  mlock: [
    { errno: "EINVAL", why: "unknown flags", call: (mm) => mm.mlock(0x10000, 0x1000, 2) },
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.mlock(0x10000, TOP) },
    { errno: "ENOMEM", why: "nothing mapped", call: (mm) => mm.mlock(0x90000, 0x1000) },
    { errno: "ENOMEM", why: "nothing mapped, no length", call: (mm) => mm.mlock(0x90001, 0) },
    {
      errno: "ENOMEM",
      why: "over the limit (model)",
      options: LOCKED,
      call: (mm) => mm.mlock(0x10000, 0x3000),
    },
    {
      errno: "EPERM",
      why: "a limit of 0 (model)",
      options: NO_LOCKS,
      call: (mm) => mm.mlock(0x10000, 0x1000),
    },
  ],
  munlock: [
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.munlock(0x10000, TOP) },
    { errno: "ENOMEM", why: "nothing mapped", call: (mm) => mm.munlock(0x90000, 0x1000) },
  ],
  mlockall: [
    { errno: "EINVAL", why: "no flags", call: (mm) => mm.mlockall(0) },
    { errno: "EINVAL", why: "MCL_ONFAULT alone", call: (mm) => mm.mlockall(MCL_ONFAULT) },
    { errno: "EINVAL", why: "unknown flags", call: (mm) => mm.mlockall(8) },
    {
      errno: "EPERM",
      why: "a limit of 0 (model)",
      options: NO_LOCKS,
      call: (mm) => mm.mlockall(MCL_CURRENT),
    },
    {
      errno: "ENOMEM",
      why: "over the limit (model)",
      options: LOCKED,
      call: (mm) => mm.mlockall(MCL_CURRENT),
    },
  ],
  processMadvise: [
    { errno: "EINVAL", why: "flags", call: (mm) => mm.processMadvise([PAGE], 0, 1) },
    {
      errno: "EINVAL",
      why: "too many ranges",
      call: (mm) => mm.processMadvise(Array(1025).fill(PAGE), 0),
    },
    { errno: "EINVAL", why: "unknown advice", call: (mm) => mm.processMadvise([PAGE], 99) },
    {
      errno: "EINVAL",
      why: "a length below 0",
      call: (mm) => mm.processMadvise([PAGE, { address: 0x10000, length: TOP }], 0),
    },
    {
      errno: "EINVAL",
      why: "unaligned, the first",
      call: (mm) => mm.processMadvise([{ address: 0x10001, length: 1 }, PAGE], 0),
    },
    {
      errno: "EFAULT",
      why: "beyond the user's addresses, before any is advised on",
      call: (mm) => mm.processMadvise([PAGE, { address: END, length: 0x1000 }], 0),
    },
    {
      errno: "ENOMEM",
      why: "nothing mapped",
      call: (mm) => mm.processMadvise([{ address: 0x90000, length: 0x1000 }], 0),
    },
    {
      errno: "EACCES",
      why: "MADV_REMOVE of a private file",
      call: (mm) => mm.processMadvise([{ address: 0x20000, length: 0x1000 }], MADV.REMOVE),
    },
    {
      errno: "EPERM",
      why: "emptying a sealed VMA",
      given: seal(0x40000),
      call: (mm) => mm.processMadvise([{ address: 0x40000, length: 0x1000 }], MADV.DONTNEED),
    },
    {
      errno: "EAGAIN",
      why: "a split too many",
      options: { maxMapCount: 5 },
      call: (mm) => mm.processMadvise([{ address: 0x11000, length: 0x1000 }], MADV.RANDOM),
    },
  ],
  mbind: [
    {
      errno: "EFAULT",
      why: "the process's own policy where nothing is mapped",
      call: (mm) => mm.mbind(0x90000, 0x1000, null),
    },
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.mbind(0x10001, 0x1000, "mode 2") },
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.mbind(0x10000, TOP, "mode 2") },
    { errno: "EFAULT", why: "a hole", call: (mm) => mm.mbind(0x10000, 0x10000, "mode 2") },
    {
      errno: "ENOMEM",
      why: "a split too many",
      options: { maxMapCount: 5 },
      call: (mm) => mm.mbind(0x11000, 0x1000, "mode 2"),
    },
  ],
  setUserfault: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.setUserfault(0x10001, 0x1000, 1) },
    { errno: "EINVAL", why: "no whole pages", call: (mm) => mm.setUserfault(0x10000, 0x800, 1) },
    { errno: "EINVAL", why: "a hole", call: (mm) => mm.setUserfault(0x90000, 0x1000, 1) },
    {
      errno: "ENOMEM",
      why: "a split too many",
      options: { maxMapCount: 5 },
      call: (mm) => mm.setUserfault(0x11000, 0x1000, 1),
    },
  ],
  setDenyWriteExec: [
    { errno: "EINVAL", why: "unknown bits", call: (mm) => mm.setDenyWriteExec(4) },
    { errno: "EINVAL", why: "not inherited alone", call: (mm) => mm.setDenyWriteExec(2) },
    {
      errno: "EPERM",
      why: "taken back",
      given: (mm) => mm.setDenyWriteExec(1),
      call: (mm) => mm.setDenyWriteExec(0),
    },
  ],
  mseal: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.mseal(0x10001, 0x1000) },
    { errno: "EINVAL", why: "flags", call: (mm) => mm.mseal(0x10000, 0x1000, 1) },
    { errno: "EINVAL", why: "length wraps", call: (mm) => mm.mseal(0x10000, TOP + 1) },
    { errno: "EINVAL", why: "wraps", call: (mm) => mm.mseal(0x10000, TOP) },
    { errno: "ENOMEM", why: "a hole behind", call: (mm) => mm.mseal(0x10000, 0x10000) },
    { errno: "ENOMEM", why: "a hole in front", call: (mm) => mm.mseal(0xf000, 0x4000) },
  ],
  msync: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.msync(0x10001, 0x1000, MS_SYNC) },
    { errno: "EINVAL", why: "unknown flags", call: (mm) => mm.msync(0x10000, 0x1000, 8) },
    {
      errno: "EINVAL",
      why: "waits and does not",
      call: (mm) => mm.msync(0x10000, 0x1000, MS_SYNC | MS_ASYNC),
    },
    { errno: "ENOMEM", why: "wraps", call: (mm) => mm.msync(0x10000, TOP, MS_SYNC) },
    { errno: "ENOMEM", why: "nothing mapped", call: (mm) => mm.msync(0x90000, 0x1000, MS_ASYNC) },
    { errno: "ENOMEM", why: "a hole behind", call: (mm) => mm.msync(0x10000, 0x20000, MS_SYNC) },
    { errno: "ENOMEM", why: "a hole in front", call: (mm) => mm.msync(0xf000, 0x2000, MS_ASYNC) },
    {
      errno: "EBUSY",
      why: "MS_INVALIDATE of what is locked",
      given: lock,
      call: (mm) => mm.msync(0x50000, 0x8000, MS_INVALIDATE),
    },
  ],
  mincore: [
    { errno: "EINVAL", why: "unaligned", call: (mm) => mm.mincore(0x10001, 0x1000) },
    { errno: "ENOMEM", why: "nothing mapped", call: (mm) => mm.mincore(0x90000, 0x1000) },
    { errno: "ENOMEM", why: "a hole", call: (mm) => mm.mincore(0x10000, 0x10000, 0x10000) },
    { errno: "ENOMEM", why: "behind the end", call: (mm) => mm.mincore(END, 0x1000, 0x10000) },
    { errno: "ENOMEM", why: "empty, behind the end", call: (mm) => mm.mincore(END + 0x1000, 0) },
    { errno: "EFAULT", why: "answer to nowhere", call: (mm) => mm.mincore(0x10000, 0x1000, 1) },
    {
      errno: "EFAULT",
      why: "answer to no user's memory, before anything is looked at",
      call: (mm) => mm.mincore(0x90000, 0x1000, ADDRESS_LIMIT - 1),
    },
    {
      errno: "EFAULT",
      why: "answer to read-only memory",
      call: (mm) => mm.mincore(0x10000, 0x1000, 0x20000),
    },
  ],
};
