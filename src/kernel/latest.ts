/**
 * The library that was built last, for those who take what is there and build nothing.
 *
 * @module
 */

import { cachePath } from "./cache.ts";

/** Path of the newest library in the cache, undefined if there is none. */
export async function latestLibrary(): Promise<string | undefined> {
  let newest: { path: string; time: number } | undefined;
  try {
    const folder = cachePath("builds");
    for await (const { name } of Deno.readDir(folder)) {
      if (!/^library-[0-9a-f]+$/.test(name)) continue;
      const path = `${folder}/${name}`;
      const time = (await Deno.stat(path)).mtime?.getTime() ?? 0;
      if (newest === undefined || time > newest.time) newest = { path, time };
    }
  } catch {
    return undefined;
  }
  return newest?.path;
}
