/**
 * Single VMAs of a stopped process, asked for by address: the ioctl PROCMAP_QUERY of `/proc/PID/maps`, Linux 6.11.
 *
 * Structure and numbers: Linux include/uapi/linux/fs.h, `struct procmap_query`.
 *
 * @module
 */
import { baseName } from "../trace/maps_line.ts";
import type { MapLine } from "../trace/format.ts";
import { deviceName, type LibcCalls } from "./libc.ts";

/** A VMA as `/proc/PID/maps` shows it: without its VmFlags, and not told whether it was written to. */
export type BareLine = Omit<MapLine, "vmFlags" | "written">;

/** Tells of single VMAs of one address space. */
export interface VmaSource {
  /** To be called once the process has stopped again. False: it is gone. */
  refresh(): boolean;
  /** False if no stack can have grown since {@linkcode refresh}, as far as that is cheap to tell. */
  mayHaveGrown(): boolean;
  /** The VMA that holds the address, or the next one; `"none"` if there is none, `"gone"` if the process has ended. */
  at(address: number): BareLine | "none" | "gone";
  /** Closes what is open. */
  close(): void;
}

/** `_IOWR('f', 17, struct procmap_query)`. */
const PROCMAP_QUERY = 0xc0686611;
const SIZE = 104;
const COVERING_OR_NEXT = 0x10;
const READ = 1, WRITE = 2, EXECUTE = 4, SHARED = 8;
const NAME_BYTES = 4096;
const ENOENT = 2;

/** Words of 32 bits in the structure: each field's lower half. */
const AT = { size: 0, flags: 2, address: 4, start: 6, end: 8, vma: 10, offset: 14, inode: 16 };
const MAJOR = 18, MINOR = 19, NAME_SIZE = 20, NAME_ADDRESS = 22;

/** The ioctl on one process's `maps`. */
export class VmaQuery implements VmaSource {
  readonly #libc: LibcCalls;
  readonly #descriptor: number;
  readonly #words = new Uint32Array(SIZE / 4);
  readonly #name = new Uint8Array(NAME_BYTES);
  readonly #decoder = new TextDecoder();

  /** Asks by a descriptor of `/proc/PID/maps`, which it closes in the end. */
  constructor(libc: LibcCalls, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    // What is not set stays 0: of build ids nothing is asked.
    this.#words[AT.size] = SIZE;
    this.#words[AT.flags] = COVERING_OR_NEXT;
    const name = Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#name));
    setNumber(this.#words, NAME_ADDRESS, Number(name));
  }

  /** See {@linkcode VmaSource.refresh}: the kernel is asked each time. */
  refresh(): boolean {
    return true;
  }

  /** See {@linkcode VmaSource.mayHaveGrown}: to ask for a stack is cheap enough. */
  mayHaveGrown(): boolean {
    return true;
  }

  /** See {@linkcode VmaSource.at}. */
  at(address: number): BareLine | "none" | "gone" {
    const words = this.#words;
    setNumber(words, AT.address, address);
    words[NAME_SIZE] = NAME_BYTES; // the answer has another one
    if (this.#libc.ioctl(this.#descriptor, PROCMAP_QUERY, words) < 0) {
      return this.#libc.errno() === ENOENT ? "none" : "gone";
    }
    const flags = words[AT.vma]!;
    return {
      start: getNumber(words, AT.start),
      end: getNumber(words, AT.end),
      permissions: permissionsOf(flags),
      offset: getNumber(words, AT.offset),
      device: deviceName(words[MAJOR]!, words[MINOR]!),
      inode: getNumber(words, AT.inode),
      name: this.#nameOf(words[NAME_SIZE]!),
    };
  }

  /** See {@linkcode VmaSource.close}. */
  close(): void {
    this.#libc.close(this.#descriptor);
  }

  /** The name; its length counts the zero at its end, and is 0 if there is none. */
  #nameOf(length: number): string {
    if (length === 0) return "";
    const text = this.#decoder.decode(this.#name.subarray(0, length - 1));
    return baseName(text.replaceAll("\n", "\\012")); // as maps shows it
  }
}

function permissionsOf(flags: number): string {
  return ((flags & READ) !== 0 ? "r" : "-") + ((flags & WRITE) !== 0 ? "w" : "-") +
    ((flags & EXECUTE) !== 0 ? "x" : "-") + ((flags & SHARED) !== 0 ? "s" : "p");
}

/** Writes 64 bits at a word, without a BigInt: these calls are made several times at every stop. */
export function setNumber(words: Uint32Array, at: number, value: number): void {
  words[at] = value % 0x1_0000_0000;
  words[at + 1] = Math.floor(value / 0x1_0000_0000);
}

/** Reads 64 bits at a word; exact up to 2^53. */
export function getNumber(words: Uint32Array, at: number): number {
  return words[at + 1]! * 0x1_0000_0000 + words[at]!;
}
