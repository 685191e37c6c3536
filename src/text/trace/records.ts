/**
 * What happened as the records of a trace, each with the line it came from.
 *
 * @module
 */

import type {
  EnterRecord,
  ExecRecord,
  MapLine,
  OpenFile,
  ResourceLimits,
  TraceRecord,
} from "../../trace/format.ts";
import { baseName } from "../../trace/maps_line.ts";
import { ERRNO } from "../../abi/errno.ts";
import { PAGE_SIZE } from "../../abi/page.ts";
import { MAP_ANONYMOUS, PR_SET_VMA } from "../../abi/mman.ts";
import type { Event, Result } from "../calls/event.ts";
import { ARITY, currentName, isMemoryCall, MEMORY_CALLS } from "../calls/sets.ts";
import { numberOf } from "../calls/values.ts";
import {
  type Arguments,
  CLONE_FILES,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  cloneFlags,
  limitShown,
  readArguments,
} from "./arguments.ts";
import { Descriptors, Files } from "./descriptors.ts";
import { type Happening, makesProcess, pairCalls, type PairedCall } from "./pair.ts";

/** A record and where it came from. */
export interface Sourced {
  readonly record: TraceRecord;
  /** Number of the line; 0 for a record that stands in no line. */
  readonly line: number;
}

/** A call on memory that is in no record. */
export interface Unrecorded {
  readonly line: number;
  readonly why: string;
}

/** The records of a text, and what was counted on the way. */
export interface Recording {
  /** Everything but header and end. */
  readonly records: readonly Sourced[];
  readonly unrecorded: readonly Unrecorded[];
  readonly memoryCalls: number;
  readonly processes: number;
  readonly threads: number;
  /** Program of the first exec. */
  readonly program: string | undefined;
  readonly is32Bit: boolean;
  /** Soft limits that the text shows. */
  readonly limits: ResourceLimits;
}

/** A process, or a thread. */
interface Task {
  readonly descriptors: Descriptors;
  /** Of the memory that it may share: where the heap ends, as far as the text shows. */
  readonly memory: Memory;
}

/** What threads share. */
interface Memory {
  brk: number | undefined;
  /** Calls on it that have not returned: their place in the order is open. */
  readonly inside: Set<PairedCall>;
  /** True once a thread shares it that the text shows being made, but none of whose calls. */
  isSharedUnseen: boolean;
}

/** Who made a process. */
interface Origin {
  readonly parent: number;
  readonly flags: number;
}

/** No user's address is there: what claims to be is damaged, or of a machine that the model does not hold. */
const HIGHEST = 2 ** 52;

/**
 * Turns events into records. O(events).
 *
 * @param layout what the first process has mapped where the text begins
 * @param openLine the line of the last call, if no line end follows it, so that it may be cut; else 0
 * @param placesByLinux false if what was traced chooses addresses by rules of its own
 */
export function recordEvents(
  events: readonly Event[],
  layout: readonly MapLine[],
  openLine: number,
  placesByLinux: boolean,
): Recording {
  return new Recorder(events, layout, openLine, placesByLinux).recording();
}

class Recorder {
  readonly #records: Sourced[] = [];
  readonly #unrecorded: Unrecorded[] = [];
  readonly #tasks = new Map<number, Task>();
  readonly #origins = new Map<number, Origin>();
  readonly #files = new Files();
  readonly #segments = new Map<number, OpenFile>();
  readonly #entered = new Map<PairedCall, Arguments>();
  readonly #inPages: boolean;
  readonly #is32Bit: boolean;
  readonly #root: number;
  readonly #openLine: number;
  readonly #placesByLinux: boolean;
  #layout: readonly MapLine[];
  /** Hexadecimal digits of the longest address that a call of each name has returned. */
  readonly #digits = new Map<string, number>();
  readonly #limits: ResourceLimits = {};
  /** The first thread of each process, where the text names both. */
  readonly #groups = new Map<number, number>();
  /** Those of whom the text shows calls. */
  readonly #speaking = new Set<number>();
  /** Processes that nobody made in the text and that may be threads of any other. */
  readonly #orphans = new Set<number>();
  #isAfterGap = false;
  #sharesWithRoot = false;
  #memoryCalls = 0;
  #processes = 0;
  #threads = 0;
  #program: string | undefined;

