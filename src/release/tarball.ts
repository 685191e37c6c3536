/**
 * The tarball that npm, Bun and Deno install: the same bytes for the same files.
 *
 * @module
 */

import { create } from "tar";
import type { Files } from "./bundle.ts";

/** Packs the files, below the folder `package` as npm wants it. */
export async function tarball(files: Files): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "maple-pack-" });
  try {
    for (const [name, contents] of files) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(path, contents, { mode: 0o644 });
    }
    const file = `${folder}.tgz`;
    const names = [...files.keys()].sort();
    await create({
      file,
      cwd: folder,
      prefix: "package",
      gzip: { level: 9 },
      portable: true,
      mtime: EPOCH,
    }, names);
    const bytes = await Deno.readFile(file);
    await Deno.remove(file);
    return bytes;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What npm itself gives all files: before 1985 some tools complain. */
const EPOCH = new Date("1985-10-26T08:15:00Z");
