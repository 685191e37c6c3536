/**
 * A pasted text as lines, without what pasting did to it: quoting, line numbers, colours, HTML entities, the line ends
 * of other systems, a byte-order mark, typographic dashes and quotes.
 *
 * @module
 */

import { ownValue } from "../own_value.ts";

/** One line of a text. */
export interface TextLine {
  /** Its number, from 1. */
  readonly number: number;
  /** What it says, without what pasting added; blanks at its end are gone. */
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
  nbsp: " ",
  "#39": "'",
  "#34": '"',
  "#60": "<",
  "#62": ">",
  "#124": "|",
  "#x27": "'",
  hellip: "...",
};

// deno-lint-ignore no-control-regex -- the escape sequences of terminals are what is looked for
const COLOURS = /\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*\x07/g;
const BEYOND_ASCII = /[\u0080-\uffff]/;

/** Numbers at line starts count as line numbers if so many of them follow on one another. */
const NUMBERED_SHARE = 0.8;
const NUMBERED_LINES = 3;
const ONLY_NUMBER = /^\s*(\d{1,9})\s*[:|.)]?$/;
const LEADING_NUMBER = /^\s*(\d{1,9})(?:\s*[:|.)]\s?|\s+-\s+|\s+)(?=\S)/;

/** Splits a text into lines and undoes what pasting did to each. O(length). */
export function cleanLines(text: string): TextLine[] {
  const lines = text.split(/\r*\n|\r/).map((line, index) => ({
    number: index + 1,
    text: clean(line),
  }));
  if (lines.at(-1)?.text === "") lines.pop();
  return withoutNumbers(lines);
}

function clean(line: string): string {
  let text = line;
  if (text.includes("\x1b")) {
    text = text.replace(COLOURS, "");
  }
  if (text.includes("&")) {
    text = text.replace(/&(#?\w{2,6});/g, (all, name: string) => ownValue(ENTITIES, name) ?? all);
  }
  if (BEYOND_ASCII.test(text)) text = plainLetters(text);
  return unquoted(text).replace(/<br ?\/?>$/, "").trimEnd();
}

/** What word processors and web pages put in the place of ASCII. */
function plainLetters(text: string): string {
  return text
    .replace(/[\u00a0\u2000-\u200a\u202f\u3000]/g, " ")
    .replace(/[\u200b-\u200f\u2060\ufeff\u00ad]/g, "")
    .replace(/[\u201c\u201d\u201e\u00ab\u00bb]/g, '"')
    .replace(/[\u2018\u2019\u201a]/g, "'")
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/\u2026/g, "...")
    .replace(/\b0\u00d7/g, "0x");
}

/** Without the marks of quoting (`> `, `| `) at the start; what stands after them keeps its blanks. */
function unquoted(text: string): string {
  const quote = /^(?:[ \t]{0,3}[>|](?: (?=[>|])| ?(?=[^ ])|(?= )|$))+/.exec(text);
  return quote === null ? text : text.slice(quote[0].length);
}

/** Without line numbers, if lines bear them: `12 `, `12: `, `12| `, `12 - `. */
function withoutNumbers(lines: TextLine[]): TextLine[] {
  let numbered = 0, following = 0, last = NaN, filled = 0;
  for (const { text } of lines) {
    if (text.trim() === "") continue;
    filled++;
    const number = Number((LEADING_NUMBER.exec(text) ?? ONLY_NUMBER.exec(text))?.[1] ?? NaN);
    if (!Number.isNaN(number)) numbered++;
    if (number === last + 1) following++;
    last = number;
  }
  const isNumbered = numbered >= NUMBERED_LINES && numbered >= filled * NUMBERED_SHARE &&
    following >= (numbered - 1) * NUMBERED_SHARE;
  if (!isNumbered) return lines;
  return lines.map(({ number, text }) => ({
    number,
    text: text.replace(LEADING_NUMBER, "").replace(ONLY_NUMBER, ""),
  }));
}
