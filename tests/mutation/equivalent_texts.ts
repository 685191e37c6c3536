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
};
