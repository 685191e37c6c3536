/**
 * The runs that a page has: those that it came with, and files dropped on it.
 *
 * @module
 */

import type { TraceRecord } from "../../trace/format.ts";

/** What reads files: the engine's functions, or those of the checkout. */
export interface Readers {
  readonly readTrace: typeof import("../../trace/read.ts").readTrace;
  readonly importText: typeof import("../../text/import.ts").importText;
}

/** A run that can be opened. */
export interface LibraryEntry {
  readonly name: string;
  /** Its records, read once. */
  records(): Promise<readonly TraceRecord[]>;
}

/** A run from the bytes of its file. */
export function entryOf(
  name: string,
  readers: Readers,
  bytes: () => Promise<Uint8Array<ArrayBuffer>>,
): LibraryEntry {
  let records: Promise<readonly TraceRecord[]> | undefined;
  return { name, records: () => records ??= bytes().then((read) => recordsOf(read, readers)) };
}

/**
 * Reads a trace, or a text that can be imported as one; either may be gzip.
 *
 * @throws {TraceError} it is a trace, but a damaged one
 * @throws {TextError} there is no call on memory in the text
 */
export async function recordsOf(
  bytes: Uint8Array<ArrayBuffer>,
  { readTrace, importText }: Readers,
): Promise<readonly TraceRecord[]> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isGzip ? await gunzip(bytes) : bytes;
  const encoding = plain[0] === 0xff && plain[1] === 0xfe ? "utf-16le" : "utf-8";
  const text = new TextDecoder(encoding).decode(plain);
  if (!/^\s*\{"type":/.test(text)) return importText(text).records;
  const records: TraceRecord[] = [];
  for await (const record of readTrace(new Blob([plain]).stream())) records.push(record);
  return records;
}

async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch (error) {
    throw new TypeError("The compressed data is damaged or cut off", { cause: error });
  }
}

/** The name of a run: its file's, without folder and endings. */
export function runName(file: string): string {
  return file.replace(/^.*\//, "").replace(/(\.jsonl|\.txt|\.log|\.strace)?(\.gz)?$/, "");
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
