/**
 * Reads a trace as a stream of records, plain or gzip, whichever it is.
 *
 * @module
 */
import { SequenceCheck } from "./sequence_check.ts";
import { parseRecord } from "./schema.ts";
import type { TraceRecord } from "./format.ts";
import { gunzip } from "./gunzip.ts";
import { boundedLines, type Line } from "./lines.ts";
import { LineError, TraceError } from "./trace_error.ts";

/** Where a trace comes from: a path, a URL, or the bytes themselves. */
export type TraceSource = string | URL | ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * Yields the records of a trace, from the header to the end record, as they are read: memory use does
 * not grow with the trace. Whether it is compressed is seen from its first bytes.
 *
 * @param source a path, a `file:` or `https:` URL, or a stream of bytes
 * @throws {TraceError} at the first fault, with the line: not a trace, a newer version, a damaged or
 * missing field, a record out of place, a file that was cut off
 *
 * @example Counting what a trace holds
 * ```ts
 * import { readTrace } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const text = '{"type":"header","format":"maple-trace","version":1,"command":["true"],' +
 *   '"purpose":"","compiler":"","kernel":"6.18.0","machine":"x86_64","placement":"6.18",' +
 *   '"pageSize":4096,"maxMapCount":65530,"mmapMinAddress":"0x10000","fidelity":"exact"}\n' +
 *   '{"type":"end","reason":"finished"}\n';
 * const types: string[] = [];
 * for await (const record of readTrace(new Blob([text]).stream())) types.push(record.type);
 * assertEquals(types, ["header", "end"]);
 * ```
 */
export async function* readTrace(source: TraceSource): AsyncGenerator<TraceRecord, void> {
  const file = source instanceof ReadableStream ? "the trace" : String(source);
  const sequence = new SequenceCheck();
  let line = 1;
  try {
    for await (const text of boundedLines(uncompressed(await open(source), file))) {
      const record = parse(text);
      sequence.accept(record);
      yield record;
      line++;
    }
    if (line === 1) throw new LineError("ECUT", "it is empty");
    if (!sequence.ended) throw new LineError("ECUT", "it was cut off: the end record is missing");
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    const isStrange = line === 1 && error.code === "EVALUE";
    throw isStrange
      ? new TraceError("ENOTTRACE", file, line, `it is no trace: ${error.message}`)
      : new TraceError(error.code, file, line, error.message);
  }
}

function parse(line: Line): TraceRecord {
  try {
    return parseRecord(line.text);
  } catch (error) {
    if (line.complete) throw error;
    throw new LineError("ECUT", "it was cut off in the middle of this line");
  }
}

async function open(source: TraceSource): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if (source instanceof ReadableStream) return source;
  try {
    if (!/^https?:/.test(String(source))) return await openFile(source);
    const response = await fetch(source);
    if (response.body === null || !response.ok) throw new Error(`status ${response.status}`);
    return response.body;
  } catch (error) {
    const why = isMissing(error) ? "no such file" : messageOf(error);
    throw new TraceError("EIO", String(source), 0, why, { cause: error });
  }
}

/** Opens a file as Deno does, or reads it as Node and Bun do. The name of their module is put together so that bundlers
 * for browsers, where there are no files, do not look for it. */
async function openFile(path: string | URL): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  if ("Deno" in globalThis) return (await Deno.open(path)).readable;
  const files: { readFile(path: string | URL): Promise<Uint8Array<ArrayBuffer>> } = await import(
    ["node:fs", "promises"].join("/")
  );
  return new Blob([await files.readFile(path)]).stream();
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** Looks at the first two bytes and decompresses if they are gzip's. */
async function* uncompressed(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  file: string,
): AsyncGenerator<Uint8Array, void> {
  const source = new Source(stream);
  const head = await source.peek(2);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  if (!isGzip && head.length > 0 && file.endsWith(".gz")) {
    await source.cancel();
    throw new TraceError("ENOTTRACE", file, 1, "it is named .gz but is not gzip");
  }
  if (!isGzip) return yield* source.chunks();
  try {
    yield* gunzip(source.chunks());
  } catch (error) {
    if (error instanceof LineError) throw error;
    throw new LineError("ECUT", "the compressed data is damaged or cut off");
  }
}

/** A stream whose first bytes can be looked at. */
class Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #head = new Uint8Array(0);

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader();
  }

  /** The first bytes, `count` of them or more unless there are less. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#head.length < count) {
      const { done, value } = await this.#read();
      if (done) break;
      const head = new Uint8Array(this.#head.length + value.length);
      head.set(this.#head);
      head.set(value, this.#head.length);
      this.#head = head;
    }
    return this.#head;
  }

  /** All bytes, those that were looked at first. */
  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
    try {
      yield this.#head;
      for (let part = await this.#read(); !part.done; part = await this.#read()) yield part.value;
    } finally {
      await this.cancel();
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {}); // a stream that failed cannot be cancelled, nor need it be
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
    try {
      return await this.#reader.read();
    } catch (error) {
      if (error instanceof TypeError) throw new LineError("ECUT", "the data is damaged or cut off");
      throw new LineError("EIO", messageOf(error));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
