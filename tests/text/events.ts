/**
 * Events of calls, written by hand.
 *
 * @module
 */

import type { CallEvent, Event, Result } from "../../src/text/calls/event.ts";

/** Where a call stands. */
export type Where = Partial<Pick<CallEvent, "pid" | "group" | "line">>;

/** A call that returned a number, or an error. */
export function call(
  name: string,
  args: readonly string[],
  result: number | string | undefined = 0,
  where: Where = {},
): Event {
  return {
    ...event("call", name, args, where),
    ...(result !== undefined && { result: given(result) }),
  };
}

export function given(result: number | string): Result {
  return typeof result === "number" ? { value: result } : { value: 0, error: result };
}

export function event(
  kind: CallEvent["kind"],
  name: string,
  args: readonly string[] = [],
  where: Where = {},
): CallEvent {
  return { kind, call: name, args, line: 1, ...where };
}

/** The end of a call. */
export function end(
  name: string,
  result: number | string,
  where: Where = {},
  args: string[] = [],
): Event {
  return { ...event("leave", name, args, where), result: given(result) };
}
