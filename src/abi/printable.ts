/**
 * Texts that come from elsewhere, made safe to show: names in a trace, file names, commits. What a terminal obeys is
 * shown as an escape, so that no text can move the cursor or begin a line of its own.
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

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
