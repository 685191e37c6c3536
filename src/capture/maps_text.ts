/**
 * Single VMAs of a stopped process where the kernel cannot be asked for one: all of `/proc/PID/maps` is read, compared
 * with the text of the time before as bytes, and only what differs is parsed.
 *
 * @module
 */
import { parseMapsLine } from "../trace/maps_line.ts";
import type { LibcCalls } from "./libc.ts";
import { indexFrom } from "./live_layout.ts";
import type { BareLine, VmaSource } from "./vma_query.ts";

const NEWLINE = 10;

/** The text of one process's `maps`, and its VMAs. */
export class MapsText implements VmaSource {
  readonly #libc: LibcCalls;
  readonly #descriptor: number;
  readonly #decoder = new TextDecoder();
  #text: Uint8Array = new Uint8Array();
  readonly #lines: BareLine[] = [];

  readonly #sizes: number;
  readonly #sizeText = new Uint8Array(128);
  #size = "";

  /**
   * Reads by two descriptors, which it closes in the end.
   *
   * @param descriptor `/proc/PID/maps`
   * @param sizes `/proc/PID/statm`
   */
  constructor(libc: LibcCalls, descriptor: number, sizes: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#sizes = sizes;
  }

  /** See {@linkcode VmaSource.mayHaveGrown}: with a stack the size of the address space grows. */
  mayHaveGrown(): boolean {
    return this.#readSize() !== this.#size;
  }

  /** See {@linkcode VmaSource.refresh}. O(bytes) to read and compare, and what changed to parse. */
  refresh(): boolean {
    this.#size = this.#readSize();
    const read = this.#libc.readBytes(this.#descriptor);
    if (read === undefined || read.length === 0) return false;
    const before = this.#text;
    const changed = changedLines(before, read);
    if (changed === undefined) return true;
    const gone = this.#parse(before.subarray(changed.start, changed.oldEnd));
    const come = this.#parse(read.subarray(changed.start, changed.newEnd));
    const from = Math.min(gone[0]?.start ?? Infinity, come[0]?.start ?? Infinity);
    const first = indexFrom(this.#lines, from);
    this.#lines.splice(first, gone.length, ...come);
    this.#text = read.slice();
    return true;
  }

  /** See {@linkcode VmaSource.at}: as the text said last. */
  at(address: number): BareLine | "none" {
    return this.#lines[indexFrom(this.#lines, address)] ?? "none";
  }

  /** See {@linkcode VmaSource.close}. */
  close(): void {
    this.#libc.close(this.#descriptor);
    this.#libc.close(this.#sizes);
  }

  /** The first number of statm; nothing like it if that cannot be read. */
  #readSize(): string {
    const length = this.#libc.readStart(this.#sizes, this.#sizeText);
    const text = this.#decoder.decode(this.#sizeText.subarray(0, Math.max(0, length)));
    return text.slice(0, text.indexOf(" "));
  }

  #parse(text: Uint8Array): BareLine[] {
    const lines: BareLine[] = [];
    for (const line of this.#decoder.decode(text).split("\n")) {
      const vma = line === "" ? undefined : parseMapsLine(line);
      if (vma !== undefined && vma.name !== "[vsyscall]") lines.push(vma);
    }
    return lines;
  }
}

/** Where two texts differ, bytes: each from the same `start`. */
export interface ChangedLines {
  readonly start: number;
  readonly oldEnd: number;
  readonly newEnd: number;
}

/**
 * The whole lines in which two texts differ: not the first nor the last of them is common to both. Nothing if they are
 * equal. O(bytes).
 *
 * @param before lines that all end with a newline, at the start of their buffer
 * @param now the same
 */
export function changedLines(before: Uint8Array, now: Uint8Array): ChangedLines | undefined {
  const same = commonStart(before, now);
  if (same === before.length && same === now.length) return undefined;
  const start = same === 0 ? 0 : now.lastIndexOf(NEWLINE, same - 1) + 1;
  const tail = commonEnd(before, now, start);
  return { start, oldEnd: before.length - tail, newEnd: now.length - tail };
}

/** How many bytes two texts have in common at their start: eight at a time as long as that can be. */
function commonStart(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  const words = Math.floor(length / 8);
  const left = new Float64Array(a.buffer, a.byteOffset, words);
  const right = new Float64Array(b.buffer, b.byteOffset, words);
  // Text is no zero: the bytes of numbers that are equal are. What looks like no number is compared by bytes.
  let word = 0;
  while (word < words && left[word] === right[word]) word++;
  let at = word * 8;
  while (at < length && a[at] === b[at]) at++;
  return at;
}

/** How many bytes of whole lines two texts have in common at their end, none before `start`. */
function commonEnd(a: Uint8Array, b: Uint8Array, start: number): number {
  const most = Math.min(a.length, b.length) - start;
  let length = 0;
  while (length < most && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  if (beginsLine(a, a.length - length) && beginsLine(b, b.length - length)) return length;
  const newline = b.indexOf(NEWLINE, b.length - length);
  return newline < 0 ? 0 : b.length - 1 - newline; // the text of a process that is gone may end within a line
}

function beginsLine(text: Uint8Array, at: number): boolean {
  return at === 0 || text[at - 1] === NEWLINE;
}
