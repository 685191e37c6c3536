/**
 * The runs that a page has: those that it came with, and files dropped on it.
 *
 * @module
 */

import { readTrace } from "../../trace/read.ts";
import type { TraceRecord } from "../../trace/format.ts";

/** A run that can be opened. */
export interface LibraryEntry {
  readonly name: string;
  /** Its records, read once. */
  records(): Promise<readonly TraceRecord[]>;
}

/** A run from the bytes of its file. */
export function entryOf(name: string, bytes: () => Promise<Uint8Array<ArrayBuffer>>): LibraryEntry {
  let records: Promise<readonly TraceRecord[]> | undefined;
  return { name, records: () => records ??= bytes().then(recordsOf) };
}

/** Reads a trace, plain or gzip. */
async function recordsOf(bytes: Uint8Array<ArrayBuffer>): Promise<readonly TraceRecord[]> {
  const records: TraceRecord[] = [];
  for await (const record of readTrace(new Blob([bytes]).stream())) records.push(record);
  return records;
}

/** The name of a run: its file's, without folder and endings. */
export function runName(file: string): string {
  return file.replace(/^.*\//, "").replace(/(\.jsonl)?(\.gz)?$/, "");
}

/** Bytes from base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** What deflate packed. */
export async function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(stream).text();
}
