/**
 * Records a command and every process it makes: what is recorded, and in which order.
 *
 * # What holds
 *
 * - A process is stopped while its layout is read, so what a record shows is what the kernel had between
 *   two instructions of that process. Threads share a layout: at any time only one of them is inside a
 *   call that changes it, the others are kept waiting at the entry of theirs.
 * - `Space.layout` is the layout as the records so far show it: applying every `leave`, `grow` and `fault`
 *   record to the one of the `exec` gives exactly it.
 * - First writes and stack growth become known at the entry of the next call of any kind. Those that a
 *   call itself brought about (`MAP_POPULATE`, `mlock`) stand after its `leave`, as the kernel faults
 *   pages in after it has changed the layout.
 *
 * @module
 */
import {
  type Architecture,
  argumentsOf,
  isRecorded,
  recordedCalls,
  systemCall,
} from "../abi/syscalls.ts";
import { baseName } from "../trace/maps_line.ts";
import type { MapLine, OpenFile, ResourceLimits, TraceRecord } from "../trace/format.ts";
import { cloneFlags, cloneSharesMemory, failedMoves, isExclusive, pageMoves } from "./calls.ts";
import { errnoName } from "../abi/errno.ts";
import { RecordError } from "./launch.ts";
import { carriedWrites, difference, grownStacks, hasFlag, withGrown } from "./layout.ts";
import type { Libc } from "./libc.ts";
import { olderPlacement } from "./older_placement.ts";
import { OpenFiles } from "./open_files.ts";
import { pointedTo } from "./pointers.ts";
import { hasIpcLock, parseLimits, parseSmaps, parseStat } from "./proc.ts";
import type { CallInfo, Stop, Tracer } from "./ptrace.ts";
import * as arm64 from "./registers_arm64.ts";
import * as x86_64 from "./registers_x86_64.ts";

const ADDR_NO_RANDOMIZE = 0x0040000, ADDR_COMPAT_LAYOUT = 0x0200000;
const MAP_ANONYMOUS = 0x20;
const CLONE_THREAD = 0x10000;
const SHM_RDONLY = 0x1000;
const SIGINT = 2;

/** An address space and the processes that use it. */
interface Space {
  layout: MapLine[];
  mmapBase: number;
  /** Whoever is inside a call that excludes others. */
  inside?: Task | undefined;
  /** Who waits at the entry of such a call. */
  readonly waiting: { readonly task: Task; readonly call: string; readonly args: Arguments }[];
}

type Arguments = readonly number[];

/** A process or a thread. */
interface Task {
  readonly pid: number;
  /** The thread group's leader: itself, unless it is a thread. */
  readonly leader: number;
  space: Space;
  /** The recorded call it is inside. */
  open?: OpenCall | undefined;
  /** Page faults of its process when the layout was last looked at between calls. */
  faults: number;
}

interface OpenCall {
  readonly call: string;
  readonly args: Arguments;
  /** Clone flags, for calls that make a process. */
  readonly flags: number;
  readonly file?: OpenFile | undefined;
  readonly imposedHint?: number | undefined;
}

/** How {@linkcode Recorder} records. */
export interface RecorderOptions {
  /** Impose the placement of Linux 5.19. */
  readonly olderPlacement: boolean;
  /** `uname -m`. */
  readonly machine: string;
  /** The program as it was given, for errors. */
  readonly program: string;
  /** The process that becomes the command at its first exec. */
  readonly root: number;
}

/** Turns the stops of traced processes into records. */
export class Recorder {
  readonly #libc: Libc;
  readonly #tracer: Tracer;
  readonly #options: RecorderOptions;
  readonly #registers: typeof x86_64 | typeof arm64;
  readonly #calls: ReadonlyMap<number, string>;
  readonly #files: OpenFiles;
  readonly #randomized: boolean;
  readonly #tasks = new Map<number, Task>();
  /** New processes that stopped before their parent told of them; they wait. */
  readonly #early = new Set<number>();
  #records: TraceRecord[] = [];
  #rootStatus: number | undefined;

  /**
   * Nothing is recorded until the root's first exec.
   *
   * @param libc the library to read `/proc` with
   * @param tracer the tracer whose stops are handled
   * @param options see {@linkcode RecorderOptions}
   */
  constructor(libc: Libc, tracer: Tracer, options: RecorderOptions) {
    this.#libc = libc;
    this.#tracer = tracer;
    this.#options = options;
    const machine: Architecture = options.machine === "aarch64" ? "aarch64" : "x86_64";
    this.#registers = machine === "aarch64" ? arm64 : x86_64;
    this.#calls = recordedCalls(machine);
    this.#files = new OpenFiles(libc, machine);
    this.#randomized = libc.readText("/proc/sys/kernel/randomize_va_space")?.trim() !== "0";
  }

