/**
 * arm64: the numbers of the calls a trace records, and the register of the first argument.
 *
 * Numbers: Linux include/uapi/asm-generic/unistd.h, which arm64 uses as it is.
 *
 * @module
 */
import type { Libc } from "./libc.ts";

const PTRACE_GETREGSET = 0x4204;
const PTRACE_SETREGSET = 0x4205;
const NT_PRSTATUS = 1;
/** `struct user_pt_regs`: x0 to x30, sp, pc, pstate. */
const REGISTERS = 34;

/** AUDIT_ARCH_AARCH64: a call with another value was made in 32-bit mode. */
export const ARCHITECTURE = 0xc00000b7;

/** Numbers of the recorder's own calls. */
export const PIDFD_OPEN = 434, PIDFD_GETFD = 438, KCMP = 272;

/** The recorded calls by number. */
export const CALLS: ReadonlyMap<number, string> = new Map([
  [92, "personality"],
  [164, "setrlimit"],
  [167, "prctl"],
  [196, "shmat"],
  [197, "shmdt"],
  [214, "brk"],
  [215, "munmap"],
  [216, "mremap"],
  [220, "clone"],
  [221, "execve"],
  [222, "mmap"],
  [226, "mprotect"],
  [227, "msync"],
  [228, "mlock"],
  [229, "munlock"],
  [230, "mlockall"],
  [231, "munlockall"],
  [232, "mincore"],
  [233, "madvise"],
  [234, "remap_file_pages"],
  [235, "mbind"],
  [261, "prlimit64"],
  [281, "execveat"],
  [284, "mlock2"],
  [288, "pkey_mprotect"],
  [435, "clone3"],
  [440, "process_madvise"],
  [450, "set_mempolicy_home_node"],
  [453, "map_shadow_stack"],
  [462, "mseal"],
]);

/** Puts another first argument in place of the one the process gave; it must be stopped at the entry. */
export function setFirstArgument(libc: Libc, pid: number, value: number): void {
  const registers = new BigUint64Array(REGISTERS);
  // struct iovec { base, length }: the kernel reads and writes the registers through it.
  const vector = new BigUint64Array([
    Deno.UnsafePointer.value(Deno.UnsafePointer.of(registers)),
    BigInt(registers.byteLength),
  ]);
  libc.ptraceBuffer(PTRACE_GETREGSET, pid, NT_PRSTATUS, vector);
  registers[0] = BigInt(value);
  libc.ptraceBuffer(PTRACE_SETREGSET, pid, NT_PRSTATUS, vector);
}

/** Nothing to put back: the register of the first argument is the one that holds the result. */
export function restoreFirstArgument(_libc: Libc, _pid: number, _value: number): void {}
