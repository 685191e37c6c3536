/**
 * Writes a trace: one line a record, keys always in the same order, gzip if asked for.
 *
 * @module
 */
import type { TraceRecord } from "./format.ts";
import { formatRecord } from "./schema.ts";

/** How {@linkcode writeTrace} writes. */
export interface WriteOptions {
  /** Compress with gzip. */
  readonly gzip?: boolean;
}

/** Text is handed to the compressor and the disk in pieces of about this many characters. */
const BATCH = 1 << 16;

/**
 * Writes every record to `sink` and closes it. If the records end in an error, what came before is
 * written and closed all the same, and the error is passed on: the file is then one that ends early,
 * not one that is damaged.
 *
 * @param records a whole trace, from header to end
 * @param sink where the bytes go, a file's `writable` for instance
 */
export async function writeTrace(
  records: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: WriteOptions = {},
): Promise<void> {
  const encoder = new TextEncoderStream();
  const bytes = options.gzip
    ? encoder.readable.pipeThrough(new CompressionStream("gzip"))
    : encoder.readable;
  const written = bytes.pipeTo(sink);
  written.catch(() => {}); // awaited below; until then a full disk shows as a rejected write
  const writer = encoder.writable.getWriter();
  let batch = "";
  try {
    for await (const record of records) {
      batch += formatRecord(record) + "\n";
      if (batch.length < BATCH) continue;
      await writer.write(batch);
      batch = "";
    }
  } finally {
    await Promise.all([writer.write(batch), writer.close(), written]);
  }
}
