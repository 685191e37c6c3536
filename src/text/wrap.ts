/**
 * Long sentences in lines of a terminal's width.
 *
 * @module
 */

/** Columns of a line. */
const WIDTH = 100;

/** The text in lines of at most 100 columns, the first with `indent` blanks before it, the others with two more. */
export function wrapped(indent: number, text: string): string {
  const lines: string[] = [];
  let line = " ".repeat(indent);
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent + 2);
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].join("\n");
}
