/**
 * The driver as a process: frames out, frames in, and whatever a patched tree does to it as an answer.
 *
 * The process ends itself when a frame takes too long, and this side ends it if it has not, much later; it ends when
 * its standard input does. What the tree prints is read as it comes and of it the beginning is kept.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import type { Operation } from "./operation.ts";
import {
  ANSWER_WORDS,
  FRAME_WORDS,
  FrameKind,
  type Hello,
  HELLO_WORDS,
  OPERATION_WORDS,
  readHello,
  writeOperation,
} from "./protocol.ts";

/** How the driver ended when it should not have. */
export interface Ending {
  readonly kind: "crash" | "hang" | "exit";
  /** `it was ended by SIGSEGV`. */
  readonly text: string;
}

/** The driver ended instead of answering. */
export class DriverEnded extends Error {
  override readonly name = "DriverEnded";
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending.text);
    this.ending = ending;
  }
}

/** How a driver is started. */
export interface DriverOptions {
  /** Milliseconds on a processor after which a frame is given up. */
  readonly limitMs: number;
}

/** Bytes of what the tree printed that are kept. */
const KEPT_OUTPUT = 1 << 16;

/** How many times the limit a frame may take by the clock: the driver's own limit is of time on a processor. */
const PATIENCE = 20;

/** Milliseconds by the clock that every frame may take. */
const LEAST_PATIENCE_MS = 3000;

/** A driver that answers. */
export class Driver {
  readonly hello: Hello;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #input: Input;
  readonly #limitMs: number;
  /** Of the frame that is being performed. */
  #frameLimitMs: number;
  readonly #output: Output;
  #ended: Ending | undefined;

  private constructor(child: Deno.ChildProcess, hello: Hello, input: Input, limitMs: number) {
    this.#child = child;
    this.hello = hello;
    this.#input = input;
    this.#limitMs = limitMs;
    this.#frameLimitMs = limitMs;
    this.#writer = child.stdin.getWriter();
    this.#output = new Output(child.stderr);
  }

