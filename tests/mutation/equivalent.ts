/**
 * Mutants that no test can notice, and why.
 *
 * Whole kinds have a rule (`rules.ts`). An entry is for one place: it names the text of its line, so that it stands
 * for the code it was thought of, wherever that moves to. A rule or an entry that fits no mutant any more, or one
 * that a test notices, is an error: its code must be looked at again.
 *
 * @module
 */

import { CAPTURE } from "./equivalent_capture.ts";
import { COMMANDS } from "./equivalent_commands.ts";
import { IMPORTED } from "./equivalent_imported.ts";
import { LOAD } from "./equivalent_load.ts";
import { MM_PAGES } from "./equivalent_mm_pages.ts";
import { MM_RANGES } from "./equivalent_mm_ranges.ts";
import { PROBE } from "./equivalent_probe.ts";
import { RANGE_MAP } from "./equivalent_range_map.ts";
import { REPLAY } from "./equivalent_replay.ts";
import { TEXTS } from "./equivalent_texts.ts";
import { TREE_READING } from "./equivalent_tree_reading.ts";
import { TREE_WRITING } from "./equivalent_tree_writing.ts";
import { changeOf, type Mutant } from "./mutants.ts";
import { type Rule, RULES } from "./rules.ts";

const EQUIVALENT = {
  ...TREE_READING,
  ...TREE_WRITING,
  ...MM_PAGES,
  ...MM_RANGES,
  ...CAPTURE,
  ...COMMANDS,
  ...TEXTS,
  ...RANGE_MAP,
  ...REPLAY,
  ...LOAD,
  ...PROBE,
  ...IMPORTED,
};

/** Why no test can notice a mutant, undefined if it should be noticed. */
export function equivalence(source: string, mutant: Mutant): string | undefined {
  const { file } = mutant;
  const text = lineOf(source, mutant);
  const change = changeOf(source, mutant);
  const rule = RULES.find((it) => fits(it, { source, mutant }));
  if (rule !== undefined) return rule.why;
  return EQUIVALENT[file]?.find(([, line, changes, , nth]) =>
    line === text && changes.includes(change) &&
    (nth ?? place(source, mutant)) === place(source, mutant)
  )?.[3];
}

/** Whether a rule is about a mutant. */
function fits({ files, line, before, change }: Rule, { source, mutant }: Placed): boolean {
  if (!files.test(mutant.file) || !line.test(lineOf(source, mutant))) return false;
  const lineStart = source.lastIndexOf("\n", mutant.start - 1) + 1;
  if (before?.test(source.slice(lineStart, mutant.start)) === false) return false;
  return change.test(changeOf(source, mutant));
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

/** A mutant and the source that it is of. */
export interface Placed {
  readonly source: string;
  readonly mutant: Mutant;
}

/** Rules and entries that fit none of the mutants, in words. */
export function staleEntries(mutants: readonly Placed[]): string[] {
  return [...staleRules(mutants), ...staleSentences(mutants)];
}

function staleRules(mutants: readonly Placed[]): string[] {
  const left = new Set(RULES);
  for (const { source, mutant } of mutants) {
    for (const rule of left) {
      if (fits(rule, { source, mutant })) left.delete(rule);
    }
  }
  return [...left].map(({ why }) => `the rule: ${why}`);
}

function staleSentences(mutants: readonly Placed[]): string[] {
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
