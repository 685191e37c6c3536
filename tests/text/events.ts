/**
 * Events of calls, written by hand, and what they come to as records.
 *
 * @module
 */

import type { CallEvent, Event, Result } from "../../src/text/calls/event.ts";
import { recordEvents, type Recording } from "../../src/text/trace/records.ts";
import type { MapLine, TraceRecord } from "../../src/trace/format.ts";

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

export const ANON = ["NULL", "8192", "PROT_READ", "MAP_PRIVATE|MAP_ANONYMOUS", "-1", "0"];
export const mmap = (at: number, where: Where = {}, args: readonly string[] = ANON) =>
  call("mmap", args, at, where);
export const munmap = (at: number, where: Where = {}) =>
  call("munmap", [`0x${at.toString(16)}`, "8192"], 0, where);
export const brk = (result: number, where: Where = {}) => call("brk", ["NULL"], result, where);

/** Records in a word each. */
export function words({ records }: Recording): string[] {
  return records.map(({ record }) => word(record));
}

function word(record: TraceRecord): string {
  switch (record.type) {
    case "exec":
      return `exec ${record.pid} ${record.program}${record.unknown ?? "known"}`;
    case "fork":
      return `fork ${record.pid}>${record.child}${record.sharesMemory ? " shared" : ""}`;
    case "enter":
      return `${record.pid} ${record.call}${record.afterGap ? " unsure" : ""}`;
    case "leave":
      return `${record.pid} ${record.call} = ${record.error ?? record.result.toString(16)}`;
    case "exit":
      return `exit ${record.pid} ${record.status}`;
    default:
      return record.type;
  }
}

export function recorded(
  events: readonly Event[],
  layout: MapLine[] = [],
  open = 0,
  linux = true,
): Recording {
  return recordEvents(events, layout, open, linux);
}

export const said = (...events: Event[]) => words(recorded(events));
/** Why calls are in no record. */
export const whys = (...events: Event[]) => recorded(events).unrecorded.map(({ why }) => why);
