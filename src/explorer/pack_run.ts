/**
 * A recorded run on its way into a page.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { reasonOf } from "../command/files.ts";
import { importText } from "../text/import.ts";
import { readTrace } from "../trace/read.ts";
import { compress, type PackedRun } from "./html.ts";
import { recordsOf, runName } from "./model/library.ts";

/** A run from its file, which must be one that can be read. */
export async function packRun(path: string): Promise<PackedRun> {
  const bytes = await read(path);
  try {
    await recordsOf(bytes, { readTrace, importText });
  } catch (error) {
    throw new Unable(`Cannot explore ${path}: ${messageOf(error)}`, { cause: error });
  }
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return { name: runName(path), bytes: isGzip ? bytes : await compress(bytes, "gzip") };
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    throw new Unable(`Cannot read ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** What an error says, without the beginning that all of its kind have. */
function messageOf(error: unknown): string {
  return reasonOf(error).replace(/^Cannot [a-z]+ the (trace|text)[^:]*: /, "");
}
