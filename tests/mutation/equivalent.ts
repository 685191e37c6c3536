/**
 * Mutants that no test can notice, and why.
 *
 * @module
 */

import type { Mutant } from "./mutants.ts";

/** One sentence for all mutants of a piece of code. */
interface Equivalence {
  readonly file: string;
  /** What stands on the mutated line. */
  readonly line: RegExp;
  readonly why: string;
}

/** Kept short: what could be tested is tested instead. */
const EQUIVALENT: readonly Equivalence[] = [];

/** Why a mutant is equivalent, undefined if it is not known to be. */
export function equivalence(source: string, mutant: Mutant): string | undefined {
  const line = source.split("\n")[mutant.line - 1] ?? "";
  return EQUIVALENT.find((entry) => entry.file === mutant.file && entry.line.test(line))?.why;
}
