/**
 * Whether a file is a trace, and so may be replaced by another one.
 *
 * @module
 */
import { readTrace } from "./read.ts";

/**
 * True if a file begins as a trace does.
 *
 * @throws {TraceError} it cannot be read, or begins otherwise
 */
export async function isTrace(path: string): Promise<boolean> {
  for await (const record of readTrace(path)) return record.type === "header";
  return false;
}
