/**
 * A whole text of calls as events, and what in it was passed over.
 *
 * @module
 */

import { cleanLines, type TextLine } from "../lines/clean.ts";
import { markOf, type PassedOver, passOver } from "../lines/marks.ts";
import type { Event, LineReader, LineReading } from "./event.ts";
import { readGvisorLine } from "./gvisor.ts";
import { systemCallsOf } from "./nested.ts";
import { readPerfLine } from "./perf.ts";
import { isRrLine, readRr } from "./rr.ts";
import { readStraceLine } from "./strace.ts";

/** Who wrote a text of calls. */
export type CallFormat = "strace" | "gvisor" | "perf" | "ltrace" | "rr";

/** A text of calls, read. */
export interface CallsReading {
  readonly format: CallFormat;
  /** Lines of the text. */
  readonly lines: number;
  /** What they tell, in order. */
  readonly events: readonly Event[];
  readonly passedOver: readonly PassedOver[];
}

const GVISOR = /\[ *\d+(?:\([^)]*\))?: *\d+(?:\([^)]*\))?\] \S{1,64} [EX] \w{2,31}\(/;
const PERF = /\(\s{0,9}(?:[\d.,]{1,20} ms|\?)?\s{0,9}\)?\s{0,9}:\s.*\w\(/;
const LTRACE = /(?:^|\W)(?:SYS_[a-z]\w*|[a-z]\w*@SYS)\(/;
/** As many lines of one kind decide. */
const ENOUGH = 3;

/** Reads a text. O(length). */
export function readCalls(text: string): CallsReading {
  const lines = cleanLines(text);
  const format = formatOf(lines);
  if (format === "rr") return ofRr(lines);
  const reader = format === "gvisor"
    ? readGvisorLine
    : format === "perf"
    ? readPerfLine
    : readStraceLine;
  const { events, passedOver } = readLines(lines, reader);
  const ofSystem = format === "ltrace" ? systemCallsOf(events) : events;
  return { format, lines: lines.length, events: ofSystem, passedOver };
}

function formatOf(lines: readonly TextLine[]): CallFormat {
  const seen = { gvisor: 0, perf: 0, ltrace: 0, rr: 0 };
  for (const { text } of lines) {
    if (GVISOR.test(text)) seen.gvisor++;
    else if (isRrLine(text)) seen.rr++;
    else if (LTRACE.test(text)) seen.ltrace++;
    else if (PERF.test(text)) seen.perf++;
    if (Math.max(seen.gvisor, seen.perf, seen.ltrace, seen.rr) >= ENOUGH) break;
  }
  const most = Math.max(seen.gvisor, seen.perf, seen.ltrace, seen.rr);
  if (most === 0) return "strace";
  if (seen.gvisor === most) return "gvisor";
  if (seen.rr === most) return "rr";
  return seen.ltrace === most ? "ltrace" : "perf";
}

function ofRr(lines: readonly TextLine[]): CallsReading {
  const { events, unread } = readRr(lines);
  const passedOver = unread.map(({ line, why }) => passOver(line.number, line.text, why));
  return { format: "rr", lines: lines.length, events, passedOver };
}

/** Lines that may belong to one call at most. */
const JOINED = 8;
/** What begins an event of its own, and so goes on with nothing. */
const BEGINS =
  /^\s*(?:\[pid\s|\d+(?:<[^<>]*>)?\s+[[\w<+?-]|\d\d:\d\d:\d\d|[a-z_][\w@]*\(|<\.\.\.|\+\+\+|---|strace: |Process \d)/;

function readLines(
  lines: readonly TextLine[],
  reader: LineReader,
): Pick<CallsReading, "events" | "passedOver"> {
  const events: Event[] = [], passedOver: PassedOver[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    let reading = reader(line.text, line.number);
    let taken = 0;
    if (reading.state === "open") {
      const joined = join(lines, at, reader);
      if (joined !== undefined) ({ reading, taken } = joined);
    }
    for (const event of reading.events) events.push(event);
    const why = whyUnread(line, reading, at + 1 === lines.length);
    if (why !== undefined) passedOver.push(passOver(line.number, line.text, why));
    if (why !== undefined && reading.state === "unknown" && markOf(line.text) === "gap") {
      events.push({ kind: "gap", line: line.number });
    }
    at += taken;
  }
  return { events, passedOver };
}

/** What a tracer says of a process in a line of its own, within another. */
const NOTICE = /^\s*(?:strace: )?Process \d+ (?:attached|resumed|suspended|detached)\b/;

/** The call that a line begins, with the lines that it goes on in. */
function join(
  lines: readonly TextLine[],
  at: number,
  reader: LineReader,
): { readonly reading: LineReading; readonly taken: number } | undefined {
  const first = lines[at]!;
  let text = first.text;
  for (let taken = 1; taken <= JOINED; taken++) {
    const next = lines[at + taken]?.text;
    if (next === undefined || next.trim() === "") return undefined;
    if (NOTICE.test(next)) continue;
    const isAsked = text.endsWith("\\");
    if (!isAsked && BEGINS.test(next)) return undefined;
    text = isAsked ? `${text.slice(0, -1)} ${next.trim()}` : joined(text, next.trim());
    const reading = reader(withoutNotice(text), first.number);
    if (reading.state === "read" && reading.unread === undefined) return { reading, taken };
  }
  return undefined;
}

/** Terminals break lines anywhere, so that a name or a number is cut in two; editors and mail break them at blanks. */
function joined(left: string, right: string): string {
  return /[\w-]$/.test(left) && /^\w/.test(right) ? left + right : `${left} ${right}`;
}

/** strace's notices go to the same terminal and may stand within a call. */
function withoutNotice(text: string): string {
  return text.replace(
    /(?:strace: )?Process \d+ (?:attached(?: with \d+ threads)?(?: \([^()]*\))?|suspended|detached) ?/,
    "",
  );
}

/** Why a line was not read, undefined if it was. */
function whyUnread(line: TextLine, reading: LineReading, isLast: boolean): string | undefined {
  if (reading.unread !== undefined) return reading.unread;
  if (reading.state === "read") return undefined;
  if (reading.state === "open") {
    return isLast ? "the text is cut within this line" : "the line is cut within a call";
  }
  switch (markOf(line.text)) {
    case "nothing":
    case "command":
      return undefined;
    case "gap":
      return `lines were left out here ("${line.text.trim()}")`;
    case "words":
      return "it is no line of the tracer: the program's own output, or words around the text";
  }
}
