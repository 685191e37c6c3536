/**
 * Lines that people put around a text: fences, prompts, and marks that something was left out.
 *
 * @module
 */

/** What a line is that belongs to no format. */
export type Mark =
  /** Blank, a code fence, a heading of a forum: nothing. */
  | "nothing"
  /** A shell prompt with the command that made the text. */
  | "command"
  /** Lines were left out here. */
  | "gap"
  /** Anything else. */
  | "words";

const FENCE =
  /^(?:`{3,}|~{3,}|<\/?(?:pre|code|tt)\b[^>]*>|\[\/?(?:code|quote|noparse)[^\]]*\]|\{(?:code|noformat)[^}]*\})/i;
const COMMAND =
  /^(?:[^\s$#%]{0,60}[ \]]?)?(?:[$#%]|❯|➜) *(?:sudo +)?(?:\w+=\S* +)*(?:strace|ltrace|perf|rr|runsc|docker|cat|pmap|gdb|grep|head|less|tail|wc|sysctl|jcmd|adb)\b/;
const DOTS = /^[^\w\s]?[\s\W]*\.{3,}[\s\W]*$|^\W*(?:etc|\.\.)\.*\W*$/;
const LEFT_OUT =
  /\b(?:snip(?:ped)?|omitted|elided|truncated|trimmed|left out|skipp(?:ed|ing)|removed|cut here|many more|lots more|more lines|and so on|repeated?|lines? deleted)\b/i;
const LONGEST_MARK = 100;

/** What a line is that no format knows. */
export function markOf(line: string): Mark {
  const text = line.trim();
  if (text === "" || FENCE.test(text)) return "nothing";
  if (COMMAND.test(text)) return "command";
  if (text.length > LONGEST_MARK) return "words";
  // What grep prints between groups of lines, and perf where it lost some.
  if (/^(?:--|LOST \d+ events!?)$/.test(text)) return "gap";
  const isBracketed = /^[[(<{*\-.#/~=]/.test(text);
  if (DOTS.test(text) || (isBracketed && (LEFT_OUT.test(text) || /\.{3}/.test(text)))) return "gap";
  return "words";
}

/** A line that was not read. */
export interface PassedOver {
  /** Its number, from 1. */
  readonly line: number;
  /** What it says, cut to 200 letters. */
  readonly text: string;
  /** Why it was not read, as a sentence without its stop. */
  readonly why: string;
}

const LONGEST_TEXT = 200;

/** Lists a line that was not read. */
export function passOver(line: number, text: string, why: string): PassedOver {
  return { line, text: text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text, why };
}
