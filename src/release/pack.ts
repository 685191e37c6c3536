/**
 * The npm package: what is in it, and its limits.
 *
 * @module
 */

import ts from "typescript";
import type { Files } from "./bundle.ts";
import { declarations } from "./declarations.ts";
import { manifest, typesPath } from "./manifest.ts";
import type { Project } from "./project.ts";
import { tarball } from "./tarball.ts";

/** A package, packed. */
export interface Package {
  /** The file's name: `maple-mm-0.1.0.tgz`. */
  readonly name: string;
  /** Its files. */
  readonly files: Files;
  /** The tarball. */
  readonly bytes: Uint8Array;
  /** What a program that uses `RangeMap` alone ships of it, minified, in bytes. */
  readonly rangeMapBytes: number;
}

/** What a package may be. */
export const LIMITS = { files: 150, rangeMapBytes: 25_000 } as const;

/** Texts that go along. */
const TEXTS = ["README.md", "LICENSE", "CHANGELOG.md"];

/** Makes the package. */
export async function pack(project: Project): Promise<Package> {
  // esbuild wants a current folder as it loads: who has none has been told so before.
  const { bundle, minifiedSize } = await import("./bundle.ts");
  const types = declarations(project);
  const files = await bundle(project, types);
  const rangeMapBytes = await minifiedSize(files, "range-map.js", "RangeMap");
  const encoder = new TextEncoder();
  for (const [path, text] of types) files.set(typesPath(path), encoder.encode(text));
  for (const text of TEXTS) files.set(text, await Deno.readFile(new URL(text, project.root)));
  files.set("package.json", encoder.encode(manifest(project)));
  const name = `${project.name.replace("@", "").replace("/", "-")}-${project.version}.tgz`;
  return { name, files, bytes: await tarball(files), rangeMapBytes };
}

/** What is wrong with a package, a sentence each. */
export function complaints({ files, rangeMapBytes }: Package): string[] {
  const tests = [...files.keys()].filter((name) => /(^|[/_.])(test|bench)s?([/_.]|$)/.test(name));
  return [
    ...(files.size > LIMITS.files
      ? [`The package has ${files.size} files, more than ${LIMITS.files}`]
      : []),
    ...(rangeMapBytes > LIMITS.rangeMapBytes
      ? [`RangeMap alone is ${rangeMapBytes} bytes minified, more than ${LIMITS.rangeMapBytes}`]
      : []),
    ...tests.map((name) => `The package has a test in it: ${name}`),
    ...[...new Set(SYSTEM_FREE.flatMap((entry) => [...loaded(files, entry)]))].filter((name) =>
      usesDeno(textOf(files, name))
    ).map((name) => `${name} uses Deno`),
  ];
}

/** Entries that run anywhere. */
const SYSTEM_FREE = ["tree.js", "range-map.js", "address-space.js"];

/** A file of the package, and what it imports of the others. */
function loaded(files: Files, name: string, known: Set<string> = new Set()): Set<string> {
  if (known.has(name)) return known;
  known.add(name);
  for (const [, imported] of textOf(files, name).matchAll(/(?:from|import) "\.\/([^"]+)"/g)) {
    loaded(files, imported!, known);
  }
  return known;
}

function textOf(files: Files, name: string): string {
  return new TextDecoder().decode(files.get(name));
}

/** Whether a module names `Deno`, outside of comments and of the symbol that its `console.log` looks for. */
function usesDeno(text: string): boolean {
  const file = ts.createSourceFile("module.js", text, ts.ScriptTarget.ESNext);
  const names = (node: ts.Node): boolean =>
    (ts.isIdentifier(node) && node.text === "Deno") || ts.forEachChild(node, names) === true;
  return names(file);
}
