/**
 * Single VMAs of a stopped process where the kernel cannot be asked for one: all of `/proc/PID/maps` is read, compared
 * with the text of the time before as bytes, and only what differs is parsed.
 *
 * @module
 */
import { parseMapsLine } from "../trace/maps_line.ts";
import type { Libc } from "./libc.ts";
import { indexFrom } from "./live_layout.ts";
import type { BareLine, VmaSource } from "./vma_query.ts";

const NEWLINE = 10;

/** The text of one process's `maps`, and its VMAs. */
export class MapsText implements VmaSource {
  readonly #libc: Libc;
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
  constructor(libc: Libc, descriptor: number, sizes: number) {
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
    const same = commonStart(before, read);
    if (same === before.length && same === read.length) return true;
    const start = lineStart(read, same);
    const tail = commonEnd(before, read, start);
    const gone = this.#parse(before.subarray(start, before.length - tail));
    const come = this.#parse(read.subarray(start, read.length - tail));
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

/** How many bytes two texts have in common at their start: eight at a time where that can be. */
function commonStart(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  if (a.byteOffset % 8 === 0 && b.byteOffset % 8 === 0) {
    const words = length >> 3;
    const left = new Float64Array(a.buffer, a.byteOffset, words);
    const right = new Float64Array(b.buffer, b.byteOffset, words);
    // Text is no NaN and no zero: the bytes of a number that is equal are.
    let word = 0;
    while (word < words && left[word] === right[word]) word++;
    at = word * 8;
  }
  while (at < length && a[at] === b[at]) at++;
  return at;
}

/** Where the line begins that holds a byte. */
function lineStart(text: Uint8Array, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf(NEWLINE, at - 1) + 1;
}

/** How many bytes of whole lines two texts have in common at their end, none before `start`; it may miss one line. */
function commonEnd(a: Uint8Array, b: Uint8Array, start: number): number {
  const most = Math.min(a.length, b.length) - start;
  let length = 0;
  while (length < most && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  const newline = length === 0 ? -1 : b.indexOf(NEWLINE, b.length - length);
  return newline < 0 ? 0 : b.length - newline - 1;
}
