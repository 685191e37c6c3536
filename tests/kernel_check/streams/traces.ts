/**
 * What replaying the recorded traces does to the trees of their address spaces.
 *
 * Each address space twice: with plain stores and no readers, and as the kernel does it, every store prepared and
 * readers beside the writer.
 *
 * @module
 */

import { compileTrace } from "../../../src/replay/compiled.ts";
import { type LoggedOperation, treeOperations } from "../../../src/replay/tree_log.ts";
import { readTrace } from "../../../src/trace/read.ts";
import { type Operation, operation, Verb } from "../../../src/kernel/operation.ts";
import type { Case } from "./case.ts";

const FOLDER = new URL("../../../traces/", import.meta.url);

/** The traces that are recorded in the repository, by file name. */
export function recordedTraces(): string[] {
  return [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".jsonl.gz")).sort();
}

/** Where they are, by name, after those that the user names. */
export function tracePaths(files: readonly string[] = []): Map<string, string | URL> {
  const paths = new Map<string, string | URL>(files.map((file) => [file, file]));
  for (const file of recordedTraces()) {
    paths.set(file.replace(".jsonl.gz", ""), new URL(file, FOLDER));
  }
  return paths;
}

/**
 * The tree operations of all recorded traces, after those of `files`.
 *
 * @throws {TraceError} a file cannot be read
 */
export async function traceCases(files: readonly string[] = []): Promise<Case[]> {
  const cases: Case[] = [];
  for (const [name, path] of tracePaths(files)) {
    const trace = await compileTrace(readTrace(path));
    for (const [i, log] of treeOperations(trace).entries()) {
      for (const readers of [false, true]) {
        const operations = log.map((it) => convertLogged(it, readers));
        cases.push({
          group: "recorded traces",
          name: `${name}, address space ${i + 1}${readers ? ", prepared, with readers" : ""}`,
          options: { gaps: true, readers },
          operations: () => operations,
        });
      }
    }
  }
  return cases;
}

/** A logged operation as one on the kernel's tree. */
export function convertLogged(
  { operation: name, first, last, value }: LoggedOperation,
  isPrepared: boolean,
): Operation {
  const store = isPrepared ? Verb.STORE_PREALLOCATED : Verb.STORE;
  switch (name) {
    case "store":
      return operation(store, first, last, value);
    case "clear":
      return operation(store, first, last, 0);
    case "find":
      return operation(Verb.FIND, first, last);
    case "next":
      return operation(Verb.NEXT, first, last);
    case "previous":
      return operation(Verb.PREVIOUS, first, last);
    case "emptyArea":
      return operation(Verb.EMPTY_AREA, first, last, value);
    case "emptyAreaReverse":
      return operation(Verb.EMPTY_AREA_REVERSE, first, last, value);
  }
}
