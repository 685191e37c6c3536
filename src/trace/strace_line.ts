/**
 * One line of strace's output, taken apart. Format: strace(1), version 6.1, with `-X raw`.
 *
 * @module
 */

/** What a call returned. */
export interface StraceResult {
  /** 0 where `error` is present. */
  readonly value: number;
  /** The errno's name. */
  readonly error?: string;
}

/** What a line tells; `pid` is absent where strace leaves it out, as it does while there is but one. */
export type StraceLine =
  /** A call from entry to exit; without a result if it never returned. */
  | {
    readonly kind: "call";
    readonly pid?: number;
    readonly call: string;
    readonly args: string;
    readonly result?: StraceResult;
  }
  /** The entry of a call that another process's line interrupted. */
  | {
    readonly kind: "unfinished";
    readonly pid?: number;
    readonly call: string;
    readonly args: string;
  }
  /** The exit of a call whose entry stands further up. */
  | {
    readonly kind: "resumed";
    readonly pid?: number;
    readonly call: string;
    readonly result?: StraceResult;
  }
  | { readonly kind: "exit"; readonly pid?: number; readonly status: number }
  /** A thread group's leader was replaced by its thread `by`, which called exec. */
  | { readonly kind: "superseded"; readonly pid?: number; readonly by: number };

/** The arguments of a call. */
export interface StraceArguments {
  /** In the order of the text; NaN where it is not a number. */
  readonly values: readonly number[];
  /** What `-y` shows behind a descriptor. */
  readonly path?: string;
  /** The last text in quotes. */
  readonly text?: string;
}

const PREFIX = /^(?:\[pid +(\d+)\] +|(\d+) +)?(?:\d[\d:]*(?:\.\d+)? +)?(?=\S)/;
const CALL = /^(\w+)\((.*)\) += (.*)$/;
const UNFINISHED = /^(\w+)\((.*?) ?<unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. (\w+) resumed>.*\) += (.*)$/;
const EXITED = /^\+\+\+ exited with (\d+) \+\+\+$/;
const KILLED = /^\+\+\+ killed by (SIG\w+)(?: \(core dumped\))? \+\+\+$/;
const SUPERSEDED = /^\+\+\+ superseded by execve in pid (\d+) \+\+\+$/;
/** Signals, and what strace says of itself. */
const NOTHING = /^(?:--- .* ---|strace: .*|)$/;

/** Numbers of the signals that commonly end a process; any other counts as 0. */
const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
};

/** What a line tells, `nothing` for one without meaning here, `unknown` for one that strace does not write. */
export function parseStraceLine(line: string): StraceLine | "nothing" | "unknown" {
  if (NOTHING.test(line)) return "nothing";
  const prefix = PREFIX.exec(line);
  const pid = prefix?.[1] ?? prefix?.[2];
  const process = pid === undefined ? {} : { pid: Number(pid) };
  const rest = line.slice(prefix?.[0].length ?? 0).trimEnd();
  if (NOTHING.test(rest)) return "nothing";
  const unfinished = UNFINISHED.exec(rest);
  if (unfinished !== null) {
    const [, call = "", args = ""] = unfinished;
    return { kind: "unfinished", ...process, call, args };
  }
  const resumed = RESUMED.exec(rest);
  if (resumed !== null) {
    return { kind: "resumed", ...process, call: resumed[1] ?? "", ...returned(resumed[2] ?? "") };
  }
  const call = CALL.exec(rest);
  if (call !== null) {
    const [, name = "", args = "", result = ""] = call;
    return { kind: "call", ...process, call: name, args, ...returned(result) };
  }
  const exited = EXITED.exec(rest);
  if (exited !== null) return { kind: "exit", ...process, status: Number(exited[1]) };
  const killed = KILLED.exec(rest);
  if (killed !== null) {
    return { kind: "exit", ...process, status: 128 + (SIGNALS[killed[1] ?? ""] ?? 0) };
  }
  const superseded = SUPERSEDED.exec(rest);
  if (superseded !== null) return { kind: "superseded", ...process, by: Number(superseded[1]) };
  return "unknown";
}

/** `0x7f…`, `0`, `-1 ENOMEM (…)`, `? ERESTARTNOINTR (…)`; a lone `?` says that it did not return. */
function returned(text: string): { result?: StraceResult } {
  const failed = /^(?:-1|\?) (E\w+)/.exec(text);
  if (failed !== null) return { result: { value: 0, error: failed[1] ?? "" } };
  const value = numberOf(text.split(/[\s<]/, 1)[0] ?? "");
  return Number.isNaN(value) ? {} : { result: { value } };
}

/** Takes the text between a call's parentheses apart. */
export function parseStraceArguments(text: string): StraceArguments {
  let path: string | undefined, quoted: string | undefined;
  const values = splitArguments(text).map((part) => {
    const value = part.replace(/^\w+=(?!>)/, "");
    const descriptor = /^(-?\d+)<(.*)>(?:\(deleted\))?$/.exec(value);
    if (descriptor !== null) {
      path = descriptor[2];
      return Number(descriptor[1]);
    }
    if (value.startsWith('"')) quoted = value.slice(1, value.lastIndexOf('"'));
    return /^["{[]/.test(value) ? 0 : numberOf(value.replace(/ \/\*.*\*\/$/, ""));
  });
  return {
    values,
    ...(path !== undefined && { path }),
    ...(quoted !== undefined && { text: quoted }),
  };
}

/** Cuts at the commas that stand in no brackets, quotes or paths. */
function splitArguments(text: string): string[] {
  const parts: string[] = [];
  let depth = 0, inPath = false, start = 0;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === '"') i = endOfQuotes(text, i);
    else if (inPath) inPath = letter !== ">";
    else if (letter === "<" && /\d/.test(text[i - 1] ?? "")) inPath = true;
    else if ("([{".includes(letter)) depth++;
    else if (")]}".includes(letter)) depth--;
    else if (letter === "," && depth === 0) {
      parts.push(text.slice(start, i).trim());
      start = i + 1;
    }
  }
  const last = text.slice(start).trim();
  return last === "" ? parts : [...parts, last];
}

/** The closing quote, or the last letter if there is none. */
function endOfQuotes(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

/** A number as strace prints it raw: decimal, hexadecimal, octal, `NULL`, several joined with `|`. */
function numberOf(text: string): number {
  const parts = text.split("|");
  if (parts.length > 1) return parts.map(numberOf).reduce((sum, part) => sum + part, 0);
  if (text === "NULL") return 0;
  if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
  if (!/^-?(?:\d+|0x[0-9a-f]+)$/.test(text)) return NaN;
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const signed = Number(BigInt.asIntN(64, BigInt(text)));
  return Number.isSafeInteger(signed) ? signed : Number.MAX_SAFE_INTEGER;
}
