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
export async function planted(
  { folder, version }: Source,
  edit: (code: string) => string,
): Promise<Source> {
  const copy = await Deno.makeTempDir({ prefix: "maple-kernel-" });
  for (const part of ["Makefile", "arch", "include", "mm", "tools"]) {
    if (await exists(`${folder}/${part}`)) {
      await Deno.symlink(`${folder}/${part}`, `${copy}/${part}`);
    }
  }
  await Deno.mkdir(`${copy}/lib`);
  for await (const { name } of Deno.readDir(`${folder}/lib`)) {
    if (name !== "maple_tree.c") await Deno.symlink(`${folder}/lib/${name}`, `${copy}/lib/${name}`);
  }
  const code = edit(await Deno.readTextFile(`${folder}/lib/maple_tree.c`));
  await Deno.writeTextFile(`${copy}/lib/maple_tree.c`, code);
  return { name: copy, folder: copy, version };
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
