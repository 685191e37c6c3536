/**
 * Which calls matter, by name.
 *
 * @module
 */

import { ownValue } from "../own_value.ts";

/** The names under which older kernels and tools know a call. */
const SAME_AS: Readonly<Record<string, string>> = {
  old_mmap: "mmap",
  mmap2: "mmap",
  mmap_pgoff: "mmap",
  mmap64: "mmap",
  arm_mmap2: "mmap",
  clone2: "clone",
  getrlimit: "getrlimit",
  ugetrlimit: "getrlimit",
  old_getrlimit: "getrlimit",
  prlimit: "prlimit64",
  rt_exit: "exit",
};

/** The name that a call has in a trace: `mmap` for `old_mmap` and `mmap2`. */
export function currentName(call: string): string {
  return ownValue(SAME_AS, call) ?? call;
}

/** The calls on memory that are counted. */
export const MEMORY_CALLS: ReadonlySet<string> = new Set([
  "mmap",
  "munmap",
  "mprotect",
  "brk",
  "mremap",
  "madvise",
]);

/** Further calls on memory that a trace holds, with the number of their arguments. */
export const ARITY: ReadonlyMap<string, number> = new Map([
  ["brk", 1],
  ["io_setup", 2],
  ["madvise", 3],
  ["mlock", 2],
  ["mlock2", 3],
  ["mlockall", 1],
  ["mmap", 6],
  ["mprotect", 3],
  ["mremap", 5],
  ["mseal", 3],
  ["msync", 3],
  ["munlock", 2],
  ["munlockall", 0],
  ["munmap", 2],
  ["pkey_mprotect", 4],
  ["prctl", 5],
  ["prlimit64", 4],
  ["remap_file_pages", 5],
  ["setrlimit", 2],
  ["shmat", 3],
  ["shmdt", 1],
]);

/** What the names in each argument may lack at their start, as `perf trace` prints them. */
export const NAME_PREFIXES: Readonly<Record<string, readonly string[]>> = {
  mmap: ["", "", "PROT_", "MAP_", "", ""],
  mprotect: ["", "", "PROT_"],
  pkey_mprotect: ["", "", "PROT_", ""],
  mremap: ["", "", "", "MREMAP_", ""],
  madvise: ["", "", "MADV_"],
  msync: ["", "", "MS_"],
  mlockall: ["MCL_"],
  mlock2: ["", "", "MLOCK_"],
  shmat: ["", "", "SHM_"],
};

/** Calls that make or end processes, or start programs. */
export const PROCESS_CALLS: ReadonlySet<string> = new Set([
  "clone",
  "clone3",
  "fork",
  "vfork",
  "execve",
  "execveat",
  "exit",
  "exit_group",
]);

/** True for a call on memory, of whatever name. */
export function isMemoryCall(call: string): boolean {
  return ARITY.has(currentName(call)) || call === "ipc";
}