  constructor(
    events: readonly Event[],
    layout: readonly MapLine[],
    openLine: number,
    placesByLinux: boolean,
  ) {
    this.#placesByLinux = placesByLinux;
    this.#layout = layout;
    this.#openLine = openLine;
    this.#is32Bit = events.some((event) => event.kind === "32 bits");
    const { happenings, begunBefore, root } = pairCalls(events);
    this.#inPages = hasPageOffsets(happenings);
    this.#root = root;
    for (const { line, call } of begunBefore) {
      this.#unrecorded.push({ line, why: `the beginning of this ${call} is not in the text` });
    }
    for (const happening of happenings) {
      if (happening.kind === "enter") this.#speaking.add(happening.call.pid);
      if (happening.kind !== "leave") continue;
      const { call, pid, result, args } = happening.call;
      if (!makesProcess(call) || result === undefined || result.error !== undefined) continue;
      this.#origins.set(result.value, { parent: pid, flags: cloneFlags(call, args) });
    }
    for (const happening of happenings) {
      switch (happening.kind) {
        case "enter":
          this.#enter(happening.call);
          break;
        case "leave":
          this.#leave(happening.call);
          break;
        case "exit":
          this.#exit(happening.pid, happening.status);
          break;
        case "superseded":
          this.#exit(happening.by, 0);
          break;
        case "attached":
          if (happening.threads > 1) this.#sharesWithRoot = true;
          break;
        case "gap":
          this.#isAfterGap = true;
      }
    }
  }

  recording(): Recording {
    return {
      records: this.#records,
      unrecorded: this.#unrecorded,
      memoryCalls: this.#memoryCalls,
      processes: this.#processes,
      threads: this.#threads,
      program: this.#program,
      is32Bit: this.#is32Bit,
      limits: this.#limits,
    };
  }

