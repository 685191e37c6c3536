/**
 * What commands print. Texts that come from elsewhere (names in a trace, file names, commits) may hold control
 * characters, which a terminal obeys: they are shown as escapes, so that no trace can move the cursor or print a line
 * of its own.
 *
 * @module
 */

import { oneLine, printable } from "../abi/printable.ts";

export { oneLine, printable } from "../abi/printable.ts";

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
