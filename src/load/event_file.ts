/**
 * A list of events as a file: what `--replay` reads and a finding writes. JSON lines: the machine first, then an event
 * a line.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";
import { FEWEST_PAGES } from "./load.ts";
import type { HugePagePolicy } from "../mm/pages/physical_memory.ts";
import { EVENT_KINDS, type LoadEvent } from "./event.ts";

/** The machine that events happen on. */
export interface LoadMachine {
  /** Format of the file. */
  readonly format: 1;
  /** Page frames. */
  readonly memoryPages: number;
  /** Slots of the swap device. */
  readonly swapPages: number;
  /** Which memory gets huge pages. */
  readonly hugePages: HugePagePolicy;
  /** The kernel whose rules it goes by; absent for those under which each program was recorded. */
  readonly rules?: string;
  /** True if the order of locks is checked, and second tasks come between; absent if not. */
  readonly locks?: true;
  /** Names of the programs, by number. */
  readonly programs: readonly string[];
}

/** A file that is no list of events. */
export class EventFileError extends CodedError<"EFORMAT"> {
  /** Says which line is wrong, and why. */
  constructor(file: string, line: number, why: string) {
    super("EventFileError", "EFORMAT", `Cannot read ${file}, line ${line}: ${why}`);
  }
}

/** The text of a file. */
export function formatEvents(machine: LoadMachine, events: Iterable<LoadEvent>): string {
  const lines = [JSON.stringify(machine)];
  for (const event of events) lines.push(JSON.stringify(event));
  return lines.join("\n") + "\n";
}

/**
 * Reads the text of a file.
 *
 * @throws {EventFileError} a line is not what it must be
 */
export function parseEvents(
  file: string,
  text: string,
): { readonly machine: LoadMachine; readonly events: readonly LoadEvent[] } {
  const [first, ...rest] = text.split("\n");
  const machine = parseLine(file, 1, first!);
  if (!isMachine(machine)) throw new EventFileError(file, 1, "it does not describe a machine");
  const events: LoadEvent[] = [];
  const begun = new Set<string>();
  for (const [at, line] of rest.entries()) {
    if (line.trim() === "") continue;
    const event = parseLine(file, at + 2, line);
    if (!isEvent(event)) throw new EventFileError(file, at + 2, "it is no event");
    const why = contradiction(event, machine, begun);
    if (why !== undefined) throw new EventFileError(file, at + 2, why);
    events.push(event);
  }
  return { machine, events };
}

/** What makes no sense about an event after those before it; undefined if nothing does. */
function contradiction(
  { kind, life, argument }: LoadEvent,
  { programs }: LoadMachine,
  begun: Set<string>,
): string | undefined {
  if (kind === "start" && argument >= programs.length) return `it starts program ${argument}`;
  if (kind !== "start" && kind !== "fork") return undefined;
  const what = kind === "start" ? `run ${life}` : `child ${argument}`;
  if (begun.has(what)) return `${what} begins a second time`;
  begun.add(what);
  return undefined;
}

function parseLine(file: string, number: number, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new EventFileError(file, number, "it is not JSON");
  }
}

function isMachine(value: unknown): value is LoadMachine {
  return isObject(value) && value.format === 1 && isCount(value.memoryPages) &&
    Number(value.memoryPages) >= FEWEST_PAGES && isCount(value.swapPages) &&
    ["never", "madvise", "always"].includes(String(value.hugePages)) &&
    (value.locks === undefined || value.locks === true) &&
    (value.rules === undefined || typeof value.rules === "string") &&
    Array.isArray(value.programs) && value.programs.every((name) => typeof name === "string");
}

function isEvent(value: unknown): value is LoadEvent {
  return isObject(value) && EVENT_KINDS.some((kind) => kind === value.kind) &&
    isCount(value.life) && isCount(value.argument);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