  /**
   * Starts a driver.
   *
   * @throws {Unable} it does not start, or does not speak the protocol
   */
  static async start(program: string, options: DriverOptions): Promise<Driver> {
    const child = new Deno.Command(program, {
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const input = new Input(child.stdout);
    const words = await input.read(HELLO_WORDS);
    const hello = words === undefined ? undefined : readHello(words);
    if (hello === undefined) {
      kill(child);
      const status = await child.status;
      const why = status.signal === null ? `status ${status.code}` : status.signal;
      await Promise.allSettled([child.stdin.close(), child.stderr.cancel()]);
      throw new Unable(`Cannot start the tree's driver: it ended with ${why}`);
    }
    return new Driver(child, hello, input, options.limitMs);
  }

  /** The process, for those who must see that none is left. */
  get pid(): number {
    return this.#child.pid;
  }

  /** What the tree printed, at most the first 64 KiB of it. */
  get printed(): string {
    return this.#output.text;
  }

  /** Bytes that the tree printed. */
  get printedBytes(): number {
    return this.#output.bytes;
  }

  /** Forgets what was printed so far. */
  clearPrinted(): void {
    this.#output.clear();
  }

  /**
   * Has operations performed.
   *
   * @param words operations, {@linkcode OPERATION_WORDS} each
   * @param limitMs milliseconds on a processor after which the frame is given up
   * @returns the answers, {@linkcode ANSWER_WORDS} each
   * @throws {DriverEnded} it did not answer
   */
  async perform(words: Uint32Array<ArrayBuffer>, limitMs?: number): Promise<Uint32Array> {
    this.#frameLimitMs = limitMs ?? this.#limitMs;
    const count = words.length / OPERATION_WORDS;
    await this.#ask(FrameKind.OPERATIONS, count, words);
    const answers = await this.#reply(count * ANSWER_WORDS);
    this.#frameLimitMs = this.#limitMs;
    return answers;
  }

  /** The same from operations, for lists that are short. */
  async performAll(operations: readonly Operation[], options = 0): Promise<Uint32Array> {
    const words = new Uint32Array(operations.length * OPERATION_WORDS);
    operations.forEach((it, i) => writeOperation(words, i * OPERATION_WORDS, it, options));
    return await this.perform(words);
  }

  /** The tree as text: its nodes and slots, or its shape only. */
  async text(kind: "dump" | "shape"): Promise<string> {
    await this.#ask(kind === "dump" ? FrameKind.DUMP : FrameKind.SHAPE, 0, new Uint32Array());
    const frame = await this.#within(this.#input.read(FRAME_WORDS));
    const bytes = await this.#within(this.#input.readBytes(frame[1]!));
    return new TextDecoder().decode(bytes);
  }

  /** Has operations on an address space performed, and gives a line for each. */
  async performOnSpace(operations: readonly Operation[]): Promise<string[]> {
    const words = new Uint32Array(operations.length * OPERATION_WORDS);
    operations.forEach((it, i) => writeOperation(words, i * OPERATION_WORDS, it, 0));
    await this.#ask(FrameKind.SPACE, operations.length, words);
    const frame = await this.#within(this.#input.read(FRAME_WORDS));
    const bytes = await this.#within(this.#input.readBytes(frame[1]!));
    return new TextDecoder().decode(bytes).trimEnd().split("\n");
  }

  /** Ends the process, whatever it is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    kill(this.#child);
    await this.#child.status;
    await Promise.allSettled([this.#writer.close(), this.#input.close(), this.#output.done]);
  }

  async #ask(kind: number, count: number, body: Uint32Array<ArrayBuffer>): Promise<void> {
    if (this.#ended !== undefined) throw new DriverEnded(this.#ended);
    const frame = new Uint32Array(FRAME_WORDS + body.length);
    frame.set([kind, count, this.#frameLimitMs]);
    frame.set(body, FRAME_WORDS);
    try {
      await this.#writer.write(new Uint8Array(frame.buffer));
    } catch {
      throw new DriverEnded(await this.#end(false));
    }
  }

  async #reply(length: number): Promise<Uint32Array> {
    await this.#within(this.#input.read(FRAME_WORDS));
    return await this.#within(this.#input.read(length));
  }

  /** Waits for what the driver says, and no longer than allowed. */
  async #within<T>(said: Promise<T | undefined>): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      kill(this.#child);
    }, Math.max(LEAST_PATIENCE_MS, PATIENCE * this.#frameLimitMs));
    const result = await said.finally(() => clearTimeout(timer));
    if (result !== undefined && !isLate) return result;
    throw new DriverEnded(await this.#end(isLate));
  }

  async #end(isLate: boolean): Promise<Ending> {
    // Its answers have ended, so that it is about to; one that is not gets no longer than a frame.
    const timer = setTimeout(() => kill(this.#child), isLate ? 0 : this.#frameLimitMs);
    const { code, signal } = await this.#child.status;
    clearTimeout(timer);
    await this.#output.done;
    const seconds = `${this.#frameLimitMs / 1000} s`;
    if (isLate || signal === "SIGPROF") {
      this.#ended = { kind: "hang", text: `it did not end within ${seconds} on a processor` };
    } else if (signal !== null) this.#ended = { kind: "crash", text: `it crashed: ${signal}` };
    else this.#ended = { kind: "exit", text: `it ended the process with status ${code}` };
    return this.#ended;
  }
}

/** Ends a process that may have ended already. */
function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}

/** Reads exact amounts from a stream. */
class Input {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #chunks: Uint8Array[] = [];
  #available = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** So many words, undefined if the stream ends before. */
  async read(words: number): Promise<Uint32Array | undefined> {
    const bytes = await this.readBytes(4 * words);
    return bytes && new Uint32Array(bytes.buffer, 0, words);
  }

  async readBytes(length: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    while (this.#available < length) {
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#chunks.push(value);
      this.#available += value.length;
    }
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const chunk = this.#chunks[0]!;
      const part = chunk.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#available -= length;
    return bytes;
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** Drains what the tree prints, and keeps the beginning. */
class Output {
  readonly done: Promise<void>;
  #kept = "";
  #bytes = 0;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.done = this.#drain(stream);
  }

  get text(): string {
    return this.#kept;
  }

  get bytes(): number {
    return this.#bytes;
  }

  clear(): void {
    this.#kept = "";
    this.#bytes = 0;
  }

  async #drain(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.#bytes += chunk.length;
      if (this.#kept.length < KEPT_OUTPUT) this.#kept += decoder.decode(chunk, { stream: true });
    }
  }
}
