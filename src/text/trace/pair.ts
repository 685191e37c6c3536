/**
 * Events as what each thread did, in order: whose line it is where the text does not say, which entry a return belongs
 * to, and which calls never returned in the text.
 *
 * @module
 */

import type { CallEvent, Event } from "../calls/event.ts";
import { currentName, isMemoryCall } from "../calls/sets.ts";

/** A call with its beginning and its end. */
export interface PairedCall {
  /** Its thread; that of the whole group once an exec has made it so. */
  pid: number;
  /** Its process, where the text names both. */
  readonly group: number | undefined;
  readonly call: string;
  /** Those of its beginning, then those of its end. */
  args: readonly string[];
  /** Line of its beginning. */
  readonly line: number;
  /** Line of its end; that of its beginning while it has none. */
  endLine: number;
  /** Undefined if it does not return in the text, or not with a result. */
  result: CallEvent["result"];
  returned: boolean;
}

/** What happens, one after the other. */
export type Happening =
  | { readonly kind: "enter" | "leave"; readonly call: PairedCall }
  | { readonly kind: "exit"; readonly pid: number; readonly status: number }
  | { readonly kind: "superseded"; readonly pid: number; readonly by: number }
  | { readonly kind: "gap" }
  | { readonly kind: "attached"; readonly pid: number; readonly threads: number };

/** Everything that happens, and what has no beginning. */
export interface Pairing {
  readonly happenings: readonly Happening[];
  /** Returns of calls on memory whose beginning the text does not show: lines and names. */
  readonly begunBefore: readonly { readonly line: number; readonly call: string }[];
  /** The first process. */
  readonly root: number;
}

/** The process of a text that names none. */
const UNNAMED = 1;

/** Pairs entries and returns. O(events). */
export function pairCalls(events: readonly Event[]): Pairing {
  const pairer = new Pairer(rootOf(events));
  for (const event of events) pairer.take(event);
  return pairer;
}

/** Follows events one after the other. */
class Pairer implements Pairing {
  readonly happenings: Happening[] = [];
  readonly begunBefore: { readonly line: number; readonly call: string }[] = [];
  readonly root: number;
  readonly #inside = new Map<number, PairedCall>();
  readonly #alive = new Set<number>();

  constructor(root: number) {
    this.root = root;
  }

  take(event: Event): void {
    switch (event.kind) {
      case "enter":
        this.#enter(event);
        return;
      case "call":
        return this.#call(event);
      case "leave":
        return this.#resume(event);
      case "exit":
        return this.#exit(this.#pidOf(event), event.status);
      case "superseded":
        return this.#supersede(this.#pidOf(event), event.by);
      case "attached":
        if (event.pid === undefined) return;
        this.happenings.push({ kind: "attached", pid: event.pid, threads: event.threads });
        return;
      case "gap":
        this.#inside.clear();
        this.happenings.push({ kind: "gap" });
    }
  }

  /** Where no process is named it is the one that runs, or else the first. */
  #pidOf(event: Event): number {
    if (event.pid !== undefined) return event.pid;
    const [only] = this.#alive;
    return this.#alive.size === 1 && only !== undefined ? only : this.root;
  }

  #enter(event: CallEvent): PairedCall {
    const pid = this.#pidOf(event);
    this.#alive.add(pid);
    const { line, call, args, group } = event;
    const paired: PairedCall = {
      pid,
      group,
      call,
      args,
      line,
      endLine: line,
      result: undefined,
      returned: false,
    };
    this.#inside.set(pid, paired);
    this.happenings.push({ kind: "enter", call: paired });
    return paired;
  }

  #leave(paired: PairedCall, event: CallEvent): void {
    this.#inside.delete(paired.pid);
    paired.result = event.result;
    paired.returned = true;
    paired.endLine = event.line;
    this.happenings.push({ kind: "leave", call: paired });
    const { result } = event;
    const hasChild = makesProcess(paired.call) && result !== undefined && result.value !== 0;
    if (hasChild) this.#alive.add(result.value);
  }

  /** gVisor prints the arguments again when a call returns. */
  #call(event: CallEvent): void {
    const open = this.#inside.get(this.#pidOf(event));
    const isReturn = open?.call === event.call && isSame(open.args, event.args);
    this.#leave(isReturn ? open : this.#enter(event), event);
  }

  #resume(event: CallEvent): void {
    const open = this.#inside.get(this.#pidOf(event));
    if (open !== undefined && currentName(open.call) === currentName(event.call)) {
      open.args = [...open.args, ...event.args];
      this.#leave(open, event);
    } else if (isMemoryCall(event.call)) {
      this.begunBefore.push({ line: event.line, call: event.call });
    }
  }

  #exit(pid: number, status: number): void {
    this.#inside.delete(pid);
    this.#alive.delete(pid);
    this.happenings.push({ kind: "exit", pid, status });
  }

  /** The thread that called exec goes on under the leader's number. */
  #supersede(pid: number, by: number): void {
    const open = this.#inside.get(by);
    this.#inside.delete(by);
    this.#alive.delete(by);
    if (open !== undefined) {
      open.pid = pid;
      this.#inside.set(pid, open);
    }
    this.happenings.push({ kind: "superseded", pid, by });
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((arg, index) => arg === right[index]);
}

/** True for the calls that make a process or thread. */
export function makesProcess(call: string): boolean {
  return call === "clone" || call === "clone3" || call === "fork" || call === "vfork" ||
    call === "clone2";
}

/** The first process that nobody made: its lines may bear no name while it is alone. */
function rootOf(events: readonly Event[]): number {
  const made = new Set<number>();
  for (const event of events) {
    if ((event.kind === "call" || event.kind === "leave") && makesProcess(event.call)) {
      if (event.result !== undefined && event.result.error === undefined) {
        made.add(event.result.value);
      }
    }
  }
  for (const event of events) {
    if (event.kind === "attached" && event.threads > 1 && event.pid !== undefined) return event.pid;
    if (event.kind === "attached" || event.pid === undefined) continue;
    if (!made.has(event.pid)) return event.pid;
  }
  for (const event of events) {
    if (event.kind === "attached" && event.pid !== undefined && !made.has(event.pid)) {
      return event.pid;
    }
  }
  return UNNAMED;
}
