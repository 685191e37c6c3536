/**
 * Records a command and every process it makes: what is recorded, and in which order.
 *
 * # What holds
 *
 * - A process is stopped while its layout is read, and still stopped afterwards, so what a record shows is what
 *   the kernel had between two instructions of that process. Threads share a layout: while one of them is inside a
 *   call that changes it the others are held, wherever they are (see `space.ts`).
 * - `Observer.layout` is the layout as the records so far show it: applying every `leave`, `grow` and `fault`
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
import type { OpenFile, ResourceLimits, TraceRecord } from "../trace/format.ts";
import { askBase } from "./ask_base.ts";
import { cloneFlags, cloneSharesMemory, failedMoves, isExclusive, pageMoves } from "./calls.ts";
import { errnoName } from "../abi/errno.ts";
import { RecordError } from "./launch.ts";
import { changesRules, effectOf, isQuiet } from "./effects.ts";
import { execRecord } from "./exec_record.ts";
import { FlagMemory } from "./flag_memory.ts";
import { carriedWrites, hasFlag } from "./layout.ts";
import type { LibcCalls } from "./libc.ts";
import { olderPlacement } from "./older_placement.ts";
import { type Looker, Observer } from "./observer.ts";
import { OpenFiles } from "./open_files.ts";
import { pointedTo } from "./pointers.ts";
import { parseLimits, readSmaps, sleeps } from "./proc.ts";
import type { CallInfo, Stop, Tracer } from "./ptrace.ts";
import { findSources, type Sources } from "./sources.ts";
import { type OpenCall, Space, type Task } from "./space.ts";
import { unrecordedCalls } from "./unrecorded.ts";
import type { Between } from "./whole.ts";
import * as arm64 from "./registers_arm64.ts";
import * as x86_64 from "./registers_x86_64.ts";

const MAP_ANONYMOUS = 0x20;
const CLONE_THREAD = 0x10000;
const SHM_RDONLY = 0x1000;
const SIGINT = 2;

type Arguments = readonly number[];

const NO_CHANGE = { grown: [], written: [], removed: [], added: [] };

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
  readonly #libc: LibcCalls;
  readonly #tracer: Tracer;
  readonly #options: RecorderOptions;
  readonly #registers: typeof x86_64 | typeof arm64;
  readonly #calls: ReadonlyMap<number, string>;
  readonly #files: OpenFiles;
  readonly #meaningOf: ReturnType<typeof unrecordedCalls>;
  readonly #sources: Sources;
  /** What calls do to VmFlags in processes that have not changed the rules for themselves. */
  readonly #usualFlags = new FlagMemory();
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
  constructor(libc: LibcCalls, tracer: Tracer, options: RecorderOptions) {
    this.#libc = libc;
    this.#tracer = tracer;
    this.#options = options;
    const machine: Architecture = options.machine === "aarch64" ? "aarch64" : "x86_64";
    this.#registers = machine === "aarch64" ? arm64 : x86_64;
    this.#calls = recordedCalls(machine);
    this.#meaningOf = unrecordedCalls(machine);
    this.#sources = findSources(libc);
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
    const isUrgent = stop.kind === "exit" || stop.kind === "exec";
    if (!isUrgent && task?.space.isHeldFor(task)) task.space.defer(stop);
    else this.#take(stop, task);
  }

  /** True while threads wait for another one's call to end. */
  get holds(): boolean {
    return [...this.#tasks.values()].some(({ space }) => space.inside !== undefined && space.holds);
  }

  /**
   * Lets held threads go on though the call that they wait for has not ended: it may itself wait for them, as a page
   * that userfaultfd is to fill waits for the thread that fills it.
   */
  giveUpHolding(): void {
    for (const space of new Set([...this.#tasks.values()].map((task) => task.space))) {
      const { inside } = space;
      if (inside !== undefined && space.holds && sleeps(this.#libc, inside.pid)) {
        this.#letNextIn(space);
      }
    }
  }

  #take(stop: Stop, task: Task | undefined): void {
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
        return this.#resume(stop.pid, stop.signal);
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
    if (this.#tasks.has(pid) || pid === this.#options.root) this.#resume(pid);
    else this.#early.add(pid);
  }

  #resume(pid: number, signal = 0): void {
    const task = this.#tasks.get(pid);
    if (task !== undefined) task.resumedMs = performance.now();
    this.#tracer.resume(pid, signal);
  }

  #atCall(task: Task): void {
    const info = this.#tracer.callInfo(task.pid);
    task.isInKernel = info?.at === "entry";
    if (info === undefined) this.#resume(task.pid);
    else if (info.at === "entry") this.#atEntry(task, info);
    else this.#atReturn(task, info);
  }

  #atEntry(task: Task, info: CallInfo & { at: "entry" }): void {
    if (info.architecture !== this.#registers.ARCHITECTURE) {
      throw new RecordError("ENOEXEC", this.#options.program, "it runs 32-bit code");
    }
    const call = this.#calls.get(info.number);
    if (call !== undefined && this.#isRecorded(task, call, info.args)) {
      this.#enter(task, call, argumentsOf(call, info.args));
    } else this.#atUnrecorded(task, info);
  }

  #isRecorded({ space, pid }: Task, call: string, args: Arguments): boolean {
    if (call === "close") return space.isWatched && this.#files.isUserfault(pid, args[0] ?? 0);
    return isRecorded(call, args);
  }

  /** Looks at what happened before a call that is not recorded, and at what the call may do. */
  #atUnrecorded(task: Task, { number, args }: CallInfo & { at: "entry" }): void {
    const { space, pid } = task;
    const meaning = this.#meaningOf(number, args);
    if (meaning === "other rules") {
      this.#usualFlags.clear();
      space.observer.memory.clear();
    }
    task.isSuspicious = meaning === "uncertain";
    if (task.isSuspicious) space.observer.isUncertain = true;
    if (meaning === "uncertain everywhere") {
      for (const each of this.#tasks.values()) each.space.observer.isUncertain = true;
    }
    if (!space.isHeldFor(task)) {
      const looker = space.looker(task);
      if (meaning === "end" && looker.isAlone) this.#lookAtEnd(task, looker);
      else this.#tellBetween(pid, space.observer.between(looker, false));
    }
    this.#resume(pid);
  }

  /** Reads all of a layout that will be gone; where looks are checked, no VMA may differ that no call has changed. */
  #lookAtEnd({ pid, space: { observer } }: Task, looker: Looker): void {
    this.#tellBetween(pid, observer.atEnd(looker));
    if (this.#sources.isChecked && observer.late > 0) {
      throw new Error(
        `${observer.late} VMAs of process ${pid} differ from what was recorded of it`,
      );
    }
  }

  /** Holds the tasks that share their memory with one that is about to change the layout. */
  #holdOthers(task: Task): void {
    const { space } = task;
    space.inside = task;
    for (const stop of space.holdOthers(this.#tracer)) this.handle(stop);
  }

  /** Records the entry of a call and lets it happen. */
  #enter(task: Task, call: string, args: Arguments): void {
    const flags = this.#flags(task, call, args);
    if (isExclusive(call, cloneSharesMemory(call, flags))) this.#holdOthers(task);
    if (!this.#tasks.has(task.pid)) return; // another thread's exec or exit ended it meanwhile
    this.#lookBetweenCalls(task, systemCall(call)?.model === "exec");
    const isFile = call === "mmap" && ((args[3] ?? 0) & MAP_ANONYMOUS) === 0;
    const file = isFile ? this.#files.identify(task.leader, (args[4] ?? -1) | 0) : undefined;
    const imposedHint = call === "mmap" && this.#options.olderPlacement
      ? olderPlacement(task.space.observer.layout.lines, task.space.mmapBase, args)
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
    task.open = { call, args, flags, file, imposedHint };
    this.#resume(task.pid);
  }

  /** Records what a call did, then lets the next thread into its own. */
  #atReturn(task: Task, info: CallInfo & { at: "exit" }): void {
    const { open, space } = task;
    task.open = undefined;
    if (task.isSuspicious) space.observer.isUncertain = true;
    task.isSuspicious = false;
    if (open !== undefined) {
      if (open.imposedHint !== undefined) {
        this.#registers.restoreFirstArgument(this.#libc, task.pid, open.args[0] ?? 0);
      }
      this.#leave(task, open, info);
    }
    this.#resume(task.pid);
    if (space.inside === task) this.#letNextIn(space);
  }

  #leave(task: Task, open: OpenCall, info: CallInfo & { at: "exit" }): void {
    const { space, pid } = task;
    const { call, args } = open;
    // A call that excludes no other changes no VMA: what has changed is the work of who is inside. An exec that fails
    // changes nothing either, or it fails so late that the kernel ends the process before it runs on.
    const isUnchanged = space.isHeldFor(task) || systemCall(call)?.model === "exec";
    const unmapsFile = call === "munmap" &&
      space.observer.layout.hasFile(args[0] ?? 0, args[1] ?? 0);
    const found = isUnchanged ? NO_CHANGE : space.observer.after(space.looker(task), {
      effect: effectOf({ ...open, ...info, brk: space.brk }),
      moves: info.failed ? failedMoves(call, args) : pageMoves(call, args, info.result),
      // What grows while mmap or mremap runs may be what they mapped next to a stack.
      mayGrow: call !== "mmap" && call !== "mremap",
      isQuiet: isQuiet(call, args) && space.observer.memory === this.#usualFlags,
    });
    if (found === undefined) return; // it was killed: that is what ends the call
    for (const { start } of found.grown) this.#records.push({ type: "grow", pid, start });
    const file = call === "shmat" && !info.failed
      ? this.#segment(space, info.result, args)
      : undefined;
    const limits = call === "setrlimit" || call === "prlimit64" ? this.#limits(pid) : undefined;
    this.#records.push({
      type: "leave",
      pid,
      call,
      result: info.failed ? 0 : info.result,
      ...(info.failed && { error: errnoName(-info.result) }),
      removed: found.removed,
      added: found.added,
      ...(file && { file }),
      ...(limits && { limits }),
    });
    for (const { start } of found.written) {
      this.#records.push({ type: "fault", pid, address: start });
    }
    if (call === "ioctl" && !info.failed) space.isWatched = true;
    if (call === "brk" && !info.failed) space.brk = info.result;
    if (call === "prctl") space.brk = undefined; // it may have moved the heap
    if (changesRules(call, args)) space.observer.memory = new FlagMemory();
    if (unmapsFile) this.#forgetFiles();
  }

  /** The thread inside a call has left it: the held ones go on, in the order in which they stopped. */
  #letNextIn(space: Space): void {
    space.inside = undefined;
    while (space.inside === undefined) {
      const stop = space.nextDeferred();
      if (stop === undefined) return;
      this.#take(stop, this.#tasks.get(stop.pid));
    }
  }

  /** A process made another one: the new one's layout is read before either runs on. */
  #atFork(pid: number, childPid: number): void {
    const parent = this.#tasks.get(pid);
    if (parent === undefined) return this.#tracer.resume(pid);
    const early = this.#early.delete(childPid) ? undefined : this.#tracer.stopOf(childPid);
    const { call = "fork", flags = 0 } = parent.open ?? {};
    const sharesMemory = cloneSharesMemory(call, flags);
    const space = sharesMemory ? parent.space : this.#copyOf(parent.space, childPid);
    if (space === undefined) { // it was killed before it did anything
      this.#tracer.release(childPid);
      return this.#resume(pid);
    }
    const leader = (flags & CLONE_THREAD) === 0 ? childPid : parent.leader;
    const child = { pid: childPid, leader, space, isInKernel: false, resumedMs: 0 };
    this.#tasks.set(childPid, child);
    space.enter(child);
    this.#records.push({
      type: "fork",
      pid,
      child: childPid,
      sharesMemory,
      ...(call.startsWith("clone") && { flags }),
      ...(!sharesMemory && { layout: [...space.observer.layout.lines] }),
    });
    if (early === undefined || early.kind === "trap") this.#resume(childPid);
    else this.handle(early);
    this.#resume(pid);
  }

  /** The memory of a new process; nothing if it was killed. */
  #copyOf(space: Space, pid: number): Space | undefined {
    const shown = readSmaps(this.#libc, pid);
    if (shown === undefined) return undefined;
    const carried = carriedWrites(space.observer.layout.lines, shown, { fresh: [] });
    const layout = shown.map((line, i) =>
      carried[i] && !hasFlag(line, "wf") ? { ...line, written: true } : line
    );
    const isUsual = space.observer.memory === this.#usualFlags;
    const memory = isUsual ? this.#usualFlags : new FlagMemory();
    return new Space(new Observer(this.#libc, this.#sources, memory, layout), space);
  }

  /** A process became another program. If a thread called exec, it now has its leader's id. */
  #atExec(pid: number, formerPid: number): void {
    const layout = readSmaps(this.#libc, pid);
    if (layout === undefined) return this.#tracer.resume(pid); // it was killed: its exit follows
    for (const other of [...this.#tasks.values()]) {
      if (other.leader === pid && other.pid !== pid) this.#forget(other, 0);
    }
    const asked = askBase(this.#libc, this.#tracer, pid, layout);
    const former = this.#tasks.get(pid);
    const isUsual = former === undefined || former.space.observer.memory === this.#usualFlags;
    const memory = isUsual ? this.#usualFlags : new FlagMemory();
    const record = execRecord(this.#libc, pid, layout, {
      isRandomized: this.#randomized,
      stackDecides: this.#registers === arm64,
      asked,
    });
    const space = new Space(new Observer(this.#libc, this.#sources, memory, layout), record);
    const task = former ?? { pid, leader: pid, space, isInKernel: true, resumedMs: 0 };
    this.#tasks.set(pid, task);
    const old = task.space;
    space.enter(task);
    if (old !== space && old.inside === task) this.#letNextIn(old);
    if (formerPid !== pid) task.open = undefined;
    this.#records.push(record);
    this.#forgetFiles();
    if (asked.stop !== undefined) this.handle(asked.stop);
    else if (asked.execExit !== undefined) this.#atReturn(task, asked.execExit);
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
    const { space } = task;
    for (let kept = space.nextDeferred(task.pid); kept; kept = space.nextDeferred(task.pid)) {
      // A process that it made, and that waits to be introduced.
      if (kept.kind === "fork" || kept.kind === "vfork" || kept.kind === "clone") {
        this.#atFork(kept.pid, kept.message);
      }
    }
    this.#tasks.delete(task.pid);
    space.leave(task);
    this.#records.push({ type: "exit", pid: task.pid, status });
    if (space.inside === task) this.#letNextIn(space);
  }

  /** Records what happened to the layout since it was last shown: stacks that grew, first writes. */
  #lookBetweenCalls(task: Task, isLast: boolean): void {
    const { space, pid } = task;
    if (space.isHeldFor(task)) return;
    const looker = space.looker(task);
    if (isLast && looker.isAlone) this.#lookAtEnd(task, looker);
    else this.#tellBetween(pid, space.observer.between(looker, true));
  }

  #tellBetween(pid: number, found: Between | undefined): void {
    if (found === undefined) return;
    for (const { start } of found.grown) this.#records.push({ type: "grow", pid, start });
    for (const { start } of found.written) {
      this.#records.push({ type: "fault", pid, address: start });
    }
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

  #segment(
    { observer: { layout } }: Space,
    address: number,
    args: Arguments,
  ): OpenFile | undefined {
    const line = layout.lines[layout.indexFrom(address)];
    if (line?.start !== address) return undefined;
    const { device, inode, name } = line;
    const access = ((args[2] ?? 0) & SHM_RDONLY) === 0 ? "read-write" : "read";
    const size = line.end - line.start;
    return this.#files.segment(inode, { device, inode, name, size, access, kind: "shmem" });
  }

  /** Closes the files that no process maps any more, nor is about to map. */
  #forgetFiles(): void {
    const tasks = [...this.#tasks.values()];
    const layouts = new Set(tasks.map((task) => task.space.observer.layout.lines));
    this.#files.keepOnly(({ id, device, inode }) =>
      tasks.some((task) => task.open?.file?.id === id) ||
      [...layouts].some((lines) =>
        lines.some((line) => line.inode === inode && line.device === device)
      )
    );
  }
}
