/**
 * Mutants that no test can notice, and why.
 *
 * An entry names the text of its line, so that it stands for the code it was thought of, wherever that moves to. One
 * that fits no mutant any more, or one that a test notices, is an error: its code must be looked at again.
 *
 * @module
 */

import type { Equivalence } from "./equivalences.ts";
import { MM_PAGES } from "./equivalent_mm_pages.ts";
import { MM_RANGES } from "./equivalent_mm_ranges.ts";
import { TREE_READING } from "./equivalent_tree_reading.ts";
import { TREE_WRITING } from "./equivalent_tree_writing.ts";
import { changeOf, type Mutant } from "./mutants.ts";

const EQUIVALENT = { ...TREE_READING, ...TREE_WRITING, ...MM_PAGES, ...MM_RANGES };

/** The entry that explains a mutant, undefined if none does. */
export function equivalence(source: string, mutant: Mutant): Equivalence | undefined {
  const text = lineOf(source, mutant);
  const change = changeOf(source, mutant);
  return EQUIVALENT[mutant.file]?.find(([, line, changes, , nth]) =>
    line === text && changes.includes(change) &&
    (nth ?? place(source, mutant)) === place(source, mutant)
  );
}

/** The line of a mutant, without the spaces at its ends. */
function lineOf(source: string, mutant: Mutant): string {
  return (source.split("\n")[mutant.line - 1] ?? "").trim();
}

/** Which of the lines with its text a mutant is in, from 1. */
function place(source: string, mutant: Mutant): number {
  const text = lineOf(source, mutant);
  return source.split("\n").slice(0, mutant.line).filter((line) => line.trim() === text).length;
}

/** Entries that fit none of the mutants, in words. */
export function staleEntries(
  mutants: readonly { readonly source: string; readonly mutant: Mutant }[],
): string[] {
  const key = (...parts: readonly string[]) => parts.join("\n");
  const fitting = new Set(
    mutants.flatMap(({ source, mutant }) => {
      const parts = [mutant.file, lineOf(source, mutant), changeOf(source, mutant)];
      return [key(...parts), key(...parts, String(place(source, mutant)))];
    }),
  );
  return Object.entries(EQUIVALENT).flatMap(([file, entries]) =>
    entries.flatMap(([, line, changes, , nth]) =>
      changes
        .filter((change) =>
          !fitting.has(key(file, line, change, ...nth === undefined ? [] : [`${nth}`]))
        )
        .map((change) => `${file}: ${change} in: ${line}`)
    )
  );
}
