/**
 * The recorded programs that a load runs.
 *
 * @module
 */

import { type KernelRules, RULE_NAMES } from "../mm/rules/kernel_rules.ts";
import { compileTrace } from "../replay/compiled.ts";
import { readTrace } from "../trace/read.ts";
import { type Program, programOf } from "./lives.ts";

/** Rules of placement: a recorded call names the addresses that the kernel chose for the ones before it. */
const PLACEMENT: readonly string[] = [
  "alignAnonymous",
  "alignFiles",
  "alignTakesUpperEnd",
  "seeksBelowGuardGap",
] satisfies (keyof KernelRules)[];

/**
 * Reads traces as programs, each named by its file.
 *
 * @param rules of the kernel that they run on, in place of that on which they were recorded; memory is placed as it was
 * then
 */
export async function readPrograms(
  files: readonly string[],
  rules?: KernelRules,
): Promise<Program[]> {
  const names = RULE_NAMES.filter((name) => !PLACEMENT.includes(name));
  const assume = rules === undefined
    ? {}
    : { rules: Object.fromEntries(names.map((name) => [name, rules[name]])) };
  const programs: Program[] = [];
  for (const file of files) {
    const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.jsonl(\.gz)?$/, "");
    programs.push(programOf(name, await compileTrace(readTrace(file), assume)));
  }
  return programs;
}
