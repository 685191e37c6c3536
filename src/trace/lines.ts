/**
 * Lines of a stream of bytes, in time that grows with the bytes and in memory that one line may take.
 *
 * @module
 */
import { LineError } from "./trace_error.ts";

/** One line of text; the last of a file is incomplete if it does not end in a line end. */
export interface Line {
  /** Its text, without the line end. */
  readonly text: string;
  /** False for a last line without a line end. */
  readonly complete: boolean;
}

/** Bytes of the longest line that is read: the layout of some 250,000 VMAs. */
export const LONGEST_LINE: number = 64 << 20;

const LINE_END = 0x0a;

/**
 * The lines of a stream. O(bytes).
 *
 * @throws {LineError} a line is longer than `longest` bytes
 */
export async function* boundedLines(
  bytes: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_LINE,
): AsyncGenerator<Line, void> {
  const decoder = new TextDecoder();
  /** The beginning of a line whose end has not come yet. */
  let pieces: Uint8Array[] = [];
  let length = 0;
  const take = (piece: Uint8Array): void => {
    length += piece.length;
    if (length > longest) {
      throw new LineError("EVALUE", `it is longer than ${longest >> 20} MiB`);
    }
    if (piece.length > 0) pieces.push(piece);
  };
  const finish = (): string => {
    const text = decoder.decode(pieces.length === 1 ? pieces[0] : joined(pieces, length));
    pieces = [];
    length = 0;
    return text;
  };
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_END); end >= 0; end = chunk.indexOf(LINE_END, from)) {
      take(chunk.subarray(from, end));
      from = end + 1;
      yield { text: finish(), complete: true };
    }
    take(chunk.slice(from));
  }
  if (length > 0) yield { text: finish(), complete: false };
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
