/**
 * What may leave a machine of the paths in a command: their last parts.
 *
 * @module
 */

/** What ends a path within a word, as in `--sysroot=/usr` or `/a:/b`. */
const SEPARATOR = /([=:,;|&<>()"'`\n])/;

/**
 * A word of a command with every path in it cut to its base name, relative paths too. A blank counts as part of a
 * path: of a word that is a whole script words may be lost, but no directory is told.
 */
export function withoutDirectories(word: string): string {
  return word.split(SEPARATOR).map(lastPart).join("");
}

/** The part after the last slash, with the letter of an option that stands right before a path: `-I/usr/include`. */
function lastPart(text: string): string {
  const path = text.replace(/\/+$/, "");
  if (!path.includes("/")) return path;
  const option = /^-[A-Za-z]/.exec(path)?.[0] ?? "";
  return option + path.slice(path.lastIndexOf("/") + 1);
}
