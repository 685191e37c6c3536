/**
 * Lines of strace, and of ltrace -S, which prints calls alike.
 *
 * Formats: strace(1), 4.5 to 6.x; ltrace(1).
 *
 * @module
 */

import { type Event, type LineReading, NOTHING, type Place } from "./event.ts";
import { type Prefix, readPrefix } from "./prefix.ts";
import { readResult } from "./result.ts";
import { scanArguments } from "./scan.ts";
import { isMemoryCall, PROCESS_CALLS } from "./sets.ts";
import { signalNumber } from "./signals.ts";
import { ownValue } from "../own_value.ts";

const CALL = /(?:^|[^\w.<$/@(+-])((?:SYS_|SyS_)?([a-z_]\w{1,30}|(?<=SYS_)\d{1,3})(?:@SYS)?)\(/g;
const RESUMED = /<\.\.\. (?:resuming interrupted )?(SYS_)?(\w+?)(@SYS)?(?: resumed)?(?: ?\.\.\.)?>/;
const EXITED = /\+\+\+ exited (?:with|\(status) (\d+)\)? \+\+\+/;
const KILLED = /\+\+\+ killed by (SIG\w+)(?: \(core dumped\))? \+\+\+/;
const SUPERSEDED = /\+\+\+ superseded by execve in pid (\d+) \+\+\+/;
const ATTACHED = /(?:strace: )?Process (\d+) attached(?: with (\d+) threads)?/;
const BITS = /\[ Process PID=(\d+) runs in (32 bit|x32|64 bit) mode\. \]/;
/** Signals, what strace and ltrace say of themselves, stack frames of -k, tables of -c. */
const OWN_WORDS =
  /^(?:--- .*|\S*strace: .*|Process \d+ (?:detached|suspended|resumed).*|<detached \.\.\.>|\?{2,}\(.*|\[\?+\]|umovestr: .*|ptrace: .*|upeek: .*|% time +seconds .*|-{3,}[ -]*|\d+\.\d+ +\d+\.\d+ +\d+ .*|.*\+0x[0-9a-f]+\)? ?\[0x[0-9a-f]+\].*|\S+ \[0x[0-9a-f]+\]|(?:> )?(?:no matching address range|unexpected_backtracing_error).*)$/;
/** What such words begin with where a process or a time stands before them. */
const MESSAGE = /(?:---|\?\?\?\?\(|<detached).*$/s;
/** A notice that another line was cut by: what stands before it goes on in the next line. */
const NOTICE_WITHIN =
  /(?:strace: )?Process \d+ (?:attached(?: with \d+ threads)?(?: \(.*\))?|suspended|detached|resumed(?: \(.*\))?)$/;
const LONGEST_PREFIX = 300;
const TRACERS_WORD = /^(?:[[(]*[\d:.,+|-]*[\])|]*|\[pid|\[?[0-9a-f?]{8,16}\]|\/\*|\*\/\]?)$/;
/** Calls in one line at most: more lines than one were pasted into it. */
const CALLS_IN_A_LINE = 10_000;

/** Reads a line. */
export function readStraceLine(whole: string, number: number): LineReading {
  const before = whole.slice(0, NOTICE_WITHIN.exec(whole)?.index);
  const line = before.includes("(") ? before : whole;
  const message = readMessage(line, number);
  if (message !== undefined) return message;
  const events: Event[] = [];
  let at = 0, state: LineReading["state"] = "unknown", unread: string | undefined;
  for (let calls = 0; calls < CALLS_IN_A_LINE; calls++) {
    const found = nextCall(line, at);
    if (found === undefined) break;
    const next = readCall(line, number, at, found);
    if (next.event !== undefined) events.push(next.event);
    if (next.state !== "read" && isMemoryCall(found.name)) unread ??= `${next.why} ${found.name}`;
    at = next.end;
    if (next.state === "open") {
      return { events, state: "open", ...(unread !== undefined && { unread }) };
    }
    if (next.state !== "unread") state = "read";
    else if (state === "unknown" && !isMemoryCall(found.name)) break;
  }
  return { events, state, ...(unread !== undefined && { unread }) };
}

/** A line that is no call: what happened to a process, or what strace says of itself. */
function readMessage(line: string, number: number): LineReading | undefined {
  const text = line.trim();
  const event = eventOf(line, number);
  if (event !== undefined && !beginsWithCall(line)) return { events: [event], state: "read" };
  const resumed = RESUMED.exec(line);
  if (resumed !== null && !beginsWithCall(line.slice(0, resumed.index))) {
    return readResumed(line, number, resumed);
  }
  const message = MESSAGE.exec(text);
  const isAfterPrefix = message !== null && isTracersOwn(text.slice(0, message.index));
  const rest = isAfterPrefix ? message[0] : text;
  return OWN_WORDS.test(rest) ? NOTHING : undefined;
}

/** True if calls were pasted into the line before what stands at its end. */
function beginsWithCall(line: string): boolean {
  const found = nextCall(line, 0);
  return found !== undefined && /\)\s*= /.test(line.slice(found.open));
}

/** True for what a tracer writes before a call or a message: a process, times, brackets. */
function isTracersOwn(left: string): boolean {
  if (left.length > LONGEST_PREFIX) return false;
  const text = left.includes("<") ? left.replace(/<[^<>]*>/g, "") : left;
  return text.split(/\s+/).every((word) => TRACERS_WORD.test(word));
}

function eventOf(line: string, number: number): Event | undefined {
  const place = (index: number): Place => ({ line: number, ...readPrefix(line.slice(0, index)) });
  if (line.includes("+++")) {
    const exited = EXITED.exec(line);
    if (exited !== null) return { ...place(exited.index), kind: "exit", status: Number(exited[1]) };
    const killed = KILLED.exec(line);
    if (killed !== null) {
      return { ...place(killed.index), kind: "exit", status: 128 + signalNumber(killed[1] ?? "") };
    }
    const superseded = SUPERSEDED.exec(line);
    if (superseded !== null) {
      return { ...place(superseded.index), kind: "superseded", by: Number(superseded[1]) };
    }
  }
  if (!line.includes("Process ")) return undefined;
  const bits = BITS.exec(line);
  if (bits !== null) {
    return bits[2] === "64 bit"
      ? undefined
      : { line: number, pid: Number(bits[1]), kind: "32 bits" };
  }
  const attached = ATTACHED.exec(line);
  if (attached === null) return undefined;
  const threads = Number(attached[2] ?? 1);
  return { line: number, pid: Number(attached[1]), kind: "attached", threads };
}

function readResumed(line: string, number: number, match: RegExpExecArray): LineReading {
  const place = { line: number, ...readPrefix(line.slice(0, match.index)) };
  const isSystem = match[1] !== undefined || match[3] !== undefined;
  const call = nameOf(match[2] ?? "");
  const scanned = scanArguments(line, match.index + match[0].length);
  if (scanned.state === "cut") return { events: [], state: "open" };
  const found = readResult(line, scanned.end);
  const result = found?.result;
  const event: Event = {
    ...place,
    kind: "leave",
    call,
    ...(isSystem && { isSystem }),
    args: scanned.args.filter((arg) => arg !== ""),
    ...(result !== undefined && { result }),
  };
  return found === undefined && scanned.state === "closed"
    ? { events: [], state: "open" }
    : { events: [event], state: "read" };
}

/** Where a call begins. */
interface Found {
  readonly start: number;
  readonly open: number;
  readonly name: string;
  /** True if the text says that it is a system call, as ltrace does. */
  readonly isSystem: boolean;
}

/** ltrace knows newer calls by their numbers on x86-64 alone. */
const NUMBERED: Readonly<Record<string, string>> = { "425": "io_uring_setup", "435": "clone3" };

function nameOf(text: string): string {
  return ownValue(NUMBERED, text) ?? (/^\d/.test(text) ? `syscall_${text}` : text);
}

function nextCall(line: string, from: number): Found | undefined {
  CALL.lastIndex = from;
  for (;;) {
    const match = CALL.exec(line);
    if (match === null) return undefined;
    const open = CALL.lastIndex, start = open - match[1]!.length - 1;
    const name = nameOf(match[2]!), isSystem = match[1] !== match[2];
    const found = { start, open, name, isSystem };
    if (isMemoryCall(name) || PROCESS_CALLS.has(name)) return found;
    // Another call only counts where it begins what the tracer wrote.
    if (isTracersOwn(line.slice(from, start))) return found;
  }
}

/** What was read of a call. */
interface ReadCall {
  readonly event?: Event;
  readonly end: number;
  readonly state: "read" | "open" | "unread";
  readonly why?: string;
}

function readCall(line: string, number: number, from: number, found: Found): ReadCall {
  const { start, open, name, isSystem } = found;
  const prefix: Prefix = readPrefix(line.slice(from, start));
  const scanned = scanArguments(line, open);
  const { args } = scanned;
  const head = { line: number, ...prefix, call: name, args, ...(isSystem && { isSystem }) };
  if (scanned.state === "unfinished") {
    return { event: { ...head, kind: "enter" }, end: scanned.end, state: "read" };
  }
  const why = "the line is cut within";
  if (scanned.state === "cut") return { end: line.length, state: "open", why };
  const read = readResult(line, scanned.end);
  if (read !== undefined) {
    const { result, end } = read;
    return {
      event: { ...head, kind: "call", ...(result !== undefined && { result }) },
      end,
      state: "read",
    };
  }
  const rest = line.slice(scanned.end);
  if (/^\s*(?:=\s*-?|\\)?\s*$/.test(rest)) {
    return { end: line.length, state: "open", why: "the line is cut before the result of" };
  }
  return { end: scanned.end, state: "unread", why: "no result stands after" };
}
