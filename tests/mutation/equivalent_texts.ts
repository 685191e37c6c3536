/**
 * Mutants of traces and of texts that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const TEXTS: Equivalences = {
  "src/trace/codec.ts": [
    [
      "slower",
      "return value >= 0 ? hex(value) : `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;",
      ["value >= 0 ▸ false", ">= ▸ >", "0 ▸ 1"],
      "Numbers that are not negative are written alike by way of a BigInt.",
    ],
  ],
  "src/trace/gunzip.ts": [
    [
      "slower",
      "if (!output.write(chunk)) await writable(output);",
      ["await writable(output); ▸ ;"],
      "What is written too early waits in memory.",
    ],
    [
      "same",
      "if (done) controller.close();",
      ["controller.close(); ▸ ;", "done ▸ true", "done ▸ false"],
      "It runs only where there is no node:zlib, in browsers.",
    ],
    [
      "same",
      "else controller.enqueue(value);",
      ["controller.enqueue(value); ▸ ;"],
      "It runs only where there is no node:zlib, in browsers.",
    ],
  ],
  "src/trace/is_trace.ts": [
    [
      "same",
      "return false;",
      ["false ▸ true"],
      "A file without a record is an error before.",
    ],
  ],
  "src/trace/lines.ts": [
    [
      "same",
      "if (piece.length > 0) pieces.push(piece);",
      ["piece.length > 0 ▸ true", "> ▸ >="],
      "An empty piece adds nothing to a line.",
    ],
    [
      "slower",
      "const text = decoder.decode(pieces.length === 1 ? pieces[0] : joined(pieces, length));",
      ["pieces.length === 1 ▸ false"],
      "One piece is copied, and is the same then.",
    ],
  ],
  "src/trace/read.ts": [
    [
      "same",
      'if ("Deno" in globalThis) return (await Deno.open(path)).readable;',
      ['"Deno" in globalThis ▸ true'],
      "What follows is for Node and Bun: the tests of the package read a trace there.",
    ],
    [
      "slower",
      "const head = await source.peek(2);",
      ["2 ▸ 3"],
      "It looks one byte further than it must.",
    ],
    [
      "same",
      "await source.cancel();",
      ["await source.cancel(); ▸ ;"],
      "The file is closed when it is collected, at the latest.",
    ],
    [
      "same",
      'return error instanceof Error && "code" in error && error.code === "ENOENT";',
      ["&& ▸ ||"],
      "What the system throws is an Error; the check is for the type checker.",
    ],
    [
      "slower",
      "while (this.#head.length < count) {",
      ["< ▸ <="],
      "It looks one piece further than it must.",
    ],
  ],
  "src/trace/summary.ts": [
    [
      "same",
      "const [start = 0, length = 0] = call.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A munmap has both arguments.",
    ],
  ],
  "src/trace/write.ts": [
    [
      "same",
      "this.#pumped.catch((error) => this.#writer.abort(error).catch(() => {}));",
      ["this.#pumped.catch((error) => this.#writer.abort(error).c… ▸ ;"],
      "The next write, or the end, waits for what fails there, and fails as well.",
    ],
  ],
  "src/text/calls/strace.ts": [
    [
      "slower",
      'const text = left.includes("<") ? left.replace(/<[^<>]*>/g, "") : left;',
      ['left.includes("<") ▸ true'],
      "Without it there is nothing to take out.",
    ],
    [
      "slower",
      'if (line.includes("+++")) {',
      ['line.includes("+++") ▸ true'],
      "Each of the patterns has it.",
    ],
    [
      "slower",
      'if (!line.includes("Process ")) return undefined;',
      ['!line.includes("Process ") ▸ false'],
      "Both of the patterns have it.",
    ],
  ],
  "src/text/calls/prefix.ts": [
    [
      "slower",
      'const text = left.includes("/*") ? left.replace(COMMENT, " ") : left;',
      ['left.includes("/*") ▸ true'],
      "Without it there is nothing to take out.",
    ],
  ],
  "src/text/calls/values.ts": [
    [
      "slower",
      'if (!text.includes("/*")) return text;',
      ['!text.includes("/*") ▸ false'],
      "Without a comment the whole text is what is left.",
    ],
    [
      "slower",
      'if (text.includes("*")) {',
      ['text.includes("*") ▸ true'],
      "A product of one factor is that factor.",
    ],
  ],
  "src/text/lines/clean.ts": [
    [
      "slower",
      'if (text.includes("&")) {',
      ['text.includes("&") ▸ true'],
      "Without it there is nothing to replace.",
    ],
    [
      "slower",
      "if (BEYOND_ASCII.test(text)) text = plainLetters(text);",
      ["BEYOND_ASCII.test(text) ▸ true"],
      "Only letters beyond ASCII are replaced.",
    ],
  ],
  "src/text/lines/marks.ts": [
    [
      "same",
      "return { line, text: text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text, why };",
      ["text.length > LONGEST_TEXT ▸ true", "> ▸ >="],
      "A text that is no longer is not cut.",
    ],
  ],
  "src/text/import.ts": [
    [
      "slower",
      "if (lines.size === 0) return [];",
      ["lines.size === 0 ▸ false"],
      "No line is found where none is looked for.",
    ],
  ],
};
