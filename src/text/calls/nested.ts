/**
 * Telling system calls from the calls of libraries around them, as ltrace -S shows both: `mmap` of the C library is a
 * call of its own, with the system call inside it.
 *
 * @module
 */

import type { CallEvent, Event } from "./event.ts";

/** A call that has begun. */
interface Open {
  readonly call: string;
  readonly isSystem: boolean;
}

/** The thread of a text that names none. */
const UNNAMED = -1;

/** The events without the calls of libraries. O(events). */
export function systemCallsOf(events: readonly Event[]): Event[] {
  const inside = new Map<number, Open[]>();
  return events.filter((event) => {
    if (!("call" in event)) return true;
    const stack = inside.get(event.pid ?? UNNAMED) ?? [];
    inside.set(event.pid ?? UNNAMED, stack);
    return isOfSystem(event, stack);
  });
}

/** What resumes is the call of that name that began last; some versions mark its beginning only. */
function isOfSystem(event: CallEvent, stack: Open[]): boolean {
  const { call, isSystem = false } = event;
  switch (event.kind) {
    case "call":
      return isSystem;
    case "enter":
      stack.push({ call, isSystem });
      if (stack.length > DEEPEST) stack.shift();
      return isSystem;
    case "leave": {
      const at = stack.findLastIndex((open) => open.call === call && (!isSystem || open.isSystem));
      const open = stack[at];
      if (open === undefined) return isSystem;
      stack.length = at;
      return open.isSystem;
    }
  }
}

/** Calls inside one another that are remembered: what never returns must not grow without end. */
const DEEPEST = 64;
