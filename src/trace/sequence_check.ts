/**
 * Checks that records stand where they can: the header first, the end last, every `leave` after its
 * `enter`, and nothing of a process that was not introduced or has ended; and that no more processes and VMAs
 * are alive at a time than a reader can keep.
 *
 * @module
 */
import type { TraceRecord } from "./format.ts";
import { LineError } from "./trace_error.ts";

/** Processes and threads alive at a time, at most: what a reader keeps of each stays in memory. */
export const MOST_PROCESSES: number = 1 << 17;
/** VMAs of all processes at a time, at most. */
export const MOST_VMAS: number = 1 << 22;

/** A process that runs. */
interface Running {
  /** The call that it is in. */
  call: string | undefined;
  /** Its memory, which others may share. */
  memory: Memory;
}

interface Memory {
  vmas: number;
  users: number;
}

/** Follows a trace record by record. */
export class SequenceCheck {
  readonly #running = new Map<number, Running>();
  #vmas = 0;
  #started = false;
  #ended = false;

  /** True after the end record. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Takes the next record.
   *
   * @throws {LineError} it cannot stand here
   */
  accept(record: TraceRecord): void {
    if (this.#ended) fail("something follows the end record");
    if (!this.#started && record.type !== "header") {
      throw new LineError("ENOTTRACE", "it does not begin with a header");
    }
    switch (record.type) {
      case "header":
        if (this.#started) fail("a second header");
        this.#started = true;
        return;
      case "end":
        this.#ended = true;
        return;
      case "exec":
        return this.#exec(record.pid, record.layout.length);
      case "fork":
        return this.#fork(record.pid, record.child, record.layout?.length);
      case "enter":
        return this.#enter(record.pid, record.call);
      case "leave":
        return this.#leave(record.pid, record.call, record.added.length - record.removed.length);
      case "exit":
        this.#release(this.#mustRun(record.pid).memory);
        this.#running.delete(record.pid);
        return;
      default:
        this.#mustRun(record.pid);
    }
  }

  /** The first exec introduces its process; an import may start with several. */
  #exec(pid: number, vmas: number): void {
    const known = this.#running.get(pid);
    const memory = this.#newMemory(vmas);
    if (known === undefined) return this.#introduce(pid, memory);
    this.#release(known.memory);
    known.memory = memory;
  }

  #fork(pid: number, child: number, vmas: number | undefined): void {
    const { memory } = this.#mustRun(pid);
    if (this.#running.has(child)) fail(`process ${child} exists already`);
    if (vmas === undefined) memory.users++;
    this.#introduce(child, vmas === undefined ? memory : this.#newMemory(vmas));
  }

  #enter(pid: number, call: string): void {
    const running = this.#mustRun(pid);
    if (running.call !== undefined) {
      fail(`process ${pid} enters ${call} but has not left ${running.call}`);
    }
    running.call = call;
  }

  #leave(pid: number, call: string, growth: number): void {
    const running = this.#mustRun(pid);
    if (running.call !== call) fail(`process ${pid} leaves ${call} without having entered it`);
    running.call = undefined;
    this.#count(running.memory, growth);
  }

  #mustRun(pid: number): Running {
    return this.#running.get(pid) ?? fail(`process ${pid} is not known`);
  }

  #introduce(pid: number, memory: Memory): void {
    this.#running.set(pid, { call: undefined, memory });
    if (this.#running.size > MOST_PROCESSES) {
      throw new LineError("EVALUE", `more than ${MOST_PROCESSES} processes are alive`);
    }
  }

  #newMemory(vmas: number): Memory {
    const memory = { vmas: 0, users: 1 };
    this.#count(memory, vmas);
    return memory;
  }

  #release(memory: Memory): void {
    if (--memory.users === 0) this.#count(memory, -memory.vmas);
  }

  #count(memory: Memory, growth: number): void {
    memory.vmas += growth;
    this.#vmas += growth;
    if (this.#vmas > MOST_VMAS) {
      throw new LineError("EVALUE", `more than ${MOST_VMAS} VMAs are in use`);
    }
  }
}

function fail(why: string): never {
  throw new LineError("EORDER", why);
}
