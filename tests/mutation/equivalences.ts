/**
 * How equivalent mutants are written down.
 *
 * @module
 */

/** By source file, from the root. */
export type Equivalences = Readonly<Record<string, readonly Equivalence[]>>;

/**
 * One sentence for one or several mutants of a line: whether they do the same, or the same by a longer way, which
 * only a clock would tell; the whole line without the spaces at its ends; the changes as the report shows them; why;
 * and which of the lines of that text it is about, from 1, if not about all.
 */
export type Equivalence = readonly [
  kind: "same" | "slower",
  line: string,
  changes: readonly string[],
  why: string,
  nth?: number,
];
