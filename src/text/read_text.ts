/**
 * Reading a text from a file or from standard input, whatever its encoding.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { inputOf, reasonOf } from "../command/files.ts";

/**
 * The text of a file; `-` is standard input. UTF-8, UTF-16 with its byte-order mark, and gzip are read.
 *
 * @throws {Unable} it cannot be read
 */
export async function readText(path: string): Promise<string> {
  return decode(await uncompressed(await readBytes(path)));
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const input = inputOf(path);
  try {
    if (typeof input === "string") return await readFile(input);
    return new Uint8Array(await new Response(input).arrayBuffer());
  } catch (error) {
    throw new Unable(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Deno opens no file of `/proc` without every permission; `cat` needs none but to be run. */
async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!/^\/proc\//.test(path)) return await Deno.readFile(path);
  const { success, stdout, stderr } = await new Deno.Command("cat", { args: ["--", path] })
    .output();
  if (success) return new Uint8Array(stdout);
  throw new Error(new TextDecoder().decode(stderr).trim().replace(/^\S*cat: .*: /, ""));
}

/** Damaged gzip gives what could be read of it. */
async function uncompressed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const parts: Uint8Array[] = [];
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    for await (const part of stream) parts.push(part);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
