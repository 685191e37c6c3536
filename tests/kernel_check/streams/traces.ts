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

/** The tree operations of all recorded traces. */
export async function traceCases(): Promise<Case[]> {
  const cases: Case[] = [];
  for (const file of recordedTraces()) {
    const trace = await compileTrace(readTrace(new URL(file, FOLDER)));
    const name = file.replace(".jsonl.gz", "");
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
