/**
 * The recorded programs that a load runs.
 *
 * @module
 */

import { compileTrace } from "../replay/compiled.ts";
import { readTrace } from "../trace/read.ts";
import { type Program, programOf } from "./lives.ts";

/** Reads traces as programs, each named by its file. */
export async function readPrograms(files: readonly string[]): Promise<Program[]> {
  const programs: Program[] = [];
  for (const file of files) {
    const name = file.slice(file.lastIndexOf("/") + 1).replace(/\.jsonl(\.gz)?$/, "");
    programs.push(programOf(name, await compileTrace(readTrace(file))));
  }
  return programs;
}
