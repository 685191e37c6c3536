/**
 * Writes a trace: one line a record, keys always in the same order, gzip if asked for.
 *
 * What is written is on its way to the disk after a second at most, so that a recording that is killed can be read to
 * the last second. In a compressed trace that takes a gzip member for each second in which something was recorded.
 *
 * @module
 */
import type { TraceRecord } from "./format.ts";
import { formatRecord } from "./schema.ts";

/** How {@linkcode writeTrace} writes. */
export interface WriteOptions {
  /** Compress with gzip. */
  readonly gzip?: boolean;
  /** How long records may wait before they are written, ms; 1000 unless given. */
  readonly patienceMs?: number;
}

/** Text is handed to the compressor and the disk in pieces of about this many characters. */
const BATCH = 1 << 16;

type Sink = WritableStream<Uint8Array<ArrayBuffer>>;

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
  sink: Sink,
  options: WriteOptions = {},
): Promise<void> {
  const output = new Output(sink, options.gzip ?? false);
  const timer = setInterval(() => output.flush(), options.patienceMs ?? 1000);
  try {
    for await (const record of records) {
      if (output.add(formatRecord(record) + "\n")) await output.write();
    }
  } finally {
    clearInterval(timer);
    await output.close();
  }
}

/** Text on its way to a sink, one piece after the other. */
class Output {
  readonly #sink: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #gzip: boolean;
  readonly #encoder = new TextEncoder();
  #batch = "";
  #member: Member | undefined;
  /** Everything that was begun. It may fail unnoticed; the next write, or the closing, then throws. */
  #done: Promise<void> = Promise.resolve();

  constructor(sink: Sink, gzip: boolean) {
    this.#sink = sink.getWriter();
    this.#gzip = gzip;
  }

  /** Takes a text; true if it is time to {@linkcode write}. */
  add(text: string): boolean {
    this.#batch += text;
    return this.#batch.length >= BATCH;
  }

  /** Hands on what waits. */
  async write(): Promise<void> {
    await this.#queue(() => this.#pass());
  }

  /** Hands on what waits, such that it can be read. */
  flush(): void {
    this.#queue(async () => {
      await this.#pass();
      await this.#endMember();
    }).catch(() => {});
  }

  async close(): Promise<void> {
    this.flush();
    await this.#done;
    await this.#sink.close();
  }

  #queue(act: () => Promise<void>): Promise<void> {
    return this.#done = this.#done.then(act);
  }

  async #pass(): Promise<void> {
    if (this.#batch === "") return;
    const bytes = this.#encoder.encode(this.#batch);
    this.#batch = "";
    if (!this.#gzip) return await this.#sink.write(bytes);
    this.#member ??= new Member(this.#sink);
    await this.#member.write(bytes);
  }

  async #endMember(): Promise<void> {
    const member = this.#member;
    this.#member = undefined;
    await member?.end();
  }
}

/** One gzip member. */
class Member {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #pumped: Promise<void>;

  constructor(sink: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>) {
    const gzip = new CompressionStream("gzip");
    this.#writer = gzip.writable.getWriter();
    this.#pumped = (async () => {
      for await (const piece of gzip.readable) await sink.write(piece);
    })();
    this.#pumped.catch((error) => this.#writer.abort(error).catch(() => {}));
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    await Promise.race([this.#writer.write(bytes), this.#pumped]);
  }

  async end(): Promise<void> {
    await Promise.all([this.#writer.close(), this.#pumped]);
  }
}
