/**
 * Checks that records stand where they can: the header first, the end last, every `leave` after its
 * `enter`, and no word of a process that was not introduced or has ended.
 *
 * @module
 */
import { LineError } from "./trace_error.ts";
import type { TraceRecord } from "./format.ts";

/** Follows a trace record by record. */
export class SequenceCheck {
  /** The processes that run, each with the call it is in. */
  readonly #running = new Map<number, string | undefined>();
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
        // The first one introduces its process; an import may start with several.
        if (!this.#running.has(record.pid)) this.#running.set(record.pid, undefined);
        return;
      case "fork":
        this.#mustRun(record.pid);
        if (this.#running.has(record.child)) fail(`process ${record.child} exists already`);
        this.#running.set(record.child, undefined);
        return;
      case "enter":
        return this.#enter(record.pid, record.call);
      case "leave":
        return this.#leave(record.pid, record.call);
      case "exit":
        this.#mustRun(record.pid);
        this.#running.delete(record.pid);
        return;
      default:
        this.#mustRun(record.pid);
    }
  }

  #mustRun(pid: number): void {
    if (!this.#running.has(pid)) fail(`process ${pid} is not known`);
  }

  #enter(pid: number, call: string): void {
    this.#mustRun(pid);
    const open = this.#running.get(pid);
    if (open !== undefined) fail(`process ${pid} enters ${call} but has not left ${open}`);
    this.#running.set(pid, call);
  }

  #leave(pid: number, call: string): void {
    this.#mustRun(pid);
    const open = this.#running.get(pid);
    if (open !== call) fail(`process ${pid} leaves ${call} without having entered it`);
    this.#running.set(pid, undefined);
  }
}

function fail(why: string): never {
  throw new LineError("EORDER", why);
}