  /** Exit status of the root; nothing while it runs. */
  get rootStatus(): number | undefined {
    return this.#rootStatus;
  }

  /** The records since the last call. */
  take(): TraceRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /**
   * Takes the next stop, records what it tells, and lets the process go on.
   *
   * @throws {RecordError} the process runs 32-bit code
   */
  handle(stop: Stop): void {
    const task = this.#tasks.get(stop.pid);
    switch (stop.kind) {
      case "call":
        return task === undefined ? this.#tracer.resume(stop.pid) : this.#atCall(task);
      case "fork":
      case "vfork":
      case "clone":
        return this.#atFork(stop.pid, stop.message);
      case "exec":
        return this.#atExec(stop.pid, stop.message);
      case "signal":
        return this.#tracer.resume(stop.pid, stop.signal);
      case "group-stop":
        return this.#tracer.leaveStopped(stop.pid);
      case "trap":
        return this.#atTrap(stop.pid);
      case "exit":
        return this.#atExit(stop.pid, stop.status);
    }
  }

  /** The processes that are being traced, the newest first: a vfork child before its parent. */
  processes(): number[] {
    const pids = [...this.#tasks.keys(), ...this.#early].toReversed();
    const isLaunching = pids.length === 0 && this.#rootStatus === undefined;
    return isLaunching ? [this.#options.root] : pids;
  }

  /** Ends the recording before the command has ended: each process gets a SIGINT and runs on untraced. */
  letGo(): void {
    for (const pid of this.processes()) {
      this.#tracer.release(pid);
      this.#libc.kill(pid, SIGINT);
    }
    this.#files.keepOnly(() => false);
  }

  #atTrap(pid: number): void {
    if (this.#tasks.has(pid) || pid === this.#options.root) this.#tracer.resume(pid);
    else this.#early.add(pid);
  }

  #atCall(task: Task): void {
    const info = this.#tracer.callInfo(task.pid);
    if (info === undefined) this.#tracer.resume(task.pid);
    else if (info.at === "entry") this.#atEntry(task, info);
    else this.#atReturn(task, info);
  }

  #atEntry(task: Task, info: CallInfo & { at: "entry" }): void {
    if (info.architecture !== this.#registers.ARCHITECTURE) {
      throw new RecordError("ENOEXEC", this.#options.program, "it runs 32-bit code");
    }
    const call = this.#calls.get(info.number);
    if (call === undefined || !isRecorded(call, info.args)) {
      this.#lookIfFaulted(task);
      return this.#tracer.resume(task.pid);
    }
    const args = argumentsOf(call, info.args);
    const sharesMemory = cloneSharesMemory(call, this.#flags(task, call, args));
    if (task.space.inside === undefined || !isExclusive(call, sharesMemory)) {
      return this.#enter(task, call, args);
    }
    task.space.waiting.push({ task, call, args });
  }

  /** Records the entry of a call and lets it happen. */
  #enter(task: Task, call: string, args: Arguments): void {
    this.#lookBetweenCalls(task);
    const isFile = call === "mmap" && ((args[3] ?? 0) & MAP_ANONYMOUS) === 0;
    const file = isFile ? this.#files.identify(task.leader, args[4] ?? -1) : undefined;
    const imposedHint = call === "mmap" && this.#options.olderPlacement
      ? olderPlacement(task.space.layout, task.space.mmapBase, args)
      : undefined;
    this.#records.push({
      type: "enter",
      pid: task.pid,
      call,
      args,
      ...(file && { file }),
      ...(imposedHint !== undefined && { imposedHint }),
      ...pointedTo(this.#libc, task, call, args),
    });
    if (imposedHint !== undefined) {
      this.#registers.setFirstArgument(this.#libc, task.pid, imposedHint);
    }
    task.open = { call, args, flags: this.#flags(task, call, args), file, imposedHint };
    if (isExclusive(call, cloneSharesMemory(call, task.open.flags))) task.space.inside = task;
    this.#tracer.resume(task.pid);
  }

  /** Records what a call did, then lets the next thread into its own. */
  #atReturn(task: Task, info: CallInfo & { at: "exit" }): void {
    const { open, space } = task;
    task.open = undefined;
    if (open !== undefined) {
      if (open.imposedHint !== undefined) {
        this.#registers.restoreFirstArgument(this.#libc, task.pid, open.args[0] ?? 0);
      }
      this.#leave(task, open, info);
    }
    if (space.inside === task) this.#letNextIn(space);
    this.#tracer.resume(task.pid);
  }

