/**
 * The JavaScript of the package: an entry for each exported module, and the chunks that entries share.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import type { Declarations } from "./declarations.ts";
import { internalNames, unusedNames } from "./internal_names.ts";
import { entryName, type Project, projectPath } from "./project.ts";
import { ANY_TREE, RANGE_MAPS, RENAMED, specialise } from "./specialise.ts";
import { Unable } from "../command/command.ts";
import { urlOf } from "../command/paths.ts";

/** What the package's JavaScript must run on. */
const TARGET = "es2022";

/** Files of a bundle by name. */
export type Files = Map<string, Uint8Array>;

/** The entry that is a bundle of its own. */
const RANGE_MAP = "./range-map";

/**
 * Bundles the entries. All but one are bundled together, so that two that a program imports share their chunks. The
 * range maps come with a tree of their own, specialised and with its properties renamed; the others import it.
 */
export async function bundle(project: Project, declarations: Declarations): Promise<Files> {
  const folder = fileURLToPath(project.root);
  const paths = new Map(
    [...project.exports].map(([name, path]) => [name, folder + projectPath(path)]),
  );
  const rangeMap = paths.get(RANGE_MAP);
  if (rangeMap === undefined) throw new Unable(`deno.json exports no ${RANGE_MAP}`);
  const others = [...paths].filter(([name]) => name !== RANGE_MAP);
  try {
    return new Map([
      ...await bundleRangeMap(project, folder, rangeMap, declarations),
      ...await build(folder, others, {
        plugins: [specialise(ANY_TREE), external(rangeMap, `${RANGE_MAP}.js`)],
        splitting: true,
        chunkNames: "chunk-[hash]",
      }),
    ]);
  } finally {
    await esbuild.stop();
  }
}

/** The bundle of the range maps, once to see which members of classes it uses, and once without the others. */
async function bundleRangeMap(
  project: Project,
  folder: string,
  path: string,
  declarations: Declarations,
): Promise<[string, Uint8Array][]> {
  const entry = [[RANGE_MAP, path]] as const;
  const internal = await internalNames(project, path, declarations);
  let known = RANGE_MAPS;
  for (;;) {
    const [bundled] = await build(folder, entry, {
      plugins: [specialise(known)],
      sourcemap: false,
    });
    const unused = unusedNames(new TextDecoder().decode(bundled?.[1]), internal);
    if (unused.every((name) => known.unused.has(name))) break;
    known = { ...known, unused: new Set([...known.unused, ...unused]) };
  }
  const mangleProps = new RegExp(`^(?:${internal.join("|")}|\\${RENAMED}.*)$`);
  return await build(folder, entry, { plugins: [specialise(known)], mangleProps });
}

async function build(
  folder: string,
  entries: readonly (readonly [name: string, path: string])[],
  options: esbuild.BuildOptions,
): Promise<[string, Uint8Array][]> {
  const { outputFiles = [] } = await esbuild.build({
    ...SHARED,
    ...options,
    absWorkingDir: folder,
    entryPoints: Object.fromEntries(entries.map(([name, path]) => [entryName(name), path])),
  });
  return outputFiles.map(({ path, contents }) => [
    path.slice(path.lastIndexOf("/") + 1),
    contents,
  ]);
}

const SHARED: esbuild.BuildOptions = {
  outdir: "dist",
  bundle: true,
  write: false,
  format: "esm",
  platform: "neutral",
  target: TARGET,
  charset: "utf8",
  minifySyntax: true,
  sourcemap: "linked",
};

/** esbuild's plugin that leaves a module out of a bundle, which then imports `file`. */
function external(module: string, file: string): esbuild.Plugin {
  return {
    name: "external",
    setup({ onResolve }) {
      onResolve(
        { filter: /\/mod\.ts$/ },
        ({ path, resolveDir }) =>
          fileURLToPath(new URL(path, urlOf(`${resolveDir}/`))) === module
            ? { path: file, external: true }
            : undefined,
      );
    },
  };
}

/** The bytes of what a program that imports `names` from one of these files would ship: bundled again, and minified. */
export async function minifiedSize(files: Files, file: string, names: string): Promise<number> {
  const plugin: esbuild.Plugin = {
    name: "package",
    setup(build) {
      build.onResolve({ filter: /^\.\// }, ({ path }) => ({
        path: path.slice("./".length),
        namespace: "package",
        sideEffects: false,
      }));
      build.onLoad({ filter: /.*/, namespace: "package" }, ({ path }) => ({
        contents: files.get(path) ?? "",
        loader: "js",
      }));
    },
  };
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: `export { ${names} } from "./${file}";`, loader: "js" },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      target: TARGET,
      logLevel: "error",
      plugins: [plugin],
    });
    return outputFiles.reduce((bytes, { contents }) => bytes + contents.length, 0);
  } finally {
    await esbuild.stop();
  }
}
