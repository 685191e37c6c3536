/**
 * The stops of traced processes: ptrace(2) as typed calls and a loop that waits.
 *
 * Constants: Linux include/uapi/linux/ptrace.h and include/uapi/linux/wait.h.
 *
 * @module
 */
import { ERRNO } from "../abi/errno.ts";
import { numberOfWord } from "../abi/word.ts";
import { type LibcCalls, LibcError } from "./libc.ts";
import { answerOf, callOf, readRegisters, REGISTERS } from "./registers_x86_64.ts";

const PTRACE_DETACH = 17;
const PTRACE_SYSCALL = 24;
const PTRACE_GETEVENTMSG = 0x4201;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
const PTRACE_LISTEN = 0x4208;
const PTRACE_GET_SYSCALL_INFO = 0x420e;

/** Where at a call a process stands, as PTRACE_GET_SYSCALL_INFO and the message of the stop tell. */
const INFO_ENTRY = 1, INFO_EXIT = 2;

const TRACE_SYSGOOD = 0x01;
const TRACE_FORK = 0x02;
const TRACE_VFORK = 0x04;
const TRACE_CLONE = 0x08;
const TRACE_EXEC = 0x10;
/** A command that was started to be recorded ends if the recorder is killed. */
const TRACE_EXITKILL = 0x100000;
const OPTIONS = TRACE_SYSGOOD | TRACE_FORK | TRACE_VFORK | TRACE_CLONE | TRACE_EXEC |
  TRACE_EXITKILL;

/** Of all kinds, but only what this thread started or traces: other threads of the process wait for theirs. */
const WALL_OF_THIS_THREAD = 0x40000000 | 0x20000000;
const WNOHANG = 1;
const SIGTRAP = 5;
const STOPPED = 0x7f;
/** Ctrl-C and a polite kill are heard, and what was recorded is written, at least this often. */
const HEAR_MS = 25;

const EVENT_NAMES = new Map<number, "fork" | "vfork" | "clone" | "exec">([
  [1, "fork"],
  [2, "vfork"],
  [3, "clone"],
  [4, "exec"],
]);
const EVENT_STOP = 128;
const STOP_SIGNALS: readonly number[] = [19, 20, 21, 22]; // SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU

/** Why a traced process stopped, or that it ended. */
export type Stop =
  /** At the entry or exit of a system call; {@linkcode Tracer.callInfo} tells which. */
  | { readonly kind: "call"; readonly pid: number }
  /** It made a process, or became another program. `message`: the new process, or the id before exec. */
  | {
    readonly kind: "fork" | "vfork" | "clone" | "exec";
    readonly pid: number;
    readonly message: number;
  }
  /** A signal is about to be delivered. */
  | { readonly kind: "signal"; readonly pid: number; readonly signal: number }
  /** Stopped by a stop signal, as job control does. */
  | { readonly kind: "group-stop"; readonly pid: number }
  /** A new process before its first instruction, or any other trap that only wants to be resumed. */
  | { readonly kind: "trap"; readonly pid: number }
  /** It ended: exit status, or 128 + signal. */
  | { readonly kind: "exit"; readonly pid: number; readonly status: number };

/** What the kernel says about a call at its entry or exit. */
export type CallInfo =
  | {
    readonly at: "entry";
    /** AUDIT_ARCH value: whether it is a 32-bit call shows here. */
    readonly architecture: number;
    readonly number: number;
    /** Six arguments; one above 2^53 as its signed value, see the trace format. */
    readonly args: readonly number[];
  }
  | { readonly at: "exit"; readonly result: number; readonly failed: boolean };

/** The kernel does not tell of calls: nothing can be recorded there. */
export class UntoldCallError extends Error {
  /** Shown where an error is printed whole. */
  override name = "UntoldCallError";

  /** Made at the first stop at a call. */
  constructor() {
    super("this kernel does not tell which call a process makes (PTRACE_GET_SYSCALL_INFO)");
  }
}

/** Traces processes and tells of their stops one by one. */
export class Tracer {
  readonly #libc: LibcCalls;
  readonly #status = new Int32Array(1);
  readonly #message = new BigUint64Array(1);
  readonly #info = new Uint8Array(88); // struct ptrace_syscall_info
  readonly #view = new DataView(this.#info.buffer);
  readonly #registers = new BigUint64Array(REGISTERS);
  readonly #clock: () => number;
  #heardMs: number;

  /**
   * Traces nothing yet.
   *
   * @param libc the library to call
   * @param clock tells the time, ms
   */
  constructor(libc: LibcCalls, clock: () => number = () => performance.now()) {
    this.#libc = libc;
    this.#clock = clock;
    this.#heardMs = clock();
  }