  #push(record: TraceRecord, line: number): void {
    this.#records.push({ record, line });
  }

  #enter(paired: PairedCall): void {
    const { pid, call, args, line } = paired;
    // An exec is the first that is told of a process that nobody made: its return introduces it.
    if (!call.startsWith("execve") || this.#origins.has(pid)) {
      this.#introduce(pid, line, asksForBreak(paired), paired.group);
    }
    if (!isMemoryCall(call)) return;
    if (asksForBreak(paired)) this.#noticeExec(paired);
    const read = readArguments(call, args, this.#inPages);
    if (MEMORY_CALLS.has(read.call)) this.#memoryCalls++;
    const isOther = read.call === "prctl" && read.values[0] !== PR_SET_VMA;
    if (!ARITY.has(read.call) || isOther) return;
    const why = whyUnreadable(read, paired) ?? this.#whyCut(read, paired.result!, paired.endLine);
    if (why !== undefined) {
      this.#unrecorded.push({ line, why });
      return;
    }
    const { memory, descriptors } = this.#tasks.get(pid)!;
    this.#entered.set(paired, read);
    memory.inside.add(paired);
    const isFile = read.call === "mmap" && (read.values[3]! & MAP_ANONYMOUS) === 0;
    const file = isFile ? descriptors.file(read.values[4], read.path) : undefined;
    const isUnsure = this.#isAfterGap || this.#orphans.size > 0 || !this.#placesByLinux ||
      memory.isSharedUnseen;
    const record: EnterRecord = {
      type: "enter",
      pid,
      call: read.call,
      args: read.values,
      ...(file !== undefined && { file }),
      ...(read.call === "prctl" && read.text !== undefined && { name: read.text }),
      ...(isUnsure && { afterGap: true }),
    };
    this.#isAfterGap = false;
    this.#push(record, line);
  }

  /** Why the result at the very end of a text is likely cut: an address shorter than all others, half a name. */
  #whyCut({ call, values }: Arguments, result: Result, endLine: number): string | undefined {
    const isAddress = call === "mmap" || call === "mremap" || call === "brk" || call === "shmat";
    const [digits, hint] = [lengthOf(result.value), lengthOf(values[0])];
    const longest = Math.max(this.#digits.get(call) ?? hint, hint);
    this.#digits.set(call, Math.max(longest, digits));
    if (endLine !== this.#openLine) return undefined;
    const isHalf = result.error === undefined
      ? digits < longest && isAddress
      : !Object.hasOwn(ERRNO, result.error);
    return isHalf ? `the text is cut within the result of this ${call}` : undefined;
  }

  #leave(paired: PairedCall): void {
    const { pid, call, args, line, result } = paired;
    if (result === undefined) return;
    if (result.error === undefined && /rlimit/.test(call)) {
      Object.assign(this.#limits, limitShown(currentName(call), args));
    }
    this.#returned(paired, result);
    if (result.error !== undefined) return;
    if (call.startsWith("execve")) this.#exec(pid, programOf(args), "new", line);
    if (makesProcess(call) && result.value !== 0) this.#introduce(result.value, line);
    if (call === "shmget") this.#segments.set(result.value, this.#segment(result.value, args));
    this.#tasks.get(pid)?.descriptors.apply(call, args, result);
  }

  #returned(paired: PairedCall, result: Result): void {
    const { pid, args, line } = paired;
    const read = this.#entered.get(paired);
    if (read === undefined) return;
    this.#entered.delete(paired);
    // A text may let who has exited return from a call.
    const memory = this.#tasks.get(pid)?.memory;
    if (memory === undefined) return;
    memory.inside.delete(paired);
    if (read.call === "brk") memory.brk = result.value;
    this.#settle(memory, read, result);
    const limits = limitOf(read.call, args);
    const segment = read.call === "shmat" ? this.#segments.get(read.values[0]!) : undefined;
    this.#push({
      type: "leave",
      pid,
      call: read.call,
      result: result.value,
      ...(result.error !== undefined && { error: result.error }),
      removed: [],
      added: [],
      ...(segment !== undefined && { file: segment }),
      ...(limits !== undefined && { limits }),
    }, line);
  }

  /** Where a mapping was placed, nothing was left: the call of another thread that was about to unmap it came first. */
  #settle(memory: Memory, read: Arguments, result: Result): void {
    if (result.error !== undefined) return;
    const length = read.call === "mmap"
      ? read.values[1]
      : read.call === "mremap"
      ? read.values[2]
      : 0;
    const start = result.value, end = start + length!;
    for (const other of [...memory.inside]) {
      const freed = freedBy(this.#entered.get(other)!, other.result!);
      if (freed === undefined || freed.start >= end || freed.end <= start) continue;
      this.#returned(other, other.result!);
    }
  }

  #segment(id: number, args: readonly string[]): OpenFile {
    const file = this.#files.open(`/SYSV${id.toString(16).padStart(8, "0")}`, "read-write");
    const size = numberOf(args[1] ?? "");
    return { ...file, size: Number.isSafeInteger(size) && size > 0 ? size : 0 };
  }

  /** brk(NULL) only tells where the heap ends: elsewhere than before, it is that of a new program. */
  #noticeExec({ pid, line, result }: PairedCall): void {
    const known = this.#tasks.get(pid)?.memory.brk;
    if (known === undefined || result === undefined || result.value === known) return;
    this.#exec(pid, "", "new", line);
  }

  /**
   * A process may speak before the call that made it has returned.
   *
   * @param begins true if what it does is what a program does first
   */
  #introduce(pid: number, line: number, begins = false, group?: number): void {
    if (this.#tasks.has(pid)) return;
    const origin = this.#originOf(pid, group);
    if (group !== undefined && !this.#groups.has(group)) this.#groups.set(group, pid);
    const isThreadOfRoot = pid !== this.#root && origin?.parent === this.#root &&
      this.#sharesWithRoot;
    if (isThreadOfRoot) this.#introduce(this.#root, line);
    const parent = origin && this.#tasks.get(origin.parent);
    if (origin === undefined || parent === undefined) {
      if (this.#tasks.size > 0 && !begins) this.#orphans.add(pid);
      return this.#exec(pid, "", begins ? "new" : "running", line);
    }
    const { flags } = origin;
    const sharesMemory = (flags & CLONE_VM) !== 0;
    const isSilent = sharesMemory && (flags & CLONE_VFORK) === 0 && !this.#speaking.has(pid);
    if (isSilent) parent.memory.isSharedUnseen = true;
    if (flags & CLONE_THREAD) this.#threads++;
    else this.#processes++;
    this.#tasks.set(pid, {
      descriptors: flags & CLONE_FILES ? parent.descriptors : parent.descriptors.copy(),
      memory: sharesMemory ? parent.memory : { ...parent.memory, inside: new Set() },
    });
    this.#push({ type: "fork", pid: origin.parent, child: pid, sharesMemory, flags }, line);
  }

  /** Threads of a process that was attached to as a whole were not made in the text. */
  #originOf(pid: number, group: number | undefined): Origin | undefined {
    const origin = this.#origins.get(pid);
    if (origin !== undefined) return origin;
    const first = group === undefined ? undefined : this.#groups.get(group);
    const parent = first ?? (this.#sharesWithRoot && pid !== this.#root ? this.#root : undefined);
    return parent === undefined
      ? undefined
      : { parent, flags: CLONE_VM | CLONE_FILES | CLONE_THREAD };
  }

  #exec(pid: number, program: string, unknown: "new" | "running", line: number): void {
    if (program !== "") this.#program ??= program;
    if (unknown === "new") this.#orphans.delete(pid);
    const layout = this.#layout;
    this.#layout = [];
    const before = this.#tasks.get(pid);
    if (before === undefined) this.#processes++;
    const stack = layout.find(({ name }) => name === "[stack]");
    this.#tasks.set(pid, {
      descriptors: before?.descriptors ?? new Descriptors(this.#files),
      memory: { brk: undefined, inside: new Set(), isSharedUnseen: false },
    });
    const record: ExecRecord = {
      type: "exec",
      pid,
      program,
      layout,
      brk: 0,
      stack: stack?.end === undefined ? 0 : stack.end - 8,
      mmapBase: 0,
      legacyLayout: false,
      limits: {},
      ...(layout.length === 0 && { unknown }),
    };
    this.#push(record, line);
  }

  #exit(pid: number, status: number): void {
    if (!this.#tasks.delete(pid)) return;
    this.#orphans.delete(pid);
    this.#push({ type: "exit", pid, status }, 0);
  }
}

