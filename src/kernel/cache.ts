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
  const folder = cachePath(name);
  try {
    await Deno.mkdir(folder, { recursive: true });
    return folder;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Unable(`Cannot make ${folder}: ${why}`);
  }
}

/** Where a folder of the cache is, or would be. */
export function cachePath(name: string): string {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  return `${home}/maple/${name}`;
}

/** True if there is a file or folder of that name. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