  #leave(task: Task, open: OpenCall, info: CallInfo & { at: "exit" }): void {
    const { space, pid } = task;
    const { call, args } = open;
    // A call that excludes no other changes no VMA: what has changed is the work of who is inside. An exec that fails
    // changes nothing either, or it fails so late that the kernel ends the process before it runs on.
    const isUnchanged = this.#isDisturbed(task) || systemCall(call)?.model === "exec";
    const shown = isUnchanged ? space.layout : this.#layoutOf(pid) ?? space.layout;
    // What grows while mmap or mremap runs may be what they mapped next to a stack.
    if (call !== "mmap" && call !== "mremap") this.#recordGrowth(task, shown);
    const moves = info.failed ? failedMoves(call, args) : pageMoves(call, args, info.result);
    const carried = carriedWrites(space.layout, shown, moves);
    const first = shown.filter((line, i) => line.written && !carried[i]);
    const layout = shown.map((line, i) => carried[i] ? { ...line, written: true } : line);
    const file = call === "shmat" && !info.failed
      ? this.#segment(layout, info.result, args)
      : undefined;
    const limits = call === "setrlimit" || call === "prlimit64" ? this.#limits(pid) : undefined;
    this.#records.push({
      type: "leave",
      pid,
      call,
      result: info.failed ? 0 : info.result,
      ...(info.failed && { error: errnoName(-info.result) }),
      ...difference(space.layout, layout),
      ...(file && { file }),
      ...(limits && { limits }),
    });
    space.layout = layout;
    for (const line of first) this.#records.push({ type: "fault", pid, address: line.start });
    if (call === "munmap") this.#forgetFiles();
  }

  /** The thread inside a call has left it: the one that has waited longest goes next. */
  #letNextIn(space: Space): void {
    space.inside = undefined;
    const next = space.waiting.shift();
    if (next !== undefined) this.#enter(next.task, next.call, next.args);
  }

  /** A process made another one: the new one's layout is read before either runs on. */
  #atFork(pid: number, childPid: number): void {
    const parent = this.#tasks.get(pid);
    if (parent === undefined) return this.#tracer.resume(pid);
    const { call = "fork", flags = 0 } = parent.open ?? {};
    const sharesMemory = cloneSharesMemory(call, flags);
    const space = sharesMemory ? parent.space : this.#copyOf(parent.space, childPid);
    const leader = (flags & CLONE_THREAD) === 0 ? childPid : parent.leader;
    this.#tasks.set(childPid, { pid: childPid, leader, space, faults: 0 });
    this.#records.push({
      type: "fork",
      pid,
      child: childPid,
      sharesMemory,
      ...(call.startsWith("clone") && { flags }),
      ...(!sharesMemory && { layout: space.layout }),
    });
    if (this.#early.delete(childPid)) this.#tracer.resume(childPid);
    this.#tracer.resume(pid);
  }

  #copyOf(space: Space, pid: number): Space {
    const shown = this.#layoutOf(pid) ?? [];
    const carried = carriedWrites(space.layout, shown, { fresh: [] });
    const layout = shown.map((line, i) =>
      carried[i] && !hasFlag(line, "wf") ? { ...line, written: true } : line
    );
    return { layout, mmapBase: space.mmapBase, waiting: [] };
  }

  /** A process became another program. If a thread called exec, it now has its leader's id. */
  #atExec(pid: number, formerPid: number): void {
    const space: Space = { layout: this.#layoutOf(pid) ?? [], mmapBase: 0, waiting: [] };
    for (const other of [...this.#tasks.values()]) {
      if (other.leader === pid && other.pid !== pid) this.#forget(other, 0);
    }
    const task = this.#tasks.get(pid) ?? { pid, leader: pid, space, faults: 0 };
    this.#tasks.set(pid, task);
    if (task.space.inside === task) this.#letNextIn(task.space);
    task.space = space;
    if (formerPid !== pid) task.open = undefined;
    this.#recordExec(task);
    this.#forgetFiles();
    this.#tracer.resume(pid);
  }

  #recordExec({ pid, space }: Task): void {
    const stat = parseStat(this.#libc.readText(`/proc/${pid}/stat`) ?? "");
    const personality = parseInt(this.#libc.readText(`/proc/${pid}/personality`) ?? "0", 16);
    const limits = this.#limits(pid);
    const legacyLayout = (personality & ADDR_COMPAT_LAYOUT) !== 0 || limits.stack === undefined;
    space.mmapBase = mmapBase(space.layout, stat.stack, legacyLayout);
    this.#records.push({
      type: "exec",
      pid,
      program: baseName(this.#libc.readLink(`/proc/${pid}/exe`) ?? ""),
      layout: space.layout,
      brk: stat.brk,
      stack: stat.stack,
      mmapBase: space.mmapBase,
      legacyLayout,
      randomized: this.#randomized && (personality & ADDR_NO_RANDOMIZE) === 0,
      ipcLock: hasIpcLock(this.#libc.readText(`/proc/${pid}/status`) ?? ""),
      limits,
    });
  }

  #atExit(pid: number, status: number): void {
    this.#early.delete(pid);
    if (pid === this.#options.root) this.#rootStatus = status;
    const task = this.#tasks.get(pid);
    if (task !== undefined) this.#forget(task, status);
    this.#forgetFiles();
  }

  /** Records that a process or thread has ended. */
  #forget(task: Task, status: number): void {
    this.#tasks.delete(task.pid);
    this.#records.push({ type: "exit", pid: task.pid, status });
    const { waiting } = task.space;
    const at = waiting.findIndex((entry) => entry.task === task);
    if (at >= 0) waiting.splice(at, 1);
    if (task.space.inside === task) this.#letNextIn(task.space);
  }

  /** Looks at the layout if pages were faulted in since: cheap enough for the entry of every call. */
  #lookIfFaulted(task: Task): void {
    if (this.#isDisturbed(task)) return;
    const { faults } = parseStat(this.#libc.readText(`/proc/${task.pid}/stat`) ?? "");
    if (faults === task.faults) return;
    task.faults = faults;
    this.#lookBetweenCalls(task);
  }

  /** True while another thread is inside a call that changes the layout, and may have done half of it. */
  #isDisturbed(task: Task): boolean {
    return task.space.inside !== undefined && task.space.inside !== task;
  }

  /** Records what happened to the layout since it was last shown: stacks that grew, first writes. */
  #lookBetweenCalls(task: Task): void {
    const { space, pid } = task;
    if (this.#isDisturbed(task)) return;
    const shown = this.#layoutOf(pid);
    if (shown === undefined) return;
    this.#recordGrowth(task, shown);
    let at = 0;
    space.layout = space.layout.map((line) => {
      while (at < shown.length && shown[at]!.start < line.start) at++;
      const now = shown[at];
      const isFirst = now?.start === line.start && now.end === line.end && now.written &&
        !line.written;
      if (!isFirst) return line;
      this.#records.push({ type: "fault", pid, address: line.start });
      return { ...line, written: true };
    });
  }

  #recordGrowth({ space, pid }: Task, shown: readonly MapLine[]): void {
    const grown = grownStacks(space.layout, shown);
    if (grown.length === 0) return;
    space.layout = withGrown(space.layout, grown);
    for (const { start } of grown) this.#records.push({ type: "grow", pid, start });
  }

  /** The layout as the kernel shows it now; nothing if the process is gone. */
  #layoutOf(pid: number): MapLine[] | undefined {
    const text = this.#libc.readText(`/proc/${pid}/smaps`);
    return text === undefined || text === "" ? undefined : parseSmaps(text);
  }

  #limits(pid: number): ResourceLimits {
    return parseLimits(this.#libc.readText(`/proc/${pid}/limits`) ?? "");
  }

  /** Clone flags of a call that makes a process; `clone3` has them in memory. */
  #flags(task: Task, call: string, args: Arguments): number {
    if (call === "clone") return cloneFlags(args);
    if (call !== "clone3") return 0;
    return Number(this.#libc.readWord(task.pid, args[0] ?? 0) ?? 0n);
  }

  #segment(layout: readonly MapLine[], address: number, args: Arguments): OpenFile | undefined {
    const line = layout.find((candidate) => candidate.start === address);
    if (line === undefined) return undefined;
    const { device, inode, name } = line;
    const access = ((args[2] ?? 0) & SHM_RDONLY) === 0 ? "read-write" : "read";
    const size = line.end - line.start;
    return this.#files.segment(inode, { device, inode, name, size, access, kind: "shmem" });
  }

  /** Lets go of the files that nobody maps any more, nor is about to map. */
  #forgetFiles(): void {
    const tasks = [...this.#tasks.values()];
    const layouts = new Set(tasks.map((task) => task.space.layout));
    this.#files.keepOnly(({ id, device, inode }) =>
      tasks.some((task) => task.open?.file?.id === id) ||
      [...layouts].some((lines) =>
        lines.some((line) => line.inode === inode && line.device === device)
      )
    );
  }
}

/**
 * Where `mmap(NULL)` begins to place, which the kernel tells nobody: the first thing placed after an
 * exec, the interpreter or the vdso, lies right there. Top-down it is the highest mapping below the
 * stack, in the legacy layout the lowest above a third of the address space.
 */
function mmapBase(layout: readonly MapLine[], stack: number, legacyLayout: boolean): number {
  if (legacyLayout) return layout.find((line) => line.start >= 0x2aaa_aaaa_a000)?.start ?? 0;
  const below = layout.filter((line) => line.end <= stack);
  return below.at(-1)?.end ?? 0;
}
