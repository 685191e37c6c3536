/**
 * Finding a kernel's source: a folder, a tarball, or what Debian has installed.
 *
 * Of a tarball only what a build needs is unpacked, once, into the cache.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { cacheFolder, exists } from "./cache.ts";
import { runTool } from "./tool.ts";

/** A kernel's source tree. */
export interface Source {
  /** What the user calls it. */
  readonly name: string;
  /** The folder that holds its `Makefile`. */
  readonly folder: string;
  /** `6.12.57`; what the Makefile says. */
  readonly version: string;
}

/** What of a tarball is unpacked. */
const PARTS = [
  "*/lib/*",
  "*/include/*",
  "*/tools/*",
  "*/mm/*",
  "*/Makefile",
  "*/arch/x86/include/*",
];

/** Where Debian puts kernel sources. */
const DEBIAN = "/usr/src";

/** What to do where there is no source. */
const HINT =
  "give one with --source DIR, or on Debian run: apt-get install linux-source liburcu-dev gcc";

/**
 * The source that `--source` names, else the newest that Debian has installed.
 *
 * @throws {Unable} there is none, or it is no kernel from 6.1 on
 */
export async function findSource(path: string | undefined): Promise<Source> {
  const found = path ?? await debianSource();
  if (found === undefined) throw new Unable(`There is no kernel source here: ${HINT}`);
  const info = await Deno.stat(found).catch(() => undefined);
  if (info === undefined) throw new Unable(`Cannot find ${found}: ${HINT}`);
  const tarball = info.isDirectory ? await tarballIn(found) : found;
  const folder = tarball === undefined
    ? await Deno.realPath(found)
    : await unpacked(tarball, await Deno.stat(tarball));
  return { name: found, folder, version: await versionOf(folder, found) };
}

/** Ubuntu puts the tarball into a folder of its name. */
async function tarballIn(folder: string): Promise<string | undefined> {
  if (await exists(`${folder}/Makefile`)) return undefined;
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  for (const ending of ["xz", "bz2", "gz"]) {
    const tarball = `${folder}/${name}.tar.${ending}`;
    if (await exists(tarball)) return tarball;
  }
  return undefined;
}

/** All sources that Debian has installed, oldest first: tarballs and folders. */
export async function debianSources(): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(DEBIAN)) {
      if (/^linux-source-[\d.]+(\.tar\.(xz|bz2|gz))?$/.test(name)) names.push(name);
    }
  } catch {
    return [];
  }
  const order = (name: string) => {
    const [major = 0, minor = 0] = /[\d.]+/.exec(name)![0].split(".").map(Number);
    return 1000 * major + minor;
  };
  return names.sort((a, b) => order(a) - order(b)).map((name) => `${DEBIAN}/${name}`);
}

async function debianSource(): Promise<string | undefined> {
  return (await debianSources()).at(-1);
}

/** The folder into which a tarball was unpacked. Its name says which tarball: path, size and time. */
async function unpacked(tarball: string, info: Deno.FileInfo): Promise<string> {
  const real = await Deno.realPath(tarball);
  const key = `${real.replaceAll(/[^\w.-]+/g, "_")}-${info.size}-${info.mtime?.getTime() ?? 0}`;
  const folder = `${await cacheFolder("sources")}/${key}`;
  if (await exists(`${folder}/Makefile`)) return folder;
  const part = `${folder}.${crypto.randomUUID()}`;
  await Deno.mkdir(part, { recursive: true });
  try {
    const args = ["-xf", real, "-C", part, "--strip-components=1", "--wildcards", ...PARTS];
    await runTool("tar", args, `unpack ${tarball}`).catch(async (error) => {
      // A tree may lack one of the parts; then tar complains, and has unpacked the others.
      if (!await exists(`${part}/lib/maple_tree.c`)) throw error;
    });
    await Deno.rename(part, folder).catch(async (error) => {
      if (!await exists(`${folder}/Makefile`)) throw error; // another run was faster
    });
    return folder;
  } finally {
    await Deno.remove(part, { recursive: true }).catch(() => {});
  }
}

async function versionOf(folder: string, name: string): Promise<string> {
  const makefile = await Deno.readTextFile(`${folder}/Makefile`).catch(() => "");
  const field = (key: string) => new RegExp(`^${key}\\s*=\\s*(\\S*)`, "m").exec(makefile)?.[1];
  const [major, minor, patch] = [field("VERSION"), field("PATCHLEVEL"), field("SUBLEVEL")];
  if (major === undefined || minor === undefined) {
    throw new Unable(`Cannot use ${name}: it holds no Makefile of a Linux kernel`);
  }
  if (!await exists(`${folder}/lib/maple_tree.c`)) {
    throw new Unable(
      `Cannot use ${name}: Linux ${major}.${minor} has no lib/maple_tree.c; it came in 6.1`,
    );
  }
  return `${major}.${minor}.${patch || 0}`;
}

/** The release that a version belongs to: `6.12` of `6.12.57`. */
export function releaseOf({ version }: Pick<Source, "version">): string {
  return version.split(".").slice(0, 2).join(".");
}
