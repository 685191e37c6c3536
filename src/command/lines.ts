/**
 * What other processes print, line by line.
 *
 * @module
 */

/** The lines of a stream of text, without their ends. One that no line end closes is left out: it is not complete. */
export async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const complete = (rest + text).split("\n");
    rest = complete.pop() ?? "";
    yield* complete;
  }
}
