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
  const root = rootOf(events);
  const happenings: Happening[] = [];
  const begunBefore: { line: number; call: string }[] = [];
  const inside = new Map<number, PairedCall>();
  const alive = new Set<number>();
  /** Without a name it is the one that runs, or else the first. */
  const pidOf = (event: Event): number => {
    if (event.pid !== undefined) return event.pid;
    const [only] = alive;
    return alive.size === 1 && only !== undefined ? only : root;
  };
  const enter = (event: CallEvent): PairedCall => {
    const pid = pidOf(event);
    alive.add(pid);
    const { line, call, args } = event;
    const { group } = event;
    const paired = {
      pid,
      group,
      call,
      args,
      line,
      endLine: line,
      result: undefined,
      returned: false,
    };
    inside.set(pid, paired);
    happenings.push({ kind: "enter", call: paired });
    return paired;
  };
  const leave = (paired: PairedCall, event: CallEvent): void => {
    inside.delete(paired.pid);
    paired.result = event.result;
    paired.returned = true;
    paired.endLine = event.line;
    happenings.push({ kind: "leave", call: paired });
    const child = event.result?.error === undefined ? event.result?.value : undefined;
    if (makesProcess(paired.call) && child !== undefined && child > 0) alive.add(child);
  };
  for (const event of events) {
    switch (event.kind) {
      case "enter":
        enter(event);
        break;
      case "call": {
        const open = inside.get(pidOf(event));
        // gVisor prints the arguments again when a call returns.
        const isReturn = open?.call === event.call && isSame(open.args, event.args);
        leave(isReturn ? open : enter(event), event);
        break;
      }
      case "leave": {
        const open = inside.get(pidOf(event));
        if (open !== undefined && currentName(open.call) === currentName(event.call)) {
          open.args = [...open.args, ...event.args];
          leave(open, event);
        } else if (isMemoryCall(event.call)) {
          begunBefore.push({ line: event.line, call: event.call });
        }
        break;
      }
      case "exit": {
        const pid = pidOf(event);
        inside.delete(pid);
        alive.delete(pid);
        happenings.push({ kind: "exit", pid, status: event.status });
        break;
      }
      case "superseded": {
        const pid = pidOf(event);
        const open = inside.get(event.by);
        inside.delete(event.by);
        alive.delete(event.by);
        if (open !== undefined) {
          open.pid = pid;
          inside.set(pid, open);
        }
        happenings.push({ kind: "superseded", pid, by: event.by });
        break;
      }
      case "attached":
        if (event.pid !== undefined) {
          happenings.push({ kind: "attached", pid: event.pid, threads: event.threads });
        }
        break;
      case "gap":
        inside.clear();
        happenings.push({ kind: "gap" });
        break;
      case "32 bits":
        break;
    }
  }
  return { happenings, begunBefore, root };
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
