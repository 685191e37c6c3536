/**
 * Reading a text from a file or from standard input, whatever its encoding.
 *
 * @module
 */

import { createGunzip, gunzipSync } from "node:zlib";
import { Unable } from "../command/command.ts";
import { inputOf, reasonOf } from "../command/files.ts";
import { complain, oneLine } from "../command/output.ts";
import { TextError } from "./text_error.ts";

/**
 * Bytes of a text at most, once it is decompressed: its lines and calls take many times as much while they are read,
 * and no text in JavaScript is longer than 2^29 characters.
 */
export const LONGEST_TEXT: number = 1 << 27;

/**
 * The text of a file; `-` is standard input. UTF-8, UTF-16 with its byte-order mark, and gzip are read, of several
 * members too. Of damaged gzip it is what stands before the damage, which is told on standard error.
 *
 * @throws {Unable} it cannot be read, or is longer than {@linkcode LONGEST_TEXT}
 */
export async function readText(path: string): Promise<string> {
  return decode(await uncompressed(await readBytes(path), path));
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

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const input = inputOf(path);
  try {
    if (typeof input !== "string") return await collect(input, path);
    if (/^\/proc\//.test(input)) return await readWithCat(input, path);
    return await collect((await Deno.open(input)).readable, path);
  } catch (error) {
    if (error instanceof Unable) throw error;
    throw new Unable(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** All bytes of a stream. */
async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stream) {
    parts.push(part);
    length += part.length;
    if (length > LONGEST_TEXT) throw tooLong(path);
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

function tooLong(path: string): Unable {
  return new Unable(`Cannot read ${path}: it is longer than ${LONGEST_TEXT / 2 ** 20} MiB of text`);
}

/** Deno opens no file of `/proc` without every permission; `cat` needs none but to be run. */
async function readWithCat(file: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const command = new Deno.Command("cat", {
    ...{ args: ["--", file], stdout: "piped", stderr: "piped" },
  });
  await using child = command.spawn();
  const [bytes, said] = await Promise.all([
    collect(child.stdout, path),
    new Response(child.stderr).text(),
  ]);
  if ((await child.status).success) return bytes;
  throw new Error(said.trim().replace(/^\S*cat: .*: /, ""));
}

async function uncompressed(bytes: Uint8Array<ArrayBuffer>, path: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: LONGEST_TEXT });
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(path);
  }
  complain(
    `${oneLine(path)}: the compressed data is damaged or cut off; what stands before is read`,
  );
  return await beforeDamage(bytes, path);
}

/** Bytes that are decompressed at a time where there is damage: what was read of the last ones before it is lost. */
const SLICE = 64;

/** What can be decompressed before the damage. */
async function beforeDamage(bytes: Uint8Array<ArrayBuffer>, path: string): Promise<Uint8Array> {
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
    if (length > LONGEST_TEXT) throw tooLong(path);
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
