/**
 * Finding where the arguments of a call end, in a text that may be cut anywhere.
 *
 * @module
 */

/** The text between a call's parentheses, taken apart. */
export interface Scanned {
  /** The arguments as they stand there, blanks around them gone. */
  readonly args: readonly string[];
  /** Where the text goes on: after the closing parenthesis, or after what stands in its place. */
  readonly end: number;
  /** `unfinished`: strace went on with another process; `cut`: the text ends before the parenthesis closes. */
  readonly state: "closed" | "unfinished" | "cut";
}

const OPEN = "([{", CLOSE = ")]}";
/** Letters of a path at most; more are not looked through, so that the whole stays linear. */
const LONGEST_PATH = 4200;
const NOT_CLOSED = /^<(?:unfinished|detached|no return|ptrace)/;

/** Scans from just after a call's opening parenthesis. O(length). */
export function scanArguments(text: string, from: number): Scanned {
  const args: string[] = [];
  let depth = 0, start = from, at = from;
  const take = (end: number) => {
    const arg = text.slice(start, end).trim();
    if (arg !== "" || args.length > 0) args.push(arg);
  };
  for (; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '"') at = endOfQuotes(text, at);
    else if (letter === "/" && text[at + 1] === "*") at = endOfComment(text, at);
    else if (letter === "<") {
      if (NOT_CLOSED.test(text.slice(at, at + 12))) {
        take(at);
        const close = text.indexOf(">", at);
        return { args, end: close < 0 ? text.length : close + 1, state: "unfinished" };
      }
      if (/[\dD]/.test(text[at - 1] ?? "")) at = endOfPath(text, at);
    } else if (OPEN.includes(letter)) depth++;
    else if (CLOSE.includes(letter)) {
      if (depth === 0) {
        take(at);
        return { args, end: at + 1, state: "closed" };
      }
      depth--;
    } else if (letter === "," && depth === 0) {
      take(at);
      start = at + 1;
    }
  }
  take(text.length);
  return { args, end: text.length, state: "cut" };
}

/** The closing quote, or the end of the text. */
function endOfQuotes(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

function endOfComment(text: string, open: number): number {
  const close = text.indexOf("*/", open + 2);
  return close < 0 ? text.length : close + 1;
}

/** The `>` that ends what `-y` shows of a descriptor; those in `a->b` and in nested pairs do not. */
function endOfPath(text: string, open: number): number {
  const stop = Math.min(text.length, open + LONGEST_PATH);
  let depth = 0;
  for (let at = open; at < stop; at++) {
    if (text[at] === "<") depth++;
    else if (text[at] === ">" && text[at - 1] !== "-" && --depth === 0) return at;
  }
  return open;
}
