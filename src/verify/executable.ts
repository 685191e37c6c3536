/**
 * A table of system calls as a program: a static ELF executable of a few machine instructions that
 * makes the calls one after the other.
 *
 * A compiler's program would drag its runtime's own memory calls along. This one makes exactly the
 * calls of its table: it has no stack frame, no library, no signal handler, and is built byte by byte
 * wherever Deno runs.
 *
 * ```
 * again:  load number and six arguments of the entry      entry: number, 6 arguments, skip, target
 *         system call                                             (nine 64-bit words)
 *         add the result to the word at the entry's target
 *         go to the next entry; unless the result is 0, `skip` entries further
 * ```
 * The target lets a later call use what an earlier one returned; the skip lets parent and child of a
 * fork go different ways. Pages are touched by calls that read or write there (`read` of `/dev/zero`),
 * which answer EFAULT where a load or store would end the program.
 *
 * Formats: elf(5); instruction encodings: Intel SDM volume 2, Arm ARM section C6.
 *
 * @module
 */

import type { Architecture } from "../abi/syscalls.ts";

/** A call of the table. */
export interface TableCall {
  /** The call's number on the machine. */
  readonly number: number;
  /** Up to six arguments. */
  readonly args: readonly Argument[];
  /** Entries to pass over if the result is not 0, below 0 to go back; none unless given. */
  readonly skip?: number;
  /** Adds the result to an argument of another call, or to the word at an address. */
  readonly target?: { readonly entry: number; readonly argument: number } | {
    readonly address: number;
  };
}

/** A number of 64 bits (a negative one as two's complement), or the address of a text. */
export type Argument = number | bigint | Text;

/** Bytes in the program's data, placed once however often they are used; a text ends with a zero. */
export class Text {
  /** What lies in memory. */
  readonly bytes: Uint8Array;

  /** A text with its zero byte, or bytes as they are. */
  constructor(content: string | Uint8Array) {
    this.bytes = typeof content === "string" ? new TextEncoder().encode(content + "\0") : content;
  }
}

const PAGE = 4096;
const CODE_ADDRESS = 0x40_0000;
const TABLE_ADDRESS = 0x40_1000;
const WORDS = 9;
const ENTRY = 8 * WORDS;
const SKIP = 7, TARGET = 8;

const EM: Readonly<Record<Architecture, number>> = { x86_64: 62, aarch64: 183 };

/**
 * The executable that makes the calls of the table in order. The last one must not return.
 */
export function executable(
  machine: Architecture,
  table: readonly TableCall[],
): Uint8Array<ArrayBuffer> {
  const texts = new Set(table.flatMap((call) => call.args.filter((arg) => arg instanceof Text)));
  const addresses = new Map<Text, number>();
  const scratch = TABLE_ADDRESS + ENTRY * table.length; // where a result goes that no call needs
  let end = scratch + 8;
  for (const text of texts) {
    addresses.set(text, end);
    end += Math.ceil(text.bytes.length / 8) * 8;
  }

  const file = new Uint8Array(PAGE + end - TABLE_ADDRESS);
  const view = new DataView(file.buffer);
  writeHeaders(view, machine, file.length);
  file.set(CODE[machine](), HEADERS);
  table.forEach((call, position) => {
    const at = PAGE + ENTRY * position;
    const put = (word: number, value: number | bigint) =>
      view.setBigUint64(at + 8 * word, BigInt(value), true);
    put(0, call.number);
    call.args.forEach((arg, i) => put(1 + i, arg instanceof Text ? addresses.get(arg)! : arg));
    put(SKIP, ENTRY * (call.skip ?? 0));
    const { target } = call;
    put(TARGET, target === undefined ? scratch : addressOf(target));
  });
  for (const [text, address] of addresses) file.set(text.bytes, PAGE + address - TABLE_ADDRESS);
  return file;
}

function addressOf(target: NonNullable<TableCall["target"]>): number {
  return "address" in target ? target.address : addressOfArgument(target.entry, target.argument);
}

/** Where an argument of a call lies in the program's memory: what is written there, the call is made with. */
export function addressOfArgument(entry: number, argument: number): number {
  return TABLE_ADDRESS + ENTRY * entry + 8 * (1 + argument);
}

