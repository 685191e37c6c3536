/**
 * x86-64: the register of a call's first argument, and how a tracer changes it.
 *
 * @module
 */
import type { LibcCalls } from "./libc.ts";

const PTRACE_POKEUSER = 6;
/** Offset of `rdi` in `struct user_regs_struct`, bytes. */
const FIRST_ARGUMENT = 112;

/** AUDIT_ARCH_X86_64: a call with another value was made in 32-bit mode. */
export const ARCHITECTURE = 0xc000003e;

/** Puts another first argument in place of the one the process gave; it must be stopped at the entry. */
export function setFirstArgument(libc: LibcCalls, pid: number, value: number): void {
  libc.ptrace(PTRACE_POKEUSER, pid, FIRST_ARGUMENT, value);
}

/**
 * Puts the register back before the process goes on: the kernel promises to keep it, and compilers
 * rely on that.
 */
export function restoreFirstArgument(libc: LibcCalls, pid: number, value: number): void {
  setFirstArgument(libc, pid, value);
}
