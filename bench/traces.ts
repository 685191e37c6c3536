/** The recorded compiler runs that the benches replay. */

import { type CompiledTrace, readTrace, treeOperations } from "../mod.ts";
import { named } from "./names.ts";
import { OperationList } from "./operations.ts";
import type { Operations } from "./peers/range_map.ts";

/** The compiler runs; `gcc-make` is a whole make and has a test of its own. */
export const CC1_TRACES = ["cc1-hello", "cc1-2022", "cc1-ggc", "cc1-large"] as const;

/** Reads a trace of `traces/` to its end. */
export function traceOf(name: string): Promise<CompiledTrace> {
  return named("compileTrace")(readTrace(new URL(`../traces/${name}.jsonl.gz`, import.meta.url)));
}

/**
 * What a trace's replay asks of the trees of its address spaces, one address space after another; each ends empty,
 * so that the list can be repeated.
 */
export function treeWorkload(trace: CompiledTrace): Operations {
  const list = new OperationList();
  for (const log of treeOperations(trace)) {
    for (const { operation, first, last, value } of log) {
      switch (operation) {
        case "store":
          list.store(first, last, value);
          break;
        case "clear":
          list.clear(first, last);
          break;
        case "find":
          list.find(first, last);
          break;
        case "next":
          list.next(first, last);
          break;
        case "previous":
          list.previous(first, last);
          break;
        case "emptyArea":
          list.lowestGap(value, first, last);
          break;
        case "emptyAreaReverse":
          list.highestGap(value, first, last);
          break;
      }
    }
    list.iterate();
    list.clear(0, Number.MAX_SAFE_INTEGER);
  }
  return list.build();
}
