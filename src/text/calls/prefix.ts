/**
 * What stands before a call on its line: process, time, instruction pointer, number of the call, and whatever a log
 * put there.
 *
 * Forms: strace(1), options -f, -Y, -t, -tt, -ttt, -r, -i, -n, --timestamps and --decode-pids.
 *
 * @module
 */

/** Whom a line is about, and when it was. */
export interface Prefix {
  /** The thread. */
  readonly pid?: number;
  /** Seconds: since 1970, or of the day. */
  readonly time?: number;
}

/** `PID_MAX_LIMIT`: a larger number is a time. */
const LARGEST_PID = 4_194_304;

const IN_BRACKETS = /\[pid\s+(\d+)\b/;
const COMMENT = /\/\*[^*]*\*\//g;
const TIME = /^(?:\d{4}-\d\d-\d\d[T ]?)?(\d\d?):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|[+-]\d\d:?\d\d)?$/;
const SECONDS = /^\d{9,10}(?:\.\d+)?$/;

/** Reads what stands before a call. */
export function readPrefix(left: string): Prefix {
  const text = left.includes("/*") ? left.replace(COMMENT, " ") : left;
  const words = text.split(/\s+/, 40).filter((word) => word !== "");
  const pid = pidOf(text, words);
  const time = timeOf(words);
  return { ...(pid !== undefined && { pid }), ...(time !== undefined && { time }) };
}

function pidOf(text: string, words: readonly string[]): number | undefined {
  const bracketed = IN_BRACKETS.exec(text);
  if (bracketed !== null) return Number(bracketed[1]);
  for (const [index, word] of words.entries()) {
    const named = /^(\d+)<[^<>]*>?$/.exec(word);
    if (named !== null) return Number(named[1]);
    if (!/^\d+$/.test(word) || Number(word) > LARGEST_PID) continue;
    const before = words[index - 1];
    if (before === undefined || /[:|\]>]$/.test(before)) return Number(word);
  }
  return undefined;
}

function timeOf(words: readonly string[]): number | undefined {
  for (const word of words) {
    if (SECONDS.test(word)) return Number(word);
    const clock = TIME.exec(word);
    if (clock === null) continue;
    const [, hours, minutes, seconds, fraction = "0"] = clock;
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(`0.${fraction}`);
  }
  return undefined;
}
