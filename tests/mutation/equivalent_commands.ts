/**
 * Mutants of commands, comparison, history and report that no test of theirs can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const COMMANDS: Equivalences = {
  "src/command/command.ts": [
    [
      "same",
      "return Array.isArray(value) ? value.map(String) : [];",
      ["Array.isArray(value) ▸ true"],
      "Operands are always a list; the check is for the type checker.",
    ],
  ],
  "src/command/files.ts": [
    [
      "same",
      "if (error instanceof Deno.errors.NotFound) return;",
      ["error instanceof Deno.errors.NotFound ▸ true"],
      "Another error takes a folder that may not be removed, which a test that runs as root cannot make.",
    ],
    [
      "same",
      "this.#forget();",
      ["this.#forget(); ▸ ;"],
      "What is removed twice is removed; only a signal would try.",
    ],
  ],
  "src/compare/shards.ts": [
    [
      "same",
      "if (index === undefined || count === undefined || index < 1 || index > count) {",
      ["|| ▸ &&"],
      "Either both are there or neither is; the check is for the type checker.",
    ],
  ],
  "src/history/history.ts": [
    [
      "same",
      "for (let attempt = 1;; attempt++) {",
      ["1 ▸ 2"],
      "One attempt less of twenty, which only a branch that others keep moving would take.",
    ],
    [
      "same",
      "if (!(error instanceof GitError) || attempt === ATTEMPTS) throw error;",
      [
        "!(error instanceof GitError) || attempt === ATTEMPTS ▸ false",
        "|| ▸ &&",
        "throw error; ▸ ;",
      ],
      "Only twenty writers that meet twenty times would come to it.",
    ],
    [
      "slower",
      "await new Promise((retry) => setTimeout(retry, 10 * attempt * Math.random()));",
      ["await new Promise((retry) => setTimeout(retry, 10 * attem… ▸ ;", "10 ▸ 11"],
      "How long it waits before another attempt decides about nothing else.",
    ],
    [
      "same",
      'return text === "" ? "" : `${text}\\n`;',
      ['text === "" ▸ false'],
      "An empty line is passed over when the history is read.",
    ],
    [
      "same",
      'if (typeof line !== "object" || line === null) return false;',
      ['typeof line !== "object" || line === null ▸ false', "|| ▸ &&"],
      "What is no object throws at the next line, and is then no line of the history either.",
    ],
  ],
  "src/report/ancestry.ts": [
    [
      "slower",
      "if (known.length === 0) return [...runs];",
      ["known.length === 0 ▸ false"],
      "git is asked to order no commits, and no run has a place then.",
    ],
    [
      "same",
      "const place = ({ commit }: BenchLine) => places.get(commit) ?? -1;",
      ["1 ▸ 2"],
      "Only that it is below 0 is looked at.",
    ],
  ],
};
