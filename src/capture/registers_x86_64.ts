/**
 * x86-64: the registers of a stopped process, and which of them hold a call. `struct user_regs_struct`: Linux
 * arch/x86/include/asm/user_64.h.
 *
 * @module
 */
import { numberOfWord } from "../abi/word.ts";
import type { LibcCalls } from "./libc.ts";

const PTRACE_POKEUSER = 6, PTRACE_GETREGS = 12, PTRACE_SETREGS = 13;

/** The requests for registers look at no address. */
const NO_ADDRESS = 0;

/** How many words they are. */
export const REGISTERS = 27;
/** Their words, by name; `call` is the number of the call that the process is inside. */
export const REGISTER = { rax: 10, call: 15, rip: 16, cs: 17 } as const;
/** Those of a call's arguments: rdi, rsi, rdx, r10, r8, r9. */
export const ARGUMENTS: readonly number[] = [14, 13, 12, 7, 9, 8];
/** Code segment of a program that runs 64-bit code. */
export const LONG_MODE = 0x33n;

/** AUDIT_ARCH_X86_64: a call with another value was made in 32-bit mode. */
export const ARCHITECTURE = 0xc000003e;
/** AUDIT_ARCH_I386. */
const ARCHITECTURE_32 = 0x40000003;
/** A result from here on is an errno, as a signed number. */
const LOWEST_ERROR = -4095;

/** Fills the words with the registers of a stopped process; false if it is gone. */
export function readRegisters(
  libc: Pick<LibcCalls, "ptraceBuffer">,
  pid: number,
  words: BigUint64Array<ArrayBuffer>,
): boolean {
  return libc.ptraceBuffer(PTRACE_GETREGS, pid, NO_ADDRESS, words) >= 0;
}

/** Gives a stopped process other registers. */
export function writeRegisters(
  libc: Pick<LibcCalls, "ptraceBuffer">,
  pid: number,
  words: BigUint64Array<ArrayBuffer>,
): void {
  libc.ptraceBuffer(PTRACE_SETREGS, pid, NO_ADDRESS, words);
}

/** The call at whose entry a process with these registers stands: its number and arguments, and what kind it is. */
export function callOf(
  words: BigUint64Array,
): { readonly architecture: number; readonly number: number; readonly args: readonly number[] } {
  return {
    architecture: words[REGISTER.cs] === LONG_MODE ? ARCHITECTURE : ARCHITECTURE_32,
    number: numberOfWord(words[REGISTER.call]!),
    args: ARGUMENTS.map((at) => numberOfWord(words[at]!)),
  };
}

/** The answer of the call at whose exit a process with these registers stands. */
export function answerOf(
  words: BigUint64Array,
): { readonly result: number; readonly failed: boolean } {
  const result = numberOfWord(words[REGISTER.rax]!);
  return { result, failed: LOWEST_ERROR <= result && result < 0 };
}

/** Puts another first argument in place of the one the process gave; it must be stopped at the entry. */
export function setFirstArgument(libc: LibcCalls, pid: number, value: number): void {
  libc.ptrace(PTRACE_POKEUSER, pid, 8 * ARGUMENTS[0]!, value);
}

/**
 * Puts the register back before the process goes on: the kernel promises to keep it, and compilers
 * rely on that.
 */
export function restoreFirstArgument(libc: LibcCalls, pid: number, value: number): void {
  setFirstArgument(libc, pid, value);
}
