/**
 * The recorded traces, read from the repository.
 *
 * @module
 */

import { readTrace } from "../../src/trace/read.ts";
import type { TraceRecord } from "../../src/trace/format.ts";

const FOLDER = new URL("../../traces/", import.meta.url);

/** Names of all recorded traces, without the ending. */
export const TRACES: readonly string[] = [...Deno.readDirSync(FOLDER)]
  .map((entry) => entry.name)
  .filter((name) => name.endsWith(".jsonl.gz"))
  .map((name) => name.slice(0, -".jsonl.gz".length))
  .sort();

/** All records of a recorded trace. */
export async function recordsOf(name: string): Promise<TraceRecord[]> {
  return await Array.fromAsync(readTrace(new URL(`${name}.jsonl.gz`, FOLDER)));
}
