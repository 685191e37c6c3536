/**
 * x86-64: the numbers of the calls a trace records, and the register of the first argument.
 *
 * Numbers: Linux arch/x86/entry/syscalls/syscall_64.tbl.
 *
 * @module
 */
import type { Libc } from "./libc.ts";

const PTRACE_POKEUSER = 6;
/** Offset of `rdi` in `struct user_regs_struct`, bytes. */
const FIRST_ARGUMENT = 112;

/** AUDIT_ARCH_X86_64: a call with another value was made in 32-bit mode. */
export const ARCHITECTURE = 0xc000003e;

/** Numbers of the recorder's own calls. */
export const PIDFD_OPEN = 434, PIDFD_GETFD = 438, KCMP = 312;

/** The recorded calls by number. */
export const CALLS: ReadonlyMap<number, string> = new Map([
  [9, "mmap"],
  [10, "mprotect"],
  [11, "munmap"],
  [12, "brk"],
  [25, "mremap"],
  [26, "msync"],
  [27, "mincore"],
  [28, "madvise"],
  [30, "shmat"],
  [56, "clone"],
  [57, "fork"],
  [58, "vfork"],
  [59, "execve"],
  [67, "shmdt"],
  [135, "personality"],
  [149, "mlock"],
  [150, "munlock"],
  [151, "mlockall"],
  [152, "munlockall"],
  [157, "prctl"],
  [160, "setrlimit"],
  [216, "remap_file_pages"],
  [237, "mbind"],
  [302, "prlimit64"],
  [322, "execveat"],
  [325, "mlock2"],
  [329, "pkey_mprotect"],
  [435, "clone3"],
  [440, "process_madvise"],
  [450, "set_mempolicy_home_node"],
  [453, "map_shadow_stack"],
  [462, "mseal"],
]);

/** Puts another first argument in place of the one the process gave; it must be stopped at the entry. */
export function setFirstArgument(libc: Libc, pid: number, value: number): void {
  libc.ptrace(PTRACE_POKEUSER, pid, FIRST_ARGUMENT, value);
}

/**
 * Puts the register back before the process goes on: the kernel promises to keep it, and compilers
 * rely on that.
 */
export function restoreFirstArgument(libc: Libc, pid: number, value: number): void {
  setFirstArgument(libc, pid, value);
}
