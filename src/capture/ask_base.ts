/**
 * Asking a new program where `mmap(NULL)` begins to place, and in which direction it goes on, which the kernel tells
 * nowhere: before its first instruction the process is made to map one page, then another, and to unmap them again. The
 * first goes to the very end of the area, or the area's end is taken already: either way it is known then.
 *
 * The instruction that enters the kernel is borrowed from the vdso, so nothing of the program is written to; signals
 * are blocked meanwhile, and the registers are put back. x86-64 only.
 *
 * @module
 */
import { PAGE_SIZE } from "../abi/page.ts";
import type { MapLine } from "../trace/format.ts";
import type { LibcCalls } from "./libc.ts";
import type { CallInfo, Stop, Tracer } from "./ptrace.ts";
import {
  ARGUMENTS,
  LONG_MODE,
  readRegisters,
  REGISTER,
  REGISTERS,
  writeRegisters,
} from "./registers_x86_64.ts";

const PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK = 0x420b;
const SIGMASK_BYTES = 8;
const SIGSTOP = 19;
const MMAP = 9n, MUNMAP = 11n;
const MAP_PRIVATE_ANONYMOUS = 0x22n;
const NONE = 0xffff_ffff_ffff_ffffn;
/** Stops that the asking takes, and others that may come between; each of these is let go on. */
const MOST_STOPS = 20;

/** Where the kernel places. */
export interface AskedPlacement {
  /** Where the first page went, bytes; absent if it could not be asked. */
  readonly page?: number;
  /** True if the next page went above it: the area is filled upwards. Absent if there was no room for a second one. */
  readonly goesUp?: boolean;
}

/** What was found out, and what was met on the way. */
export interface AskedBase extends AskedPlacement {
  /** The exit of the program's exec, which came first: its record is still to be made. */
  readonly execExit?: CallInfo & { at: "exit" };
  /** A stop that ended the asking; it is still to be handled. */
  readonly stop?: Stop;
}

/**
 * Asks a process that stopped because it has become another program. It stands at the exit of that call afterwards,
 * unless `stop` says otherwise.
 */
export function askBase(
  libc: LibcCalls,
  tracer: Tracer,
  pid: number,
  layout: readonly MapLine[],
): AskedBase {
  tracer.resume(pid);
  const stop = tracer.stopOf(pid);
  if (stop?.kind !== "call") return stop === undefined ? {} : { stop };
  const info = tracer.callInfo(pid);
  if (info?.at !== "exit") return { stop };
  const vdso = layout.find(({ name }) => name === "[vdso]");
  const entry = vdso && findEntry(libc, pid, vdso);
  if (entry === undefined) return { execExit: info };
  const asked = new Borrowed(libc, tracer, pid, entry).ask();
  return { ...asked, execExit: info };
}

/** The address of an instruction `syscall` in the vdso. */
function findEntry(libc: LibcCalls, pid: number, { start, end }: MapLine): number | undefined {
  const words = libc.readWords(pid, start, (end - start) / 8);
  if (words === undefined) return undefined;
  const bytes = new Uint8Array(words.buffer);
  for (let at = 0; at + 1 < bytes.length; at++) {
    if (bytes[at] === 0x0f && bytes[at + 1] === 0x05) return start + at;
  }
  return undefined;
}

/** A process whose registers are borrowed. */
class Borrowed {
  readonly #libc: LibcCalls;
  readonly #tracer: Tracer;
  readonly #pid: number;
  readonly #entry: number;
  readonly #own = new BigUint64Array(REGISTERS);
  readonly #mask = new BigUint64Array(1);
  #stops = 0;

  constructor(libc: LibcCalls, tracer: Tracer, pid: number, entry: number) {
    this.#libc = libc;
    this.#tracer = tracer;
    this.#pid = pid;
    this.#entry = entry;
  }

  ask(): AskedPlacement & Pick<AskedBase, "stop"> {
    if (!this.#borrow()) return {};
    const first = this.#map();
    if (typeof first === "object") return { stop: first };
    if (first === undefined) return this.#giveBack({});
    const second = this.#map();
    if (typeof second === "object") return { stop: second };
    for (const page of second === undefined ? [first] : [second, first]) {
      const unmapped = this.#call(MUNMAP, [BigInt(page), BigInt(PAGE_SIZE)]);
      if (typeof unmapped === "object") return { stop: unmapped };
      if (unmapped === undefined) return this.#giveBack({});
    }
    return this.#giveBack({ page: first, ...(second !== undefined && { goesUp: second > first }) });
  }

  #map(): number | undefined | Stop {
    return this.#call(MMAP, [0n, BigInt(PAGE_SIZE), 0n, MAP_PRIVATE_ANONYMOUS, NONE, 0n]);
  }

  #borrow(): boolean {
    return readRegisters(this.#libc, this.#pid, this.#own) &&
      this.#own[REGISTER.cs] === LONG_MODE &&
      this.#transfer(PTRACE_GETSIGMASK, SIGMASK_BYTES, this.#mask) &&
      this.#transfer(PTRACE_SETSIGMASK, SIGMASK_BYTES, new BigUint64Array([NONE]));
  }

  #giveBack(found: AskedPlacement): AskedPlacement {
    writeRegisters(this.#libc, this.#pid, this.#own);
    this.#transfer(PTRACE_SETSIGMASK, SIGMASK_BYTES, this.#mask);
    return found;
  }

  #transfer(request: number, address: number, data: BigUint64Array<ArrayBuffer>): boolean {
    return this.#libc.ptraceBuffer(request, this.#pid, address, data) >= 0;
  }

  /** Makes the process call the kernel; undefined if it was refused, the stop if the process has ended. */
  #call(number: bigint, args: readonly bigint[]): number | undefined | Stop {
    const registers = this.#own.slice();
    args.forEach((value, at) => registers[ARGUMENTS[at]!] = value);
    registers[REGISTER.rax] = number;
    registers[REGISTER.call] = NONE; // what was interrupted is not to be made again
    registers[REGISTER.rip] = BigInt(this.#entry);
    writeRegisters(this.#libc, this.#pid, registers);
    for (const at of ["entry", "exit"]) {
      const stop = this.#nextCall();
      if (stop?.kind === "exit") return stop;
      const info = stop && this.#tracer.callInfo(this.#pid);
      if (info?.at !== at) return undefined;
      if (info.at === "exit") return info.failed ? undefined : info.result;
    }
    return undefined;
  }

  /** The next stop at a call, or the end of the process. A stop signal, which cannot be blocked, comes again later. */
  #nextCall(): Stop | undefined {
    while (this.#stops++ < MOST_STOPS) {
      this.#tracer.resume(this.#pid);
      const stop = this.#tracer.stopOf(this.#pid);
      if (stop?.kind === "group-stop") this.#libc.kill(this.#pid, SIGSTOP);
      if (stop === undefined || stop.kind === "call" || stop.kind === "exit") return stop;
    }
    return undefined;
  }
}
