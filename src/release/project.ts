/**
 * What `deno.json` says about the package, and the files that stand next to it.
 *
 * @module
 */

import { Unable } from "../command/command.ts";

/** The package as `deno.json` describes it. */
export interface Project {
  /** Folder that holds `deno.json`, as a URL that ends in a slash. */
  readonly root: URL;
  /** `@scope/name`. */
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Module by the name that a program imports it by: `./tree` is `./src/tree/mod.ts`. */
  readonly exports: ReadonlyMap<string, string>;
}

/** The folder of this checkout. */
export const ROOT = new URL("../../", import.meta.url);

/** Reads `deno.json`. */
export async function readProject(root: URL = ROOT): Promise<Project> {
  const config: unknown = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const exports = Object.entries(record(field(config, "exports"))).map((
    [name, path],
  ): [string, string] => [name, text(path)]);
  return {
    root,
    name: text(field(config, "name")),
    version: text(field(config, "version")),
    license: text(field(config, "license")),
    exports: new Map(exports),
  };
}

/** The name of an entry's file, without its ending: `./tree` is `tree`, `.` is `mod`. */
export function entryName(exported: string): string {
  return exported === "." ? "mod" : exported.slice("./".length);
}

/** A path of the project as esbuild and TypeScript name it: `src/tree/mod.ts`. */
export function projectPath(path: string): string {
  return path.replace(/^\.\//, "");
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw malformed();
  return { ...value };
}

function field(value: unknown, name: string): unknown {
  return record(value)[name];
}

function text(value: unknown): string {
  if (typeof value !== "string") throw malformed();
  return value;
}

function malformed(): Unable {
  return new Unable("deno.json needs a name, a version, a license and a record of exports");
}
