/**
 * arm64: the register of a call's first argument, and how a tracer changes it.
 *
 * @module
 */
import type { LibcCalls } from "./libc.ts";

const PTRACE_GETREGSET = 0x4204;
const PTRACE_SETREGSET = 0x4205;
const NT_PRSTATUS = 1;
/** `struct user_pt_regs`: x0 to x30, sp, pc, pstate. */
const REGISTERS = 34;

/** AUDIT_ARCH_AARCH64: a call with another value was made in 32-bit mode. */
export const ARCHITECTURE = 0xc00000b7;

/** Puts another first argument in place of the one the process gave; it must be stopped at the entry. */
export function setFirstArgument(libc: LibcCalls, pid: number, value: number): void {
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
export function restoreFirstArgument(_libc: LibcCalls, _pid: number, _value: number): void {}
