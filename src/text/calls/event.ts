/**
 * What a text of calls says, event by event, in whatever dress it said it.
 *
 * @module
 */

/** What a call returned. */
export interface Result {
  /** The number; 0 where `error` is present. */
  readonly value: number;
  /** The errno's name. */
  readonly error?: string;
  /** What `-y` shows of a descriptor that was returned. */
  readonly path?: string;
}

/** Where an event stands. */
export interface Place {
  /** Number of its line, from 1. */
  readonly line: number;
  /** The thread, by the id the text gives; absent where the text names none. */
  readonly pid?: number;
  /** Its process, where the text names both: threads of one share their memory. */
  readonly group?: number;
  /** Seconds, where the text has absolute times. */
  readonly time?: number;
}

/** A call, from its beginning, to its end, or both. */
export interface CallEvent extends Place {
  readonly kind: "call" | "enter" | "leave";
  /** The name without what tools put around it (`SYS_`, `@SYS`). */
  readonly call: string;
  /** The arguments as they stand there; of a `leave` those that only its line has. */
  readonly args: readonly string[];
  /** True if the text says that it is a system call, where it shows calls of libraries too. */
  readonly isSystem?: boolean;
  /** Absent if it did not return, or the text does not say what. */
  readonly result?: Result;
}

/** What a line of a text of calls tells. */
export type Event =
  | CallEvent
  | Place & { readonly kind: "exit"; readonly status: number }
  /** A thread group's leader was replaced by its thread `by`, which called exec. */
  | Place & { readonly kind: "superseded"; readonly by: number }
  /** The tracer attached, to so many threads of one process if it says so. */
  | Place & { readonly kind: "attached"; readonly threads: number }
  /** The program is one of 32 bits. */
  | Place & { readonly kind: "32 bits" }
  /** Lines are missing here. */
  | Place & { readonly kind: "gap" };

/** What was read of one line. */
export interface LineReading {
  /** What it tells, in order. */
  readonly events: readonly Event[];
  /** `open`: it ends within a call, which the next line may go on with; `unknown`: it is none of this format. */
  readonly state: "read" | "open" | "unknown";
  /** A call on memory in it that could not be read, and why. */
  readonly unread?: string;
}

/** Reads one line of a format. */
export type LineReader = (line: string, number: number) => LineReading;

/** Nothing to tell. */
export const NOTHING: LineReading = { events: [], state: "read" };
/** No line of the format. */
export const UNKNOWN: LineReading = { events: [], state: "unknown" };
