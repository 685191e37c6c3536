/**
 * Kernel trees for the tests: Debian's source where it is installed, and copies with a fault in them.
 *
 * @module
 */

import { debianSources, findSource, type Source } from "../../src/kernel/source.ts";
import { exists } from "../../src/kernel/cache.ts";

/** Why nothing of a kernel can be built here; undefined if it can. */
export async function missing(): Promise<string | undefined> {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return "not Linux on x86-64";
  if (!await runs("gcc", "--version")) return "no gcc";
  if (!await runs("gcc", "-E", "-include", "urcu.h", "-x", "c", "/dev/null")) {
    return "no liburcu-dev";
  }
  return (await debianSources()).length === 0 ? "no linux-source of Debian" : undefined;
}

async function runs(program: string, ...args: string[]): Promise<boolean> {
  const command = new Deno.Command(program, { args, stdout: "null", stderr: "null" });
  return await command.output().then(({ success }) => success, () => false);
}

/** The newest source that Debian has installed. */
export async function newestSource(): Promise<Source> {
  return await findSource(undefined);
}

/**
 * A copy of a tree with another `lib/maple_tree.c`; everything else are links. The caller removes its folder.
 *
 * @param edit gets the file's text and returns the other one
 */
export async function planted(source: Source, edit: (code: string) => string): Promise<Source> {
  const copy = await Deno.makeTempDir({ prefix: "maple-kernel-" });
  return await plantedAt(source, copy, { "lib/maple_tree.c": edit });
}

/** The same in a folder of the caller's, with other files changed. */
export async function plantedAt(
  { folder, version }: Source,
  copy: string,
  edits: Readonly<Record<string, (code: string) => string>>,
): Promise<Source> {
  await Deno.mkdir(copy, { recursive: true });
  for (const part of ["Makefile", "arch", "include", "lib", "mm", "tools"]) {
    if (await exists(`${folder}/${part}`)) {
      await Deno.symlink(`${folder}/${part}`, `${copy}/${part}`);
    }
  }
  for (const [path, edit] of Object.entries(edits)) {
    if (!await exists(`${folder}/${path}`)) continue;
    await unlinkFolders(folder, copy, path.split("/").slice(0, -1));
    await Deno.remove(`${copy}/${path}`);
    await Deno.writeTextFile(`${copy}/${path}`, edit(await Deno.readTextFile(`${folder}/${path}`)));
  }
  return { name: copy, folder: copy, version };
}

/** Makes each folder on the way one of its own, full of links. */
async function unlinkFolders(from: string, to: string, names: readonly string[]): Promise<void> {
  const [name, ...rest] = names;
  if (name === undefined) return;
  const [source, target] = [`${from}/${name}`, `${to}/${name}`];
  if ((await Deno.lstat(target)).isSymlink) {
    await Deno.remove(target);
    await Deno.mkdir(target);
    for await (const entry of Deno.readDir(source)) {
      await Deno.symlink(`${source}/${entry.name}`, `${target}/${entry.name}`);
    }
  }
  await unlinkFolders(source, target, rest);
}

/** Puts a statement at the beginning of a function's body. */
export function atStartOf(name: string, statement: string): (code: string) => string {
  return (code) => {
    const head = new RegExp(`^[a-z][^;{}=]*\\b${name}\\([^;{}]*\\)\\s*\\{`, "m").exec(code);
    if (head === null) throw new Error(`There is no function ${name}`);
    const at = head.index + head[0].length;
    return `${code.slice(0, at)}\n\t${statement}\n${code.slice(at)}`;
  };
}
