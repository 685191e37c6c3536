/**
 * A process of its own for code that may hang: a worker in an endless loop cannot be ended, a process can.
 *
 * Orders go in and answers come out as lines of JSON.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { lines } from "../../src/command/lines.ts";
import { beforeSignalEnds } from "../../src/command/signals.ts";
import { ROOT } from "./build.ts";

/** A running script. */
export class Child {
  readonly #process: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncIterator<string>;
  readonly #forget: () => void;

  /** Starts the script under the checkout's configuration, allowed to read and whatever else it must. */
  constructor(script: URL, rights: readonly string[] = []) {
    const config = fileURLToPath(new URL("deno.json", ROOT));
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--allow-read",
        ...rights,
        "--config",
        config,
        script.href,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#forget = beforeSignalEnds(() => this.#process.kill("SIGKILL"));
    this.#writer = this.#process.stdin.getWriter();
    this.#lines = lines(this.#process.stdout);
  }

  /** Gives an order. */
  async send(order: unknown): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(order) + "\n"));
  }

  /**
   * The next answer; undefined if there was none within the time, or the process has ended. Its process is of no use
   * then.
   */
  async next(limitMs: number): Promise<unknown> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), limitMs);
    const line = await Promise.race([this.#lines.next(), late]);
    clearTimeout(timer);
    return line === undefined || line.done ? undefined : JSON.parse(line.value);
  }

  /** Ends it, hanging or not. */
  async end(): Promise<void> {
    this.#forget();
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#lines.return?.();
    await this.#writer.close().catch(() => {}); // its reader is gone
    await this.#process.status;
  }
}

/** The orders that a script is given, one after the other. */
export async function* orders(): AsyncGenerator<unknown> {
  for await (const line of lines(Deno.stdin.readable)) yield JSON.parse(line);
}
