/**
 * Gzip as gzip reads it: several members one after the other are one text, as `cat a.gz b.gz`, pigz and bgzip write it.
 *
 * The platform's own `DecompressionStream` refuses a second member, so that of Node is used, which Deno has too. Where
 * there is none, in a browser, one member is what can be read.
 *
 * @module
 */

import type { Gunzip } from "node:zlib";

/** A stream of bytes. */
type Bytes = AsyncIterable<Uint8Array<ArrayBuffer>>;

/** Decompresses as the bytes are asked for; damage is thrown as an error of the platform's. */
export async function* gunzip(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const zlib = await nodeZlib();
  if (zlib === undefined) {
    yield* streamOf(bytes).pipeThrough(new DecompressionStream("gzip"));
    return;
  }
  const output = zlib.createGunzip();
  void feed(bytes, output);
  for await (const piece of output) if (piece instanceof Uint8Array) yield piece;
}

/** Writes as fast as the other end reads; an error of the input is thrown there. */
async function feed(bytes: Bytes, output: Gunzip): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (output.destroyed) return;
      if (!output.write(chunk)) await writable(output);
    }
    output.end();
  } catch (error) {
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Until more can be written, or nothing can any more. */
function writable(output: Gunzip): Promise<void> {
  return new Promise((resolve) => {
    output.once("drain", resolve);
    output.once("close", resolve);
  });
}

/** The name is put together so that a bundler for browsers neither looks for the module nor puts an empty one there. */
async function nodeZlib(): Promise<typeof import("node:zlib") | undefined> {
  try {
    return await import(["node", "zlib"].join(":"));
  } catch {
    return undefined;
  }
}

function streamOf(bytes: Bytes): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: () => void iterator.return?.(),
  });
}
