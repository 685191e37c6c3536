/**
 * Where builds and unpacked sources are kept: `$XDG_CACHE_HOME/maple`, else `~/.cache/maple`.
 *
 * @module
 */

import { Unable } from "../command/command.ts";

/**
 * A folder of the cache, made if it was not there.
 *
 * @throws {Unable} it cannot be made
 */
export async function cacheFolder(name: string): Promise<string> {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  const folder = `${home}/maple/${name}`;
  try {
    await Deno.mkdir(folder, { recursive: true });
    return folder;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unable(`Cannot make ${folder}: ${why}`);
  }
}

/** True if there is a file or folder of that name. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