const FILE_HEADER = 64, PROGRAM_HEADER = 56;
const HEADERS = FILE_HEADER + 3 * PROGRAM_HEADER;

/** ELF header and three program headers: code, table, and a stack that is not executable. */
function writeHeaders(view: DataView, machine: Architecture, length: number): void {
  // In ascending order, each as 64 bits: what a shorter one writes too much is 0, or the next one's.
  const words: readonly (readonly [offset: number, value: number])[] = [
    [0, 0x464c457f], // "\x7fELF"
    [4, 0x00010102], // 64-bit, little-endian, version 1
    [16, 2], // ET_EXEC
    [18, EM[machine]],
    [20, 1],
    [24, CODE_ADDRESS + HEADERS], // entry
    [32, FILE_HEADER], // program headers
    [52, FILE_HEADER],
    [54, PROGRAM_HEADER],
    [56, 3],
    ...segment(0, 1, 5, 0, CODE_ADDRESS, PAGE), // PT_LOAD, read and execute
    ...segment(1, 1, 6, PAGE, TABLE_ADDRESS, length - PAGE), // PT_LOAD, read and write
    ...segment(2, 0x6474e551, 6, 0, 0, 0), // PT_GNU_STACK
  ];
  for (const [offset, value] of words) view.setBigUint64(offset, BigInt(value), true);
}

function segment(
  index: number,
  type: number,
  flags: number,
  offset: number,
  address: number,
  size: number,
): (readonly [number, number])[] {
  const at = FILE_HEADER + PROGRAM_HEADER * index;
  return [
    [at, type],
    [at + 4, flags],
    [at + 8, offset],
    [at + 16, address],
    [at + 24, address],
    [at + 32, size],
    [at + 40, size],
    [at + 48, PAGE],
  ];
}

const CODE: Readonly<Record<Architecture, () => Uint8Array>> = {
  x86_64: () =>
    // deno-fmt-ignore
    new Uint8Array([
      0xbb, ...bytesOf(TABLE_ADDRESS),        //        mov ebx, table
      0x48, 0x8b, 0x03,                       // again: mov rax, [rbx]
      0x48, 0x8b, 0x7b, 0x08,                 //        mov rdi, [rbx+8]
      0x48, 0x8b, 0x73, 0x10,                 //        mov rsi, [rbx+16]
      0x48, 0x8b, 0x53, 0x18,                 //        mov rdx, [rbx+24]
      0x4c, 0x8b, 0x53, 0x20,                 //        mov r10, [rbx+32]
      0x4c, 0x8b, 0x43, 0x28,                 //        mov r8, [rbx+40]
      0x4c, 0x8b, 0x4b, 0x30,                 //        mov r9, [rbx+48]
      0x0f, 0x05,                             //        syscall
      0x48, 0x8b, 0x4b, 0x38,                 //        mov rcx, [rbx+56]
      0x48, 0x8b, 0x53, 0x40,                 //        mov rdx, [rbx+64]
      0x48, 0x01, 0x02,                       //        add [rdx], rax
      0x48, 0x83, 0xc3, ENTRY,                //        add rbx, ENTRY
      0x48, 0x85, 0xc0,                       //        test rax, rax
      0x74, 0xcf,                             //        jz again
      0x48, 0x01, 0xcb,                       //        add rbx, rcx
      0xeb, 0xca,                             //        jmp again
    ]),
  aarch64: () =>
    new Uint8Array([
      0xd2a00813, // movz x19, #0x40, lsl #16
      0xf2820013, // movk x19, #0x1000
      0xa9400268, // again: ldp x8, x0, [x19]
      0xa9410a61, // ldp x1, x2, [x19, #16]
      0xa9421263, // ldp x3, x4, [x19, #32]
      0xf9401a65, // ldr x5, [x19, #48]
      0xd4000001, // svc #0
      0xa943aa69, // ldp x9, x10, [x19, #56]
      0xf940014b, // ldr x11, [x10]
      0x8b00016b, // add x11, x11, x0
      0xf900014b, // str x11, [x10]
      0x91012273, // add x19, x19, #72
      0xb4fffec0, // cbz x0, again
      0x8b090273, // add x19, x19, x9
      0x17fffff4, // b again
    ].flatMap(bytesOf)),
};

/** Four bytes, the lowest first. */
function bytesOf(word: number): number[] {
  return [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
}