/** Digits of a number. */
function lengthOf(value = 0): number {
  return value.toString(16).length;
}

/** What a call that succeeded has unmapped. */
function freedBy(
  { call, values }: Arguments,
  result: Result,
): { readonly start: number; readonly end: number } | undefined {
  const [start = 0, length = 0] = values;
  if (result.error !== undefined) return undefined;
  const isGone = call === "munmap" || (call === "mremap" && result.value !== start);
  return isGone ? { start, end: start + length } : undefined;
}

/** True for brk(NULL), with which the C library's loader begins. */
function asksForBreak({ call, args, result }: PairedCall): boolean {
  return call === "brk" && result !== undefined && numberOf(args[0] ?? "0") === 0;
}

/** Arguments at least, of calls that take the last ones for some flags alone. */
const FEWEST: ReadonlyMap<string, number> = new Map([["mmap", 4], ["mremap", 3]]);

/** Why a call cannot be in a trace, undefined if it can. */
function whyUnreadable(read: Arguments, { returned, result }: PairedCall): string | undefined {
  const { call, values } = read;
  const wanted = FEWEST.get(call) ?? ARITY.get(call)!;
  if (MEMORY_CALLS.has(call) && values.length < wanted) {
    return `${call} has ${values.length} of its ${ARITY.get(call)} arguments`;
  }
  if (values.some(Number.isNaN)) {
    return `an argument of ${call} is no number, nor a name that is known`;
  }
  if (!returned) return `the return of this ${call} is not in the text`;
  if (result === undefined) return `this ${call} did not return`;
  const [address = 0, length = 0] = values;
  const placed = call === "mmap" || call === "mremap" ? result.value : 0;
  if (address + length > HIGHEST && result.error === undefined && call !== "prctl") {
    return `the address of this ${call} is beyond those that the model holds`;
  }
  if (placed % PAGE_SIZE !== 0) {
    return `the result of this ${call} is no page's address: it is cut or damaged`;
  }
  return placed < 0 || placed + length > HIGHEST
    ? `the result of this ${call} is beyond the addresses that the model holds`
    : undefined;
}

function limitOf(call: string, args: readonly string[]): ResourceLimits | undefined {
  return call === "prlimit64" || call === "setrlimit" ? limitShown(call, args) : undefined;
}

/** Old strace prints the offsets of mmap2 in the kernel's unit, pages, later ones in bytes: those are whole pages. */
function hasPageOffsets(happenings: readonly Happening[]): boolean {
  return happenings.some((each) =>
    each.kind === "enter" && each.call.call === "mmap2" &&
    numberOf(each.call.args[5] ?? "") % PAGE_SIZE > 0
  );
}

/** The base name of the first text in an exec's arguments. */
function programOf(args: readonly string[]): string {
  const text = args.find((arg) => arg.startsWith('"')) ?? "";
  return baseName(/^"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? "");
}