  /**
   * Begins to trace a process and, from then on, all it makes.
   *
   * @throws {LibcError} no permission, or no such process
   */
  seize(pid: number): void {
    if (this.#libc.ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0) {
      throw new LibcError("ptrace", this.#libc.errno());
    }
  }

  /** Begins to wait in this thread, which is interrupted now and then; ended by what it returns. */
  start(): () => void {
    return this.#libc.startTicks(HEAR_MS);
  }

  /**
   * Waits for the next stop of any traced process; nothing when none is left. The wait is in this thread, as a stop is
   * mostly microseconds away; it gives way now and then so that signals to the recorder are heard.
   *
   * @param patienceMs answer `"late"` if none comes so long
   * @param signal answer `"late"` when it is aborted
   */
  async next(patienceMs = Infinity, signal?: AbortSignal): Promise<Stop | "late" | undefined> {
    const startMs = this.#clock();
    if (startMs - this.#heardMs > HEAR_MS) await this.#hear();
    for (;;) {
      const pid = this.#libc.wait(-1, this.#status, WALL_OF_THIS_THREAD);
      if (pid > 0) return this.#stop(pid, this.#status[0]!);
      if (this.#libc.errno() !== ERRNO.EINTR) return undefined;
      await this.#hear();
      if (this.#clock() - startMs > patienceMs || signal?.aborted) return "late";
    }
  }

  /** Lets whatever else waits for this thread happen. */
  async #hear(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#heardMs = this.#clock();
  }

  /** Waits for the next stop of one process, at most so long; nothing if it does not stop. */
  stopOf(pid: number, patienceMs = 2_000): Stop | undefined {
    const startMs = this.#clock();
    do {
      const found = this.#libc.wait(pid, this.#status, WALL_OF_THIS_THREAD);
      if (found === pid) return this.#stop(pid, this.#status[0]!);
      if (this.#libc.errno() !== ERRNO.EINTR) return undefined;
    } while (this.#clock() - startMs < patienceMs);
    return undefined;
  }

  /** The stop that a process has come to already; nothing if it runs. */
  stopNow(pid: number): Stop | undefined {
    const found = this.#libc.wait(pid, this.#status, WALL_OF_THIS_THREAD | WNOHANG);
    return found === pid ? this.#stop(pid, this.#status[0]!) : undefined;
  }

  /** Lets other processes run. */
  yield(): void {
    this.#libc.yield();
  }

  /**
   * What call the process is at the entry or exit of, when it stopped at one.
   *
   * @throws {UntoldCallError} the kernel tells neither by the request nor by the message of the stop
   */
  callInfo(pid: number): CallInfo | undefined {
    const length = this.#libc.ptraceBuffer(
      PTRACE_GET_SYSCALL_INFO,
      pid,
      this.#info.length,
      this.#info,
    );
    if (length < 0 && this.#libc.errno() === ERRNO.EIO) return this.#callInRegisters(pid);
    if (length <= 0) return undefined; // it was killed meanwhile
    const view = this.#view;
    const at = view.getUint8(0);
    if (at === INFO_EXIT) {
      return { at: "exit", result: toNumber(view, 24), failed: view.getUint8(32) !== 0 };
    }
    if (at !== INFO_ENTRY) return undefined;
    const args = [32, 40, 48, 56, 64, 72].map((offset) => toNumber(view, offset));
    return {
      at: "entry",
      architecture: view.getUint32(4, true),
      number: Number(view.getBigUint64(24, true)),
      args,
    };
  }

  /** Lets a stopped process run to its next stop, and delivers a signal to it. */
  resume(pid: number, signal = 0): void {
    this.#libc.ptrace(PTRACE_SYSCALL, pid, 0, signal);
  }

  /** Leaves a process stopped as job control wants it, while still hearing of what happens to it. */
  leaveStopped(pid: number): void {
    this.#libc.ptrace(PTRACE_LISTEN, pid, 0, 0);
  }

  /** Makes a running process stop, so that a wait for stops returns. */
  interrupt(pid: number): void {
    this.#libc.ptrace(PTRACE_INTERRUPT, pid, 0, 0);
  }

  /** Lets a running or stopped process go: it is traced no more. */
  release(pid: number): void {
    if (this.#libc.ptrace(PTRACE_DETACH, pid, 0, 0) === 0) return;
    this.interrupt(pid);
    if (this.stopOf(pid) === undefined) return;
    this.#libc.ptrace(PTRACE_DETACH, pid, 0, 0);
  }

  #stop(pid: number, status: number): Stop {
    const low = status & 0x7f;
    if ((status & 0xff) !== STOPPED) {
      return { kind: "exit", pid, status: low === 0 ? (status >> 8) & 0xff : 128 + low };
    }
    const signal = (status >> 8) & 0xff;
    const event = status >> 16;
    if (signal === (SIGTRAP | 0x80)) return { kind: "call", pid };
    if (event === EVENT_STOP) {
      return { kind: STOP_SIGNALS.includes(signal) ? "group-stop" : "trap", pid };
    }
    const kind = EVENT_NAMES.get(event);
    if (kind !== undefined) return { kind, pid, message: this.#eventMessage(pid) };
    return event === 0 ? { kind: "signal", pid, signal } : { kind: "trap", pid };
  }

  /**
   * The same from the registers, where the kernel lacks the request: it is of Linux 5.3, and kernels that run as a
   * process of another (arch/um) lack it in 6.12 still. Entry or exit is in the message of the stop there
   * (`ptrace_report_syscall()`, Linux include/linux/ptrace.h).
   */
  #callInRegisters(pid: number): CallInfo | undefined {
    const at = this.#eventMessage(pid);
    const isTold = Deno.build.arch === "x86_64" && (at === INFO_ENTRY || at === INFO_EXIT);
    if (!isTold) throw new UntoldCallError();
    if (!readRegisters(this.#libc, pid, this.#registers)) return undefined;
    return at === INFO_ENTRY
      ? { at: "entry", ...callOf(this.#registers) }
      : { at: "exit", ...answerOf(this.#registers) };
  }

  #eventMessage(pid: number): number {
    this.#libc.ptraceBuffer(PTRACE_GETEVENTMSG, pid, 0, this.#message);
    return Number(this.#message[0]);
  }
}

/** A 64-bit value as the trace format wants it. */
function toNumber(view: DataView, offset: number): number {
  return numberOfWord(view.getBigUint64(offset, true));
}
