/**
 * The tarball that npm, Bun and Deno install: the same bytes for the same files.
 *
 * @module
 */

import { create } from "tar";
import { TemporaryFolder } from "../command/files.ts";
import type { Files } from "./bundle.ts";

/** Packs the files, below the folder `package` as npm wants it. */
export async function tarball(files: Files): Promise<Uint8Array> {
  using folder = TemporaryFolder.create("maple-pack-");
  const contentsFolder = `${folder.path}/package`, file = `${folder.path}/package.tgz`;
  for (const [name, contents] of files) {
    const path = `${contentsFolder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeFile(path, contents, { mode: 0o644 });
  }
  await create({
    file,
    cwd: contentsFolder,
    prefix: "package",
    gzip: { level: 9 },
    portable: true,
    mtime: EPOCH,
  }, [...files.keys()].sort());
  return await Deno.readFile(file);
}

/** What npm itself gives all files: before 1985 some tools complain. */
const EPOCH = new Date("1985-10-26T08:15:00Z");
