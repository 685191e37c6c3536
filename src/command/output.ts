/**
 * What commands print. Texts that come from elsewhere (names in a trace, file names, commits) may hold control characters,
 * which a terminal obeys: they are shown as escapes, so that no trace can move the cursor or print a line of its own.
 *
 * @module
 */

/** Control characters but line ends and tabs, and those that turn the direction of text around. */
// deno-lint-ignore no-control-regex -- they are what is looked for
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with control characters as `\u001b`, which JSON reads back; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** A name or a sentence that must stay in its line: line ends and tabs are escaped too. */
export function oneLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, escaped);
}

/** What a user wrote, in quotes, in one line, and not the whole of it if it is very long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text);
}

/** Prints lines on standard output. */
export function print(text: string): void {
  console.log(printable(text));
}

/** Prints a value as JSON on standard output, indented. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, undefined, 2));
}

/** Prints a sentence on standard error. */
export function complain(sentence: string): void {
  console.error(oneLine(sentence));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
