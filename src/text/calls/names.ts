/**
 * The names that stand for numbers in the arguments of calls.
 *
 * Numbers: Linux include/uapi/asm-generic/mman-common.h, mman.h, include/uapi/linux/sched.h, prctl.h, shm.h,
 * asm-generic/resource.h and fcntl.h. Those of memory come from `src/abi/mman.ts`.
 *
 * @module
 */

import * as mman from "../../abi/mman.ts";

const OTHERS: Readonly<Record<string, number>> = {
  MAP_ANON: mman.MAP_ANONYMOUS,
  MAP_FILE: 0,
  MAP_HUGE_SHIFT: 26,
  MAP_HUGE_64KB: 16 << 26,
  MAP_ABOVE4G: 0x80,
  PROT_BTI: 0x10,
  PROT_MTE: 0x20,
  PROT_SAO: 0x10,
  CLONE_VM: 0x100,
  CLONE_FS: 0x200,
  CLONE_FILES: 0x400,
  CLONE_SIGHAND: 0x800,
  CLONE_PIDFD: 0x1000,
  CLONE_PTRACE: 0x2000,
  CLONE_VFORK: 0x4000,
  CLONE_PARENT: 0x8000,
  CLONE_THREAD: 0x1_0000,
  CLONE_NEWNS: 0x2_0000,
  CLONE_SYSVSEM: 0x4_0000,
  CLONE_SETTLS: 0x8_0000,
  CLONE_PARENT_SETTID: 0x10_0000,
  CLONE_CHILD_CLEARTID: 0x20_0000,
  CLONE_DETACHED: 0x40_0000,
  CLONE_UNTRACED: 0x80_0000,
  CLONE_CHILD_SETTID: 0x100_0000,
  CLONE_NEWCGROUP: 0x200_0000,
  CLONE_NEWUTS: 0x400_0000,
  CLONE_NEWIPC: 0x800_0000,
  CLONE_NEWUSER: 0x1000_0000,
  CLONE_NEWPID: 0x2000_0000,
  CLONE_NEWNET: 0x4000_0000,
  CLONE_IO: 0x8000_0000,
  SIGCHLD: 0,
  PR_SET_NAME: 15,
  PR_SET_THP_DISABLE: 41,
  PR_SET_MM: 35,
  PR_SET_MDWE: 65,
  PR_SET_MEMORY_MERGE: 67,
  RLIM_INFINITY: Infinity,
  RLIM64_INFINITY: Infinity,
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CLOEXEC: 0o2000000,
  FD_CLOEXEC: 1,
  MFD_CLOEXEC: 1,
  MADV_SOFT_OFFLINE: 101,
  MLOCK_ONFAULT: 1,
  AT_FDCWD: -100,
  SHMAT: 21,
  SHMDT: 22,
  NULL: 0,
  nil: 0,
  "(nil)": 0,
  false: 0,
};

const BY_NAME = new Map<string, number>(Object.entries(OTHERS));
for (const [name, value] of Object.entries(mman)) {
  if (typeof value === "number") BY_NAME.set(name, value);
}
for (const [name, value] of Object.entries(mman.MADV)) BY_NAME.set(`MADV_${name}`, value);

/** The number of a name; with `prefix` of one that `perf trace` shortened (`READ` for `PROT_READ`). */
export function numberNamed(name: string, prefix = ""): number | undefined {
  return BY_NAME.get(name) ?? BY_NAME.get(prefix + name);
}
