/**
 * Reading a text from a file or from standard input, whatever its encoding.
 *
 * @module
 */

import { createGunzip, gunzipSync } from "node:zlib";
import { Unable } from "../command/command.ts";
import { inputOf, reasonOf } from "../command/files.ts";
import { complain, oneLine } from "../command/output.ts";
import { inBytes } from "./explain/amounts.ts";
import { TextError } from "./text_error.ts";

/**
 * Bytes of a text at most, once it is decompressed: its lines and calls take many times as much while they are read,
 * and no text in JavaScript is longer than 2^29 characters.
 */
export const LONGEST_TEXT: number = 1 << 27;

/** Texts that are in memory together: what is read of one, the next ones may not have. */
export class Texts {
  readonly #longest: number;
  #left: number;

  /** @param longest bytes of all of them at most, once they are decompressed */
  constructor(longest: number = LONGEST_TEXT) {
    this.#longest = longest;
    this.#left = longest;
  }

  /**
   * The text of a file; `-` is standard input. UTF-8, UTF-16 with its byte-order mark, and gzip are read, of several
   * members too. Of damaged gzip it is what stands before the damage, which is told on standard error.
   *
   * @throws {Unable} it cannot be read, or it and those before it are longer than they may be
   */
  async read(path: string): Promise<string> {
    const place = { path, room: this.#left, longest: this.#longest };
    const bytes = await uncompressed(await readBytes(place), place);
    this.#left -= bytes.length;
    return decode(bytes);
  }
}

/**
 * The text of one file, see {@linkcode Texts.read}.
 *
 * @throws {Unable} it cannot be read, or is longer than {@linkcode LONGEST_TEXT}
 */
export async function readText(path: string): Promise<string> {
  return await new Texts().read(path);
}

/** A file that is read, and how many bytes it may have. */
interface Place {
  readonly path: string;
  readonly room: number;
  /** What it and those before it may have together. */
  readonly longest: number;
}

/**
 * What `act` makes of the text of a file.
 *
 * @throws {Unable} there is nothing in the text: the file is named
 */
export function ofFile<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new Unable(error.message.replace("the text", oneLine(path)), { cause: error });
  }
}

async function readBytes(place: Place): Promise<Uint8Array<ArrayBuffer>> {
  const { path } = place;
  const input = inputOf(path);
  try {
    if (typeof input !== "string") return await collect(input, place);
    if (/^\/proc\//.test(input)) return await readWithCat(input, place);
    return await collect((await Deno.open(input)).readable, place);
  } catch (error) {
    if (error instanceof Unable) throw error;
    throw new Unable(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** All bytes of a stream. */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  place: Place,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length > place.room) throw tooLong(place);
  }
  return joined(parts);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tooLong({ path, room, longest }: Place): Unable {
  const what = room === longest ? "it is" : "together with the texts before it, it is";
  return new Unable(`Cannot read ${path}: ${what} longer than ${inBytes(longest)} of text`);
}

/** Deno opens no file of `/proc` without every permission; `cat` needs none but to be run. */
async function readWithCat(file: string, place: Place): Promise<Uint8Array<ArrayBuffer>> {
  const command = new Deno.Command("cat", {
    ...{ args: ["--", file], stdout: "piped", stderr: "piped" },
  });
  await using child = command.spawn();
  const [bytes, said] = await Promise.all([
    collect(child.stdout, place),
    new Response(child.stderr).text(),
  ]);
  if ((await child.status).success) return bytes;
  throw new Error(said.trim().replace(/^\S*cat: .*: /, ""));
}

async function uncompressed(bytes: Uint8Array<ArrayBuffer>, place: Place): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: place.room });
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(place);
  }
  complain(
    `${oneLine(place.path)}: the compressed data is damaged or cut off; what stands before is read`,
  );
  return await beforeDamage(bytes, place);
}

/** Bytes that are decompressed at a time where there is damage: what was read of the last ones before it is lost. */
const SLICE = 64;

/** What can be decompressed before the damage. */
async function beforeDamage(bytes: Uint8Array<ArrayBuffer>, place: Place): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0, isDamaged = false;
  const output = createGunzip();
  output.on("data", (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  });
  output.on("error", () => isDamaged = true);
  for (let at = 0; at < bytes.length && !isDamaged; at += SLICE) {
    await new Promise((resolve) => output.write(bytes.subarray(at, at + SLICE), resolve));
    if (length > place.room) throw tooLong(place);
  }
  output.destroy();
  return joined(parts);
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
