/**
 * Reads the golden answers (`tests/golden/`): operations, one a line, and what the kernel's tree answered.
 *
 * The kernel's index maximum is 2^64 − 1, ours 2^53 − 1. Numbers within 2^32 of the kernel's maximum are read as
 * the same distance from ours, and printed back that way, so that answers compare as text.
 *
 * @module
 */

import { MAX_INDEX } from "./naive_range_map.ts";

const KERNEL_MAX = (1n << 64n) - 1n;

/** How far below the maximum a number still counts as "near the maximum". */
const NEAR_MAX = 2 ** 32;

/** Errno as the golden answers print it. */
const ERRNO: Readonly<Record<string, number>> = {
  ENOMEM: -12,
  EBUSY: -16,
  EEXIST: -17,
  EINVAL: -22,
};

/** One line of an operation stream. */
export interface GoldenOperation {
  /** The line as it stands in the file. */
  readonly line: string;
  /** First word; two words (`it find`) for an operation on the cursor that persists. */
  readonly verb: string;
  /** What follows; `-`, "nothing", is `undefined`. */
  readonly operands: readonly (number | undefined)[];
}

/** A number of the golden answers in our index domain. */
export function readNumber(text: string): number {
  if (text === "max") return MAX_INDEX;
  const value = BigInt(text);
  if (value <= BigInt(MAX_INDEX)) return Number(value);
  const distance = KERNEL_MAX - value;
  if (distance > NEAR_MAX) throw new RangeError(`Cannot read ${text}: our indices end at 2^53 - 1`);
  return MAX_INDEX - Number(distance);
}

/** The inverse of {@linkcode readNumber}. */
export function showNumber(value: number): string {
  const distance = MAX_INDEX - value;
  const shown = distance <= NEAR_MAX ? KERNEL_MAX - BigInt(distance) : BigInt(value);
  return `0x${shown.toString(16)}`;
}

/** A value or range as the answers show it: `-` is nothing. */
export function showValue(value: number | undefined): string {
  return value === undefined ? "-" : showNumber(value);
}

/** `err -17` for what a call threw; anything that is not a coded error is thrown on. */
export function showError(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    const errno = ERRNO[error.code];
    if (errno !== undefined) return `err ${errno}`;
  }
  throw error;
}

/** The kernel's answer by an errno's name. */
export function showErrno(code: string): string {
  return `err ${ERRNO[code]}`;
}

/** What `call` answers, or the error it threw, as text. */
export function answerOf(call: () => string): string {
  try {
    return call();
  } catch (error) {
    return showError(error);
  }
}

export function parseOperation(line: string): GoldenOperation {
  const words = line.trim().split(/\s+/);
  const verbLength = words[0] === "it" ? 2 : 1;
  return {
    line,
    verb: words.slice(0, verbLength).join(" "),
    operands: words.slice(verbLength).map((word) => word === "-" ? undefined : readNumber(word)),
  };
}

/** The lines of a file in `tests/golden/`, unpacked if it ends in `.gz`, without comments and empty lines. */
export async function readGoldenLines(name: string): Promise<string[]> {
  const bytes = await Deno.readFile(new URL(`./golden/${name}`, import.meta.url));
  let stream: ReadableStream<Uint8Array<ArrayBuffer>> = new Blob([bytes]).stream();
  if (name.endsWith(".gz")) stream = stream.pipeThrough(new DecompressionStream("gzip"));
  const text = await new Response(stream).text();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** The operations of `NAME.ops.gz`. */
export async function readGoldenOperations(name: string): Promise<GoldenOperation[]> {
  return (await readGoldenLines(`${name}.ops.gz`)).map(parseOperation);
}

/** `boundary.txt`: operations, each beside its answer; a dump's lines are joined by ` ; `. */
export async function readGoldenBoundary(): Promise<
  { operation: GoldenOperation; answer: string }[]
> {
  const lines = await readGoldenLines("boundary.txt");
  return lines.map((line) => {
    const [operation, answer] = line.split("=>");
    if (operation === undefined || answer === undefined) throw new Error(`No answer in: ${line}`);
    return { operation: parseOperation(operation.trim()), answer: answer.trim() };
  });
}

/** How many answer lines belong together: a `dump N` is followed by N ranges, a `shape` has a line a node. */
export class GoldenAnswers {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** The next line. */
  next(): string {
    const line = this.#lines[this.#at++];
    if (line === undefined) throw new Error("The golden answers end too early");
    return line;
  }

  /** A `dump`: its head and the ranges behind it. */
  nextDump(): string[] {
    const head = this.next();
    const count = Number(head.split(" ")[1]);
    return [head, ...Array.from({ length: count }, () => this.next())];
  }

  /** A `shape`: every line that describes a node, or the root's own value. */
  nextShape(): string[] {
    const shape: string[] = [];
    while (/^(node|root) /.test(this.#lines[this.#at] ?? "")) shape.push(this.next());
    return shape;
  }

  /** True once every answer was compared. */
  get exhausted(): boolean {
    return this.#at === this.#lines.length;
  }
}
