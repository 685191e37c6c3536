/**
 * An address space under the recorder, and the processes and threads that use it.
 *
 * While one of them is inside a call that changes the layout the others are held: what they did before the call has
 * been recorded before it, what they do afterwards comes after it.
 *
 * @module
 */
import type { OpenFile } from "../trace/format.ts";
import type { Looker, Observer } from "./observer.ts";
import type { Stop, Tracer } from "./ptrace.ts";

/** A recorded call that a task is inside. */
export interface OpenCall {
  /** Its name. */
  readonly call: string;
  /** Its arguments. */
  readonly args: readonly number[];
  /** Clone flags, for calls that make a process. */
  readonly flags: number;
  /** The open file that its descriptor stands for. */
  readonly file?: OpenFile | undefined;
  /** The address that the recorder put in place of NULL. */
  readonly imposedHint?: number | undefined;
}

/** A process or a thread. */
export interface Task {
  /** Its id. */
  readonly pid: number;
  /** The thread group's leader: itself, unless it is a thread. */
  readonly leader: number;
  /** Its memory. */
  space: Space;
  /** The recorded call it is inside. */
  open?: OpenCall | undefined;
  /** True from the entry of any call to its exit: until then it runs no instruction of its own. */
  isInKernel: boolean;
  /** When it was last let go on, ms. */
  resumedMs: number;
  /** It is inside an unrecorded call after which the layout is uncertain. */
  isSuspicious?: boolean;
}

/**
 * How long a task may run before it is held again, ms: if two threads make call after call, a third must not be stopped
 * each time before its first instruction.
 */
const LEAST_RUN_MS = 0.05;
/** How long to wait for a task to stop, ms; one that does not is in a state that no signal ends. */
const STOP_MS = 2_000;

/** An address space. */
export class Space {
  /** Looks at the layout, and has it as the records so far show it. */
  readonly observer: Observer;
  /** Where placement begins, bytes. */
  readonly mmapBase: number;
  /** The end of the heap, as brk returned it last; before, where it starts. */
  brk: number | undefined;
  /** True once some of it may have been served by a userfaultfd. */
  isWatched = false;
  /** The task that is inside a call which excludes others. */
  inside: Task | undefined;
  readonly #tasks = new Set<Task>();
  /** Stops of held tasks, in the order in which they came. */
  #deferred: Stop[] = [];

  /** A space that no task uses yet. */
  constructor(
    observer: Observer,
    { mmapBase, brk }: { readonly mmapBase: number; readonly brk: number | undefined },
  ) {
    this.observer = observer;
    this.mmapBase = mmapBase;
    this.brk = brk;
  }

  /** Puts a task into this space, and takes it out of the one it was in. */
  enter(task: Task): void {
    task.space.leave(task);
    task.space = this;
    this.#tasks.add(task);
  }

  /** Takes a task out; after the last nobody looks any more. */
  leave(task: Task): void {
    this.#tasks.delete(task);
    if (this.#tasks.size === 0) this.observer.close();
  }

  /** A task as the one for whom the observer looks. */
  looker({ pid, leader }: Task): Looker {
    const isAlone = this.#tasks.size === 1;
    const isOneProcess = isAlone || [...this.#tasks].every((task) => task.leader === leader);
    return { pid, leader, isAlone, isOneProcess };
  }

  /** True while another task is inside a call that changes the layout, and may have done half of it. */
  isHeldFor(task: Task): boolean {
    return this.inside !== undefined && this.inside !== task;
  }

  /** True if some task is stopped because another is inside a call. */
  get holds(): boolean {
    return this.#deferred.length > 0;
  }

  /** Keeps the stop of a held task for later. */
  defer(stop: Stop): void {
    this.#deferred.push(stop);
  }

  /** The next stop that was kept; of the given task only, if one is given. */
  nextDeferred(pid?: number): Stop | undefined {
    const at = pid === undefined ? 0 : this.#deferred.findIndex((stop) => stop.pid === pid);
    return at < 0 ? undefined : this.#deferred.splice(at, 1)[0];
  }

  /**
   * Stops all tasks but the one inside, so that none writes to memory while the call runs. Those that are in the kernel
   * stop by themselves before they go on; they are left alone, as some calls end early when they are interrupted.
   *
   * One window stays open, of microseconds: a task that is still running when it is looked at, and enters a call before
   * the interrupt reaches it, stops at its entry with the interrupt pending. The stop clears the trap that was asked
   * for, but not the task's mark that something is pending (`ptrace_stop()` ends with `recalc_sigpending_tsk()`, which
   * only sets it: Linux kernel/signal.c); that goes on the way back to the program alone, and no request of ptrace
   * takes it away before. A call that gives up where something is pending (`copy_process()`, `unmerge_ksm_pages()`)
   * then answers ERESTARTSYS or ERESTARTNOINTR, and the kernel makes it again: it is recorded both times, as strace
   * shows it too, and the first does nothing in a replay. The only way to have the mark gone first would be to put
   * another call in its place, for which a seccomp filter may end the process.
   *
   * @returns what stopped them, in order; none runs on
   */
  holdOthers(tracer: Tracer): Stop[] {
    const running = [...this.#tasks].filter((task) =>
      task !== this.inside && !task.isInKernel &&
      !this.#deferred.some((stop) => stop.pid === task.pid)
    );
    const stopped: Stop[] = [], interrupted: number[] = [];
    for (const { pid, resumedMs } of running) {
      while (performance.now() - resumedMs < LEAST_RUN_MS) tracer.yield();
      // One that is interrupted as it enters a call has to make that again: two would do so for ever.
      const stop = tracer.stopNow(pid);
      if (stop !== undefined) stopped.push(stop);
      else {
        tracer.interrupt(pid);
        interrupted.push(pid);
      }
    }
    return [...stopped, ...interrupted.flatMap((pid) => tracer.stopOf(pid, STOP_MS) ?? [])];
  }
}
