/**
 * The modules of the engine as a page carries them, and those that each fault of the catalogue changes.
 *
 * @module
 */

import { build, transform } from "esbuild";
import { pathOf, ROOT } from "../command/paths.ts";
import { CANARIES } from "../faults/catalogue.ts";
import { type Patch, patched } from "../faults/patch.ts";
import type { Pack, PackedFault, PackedModule } from "./pack.ts";

const ENTRY = "src/explorer/engine.ts";
/** Where planted code says that its fault has acted. */
const IMPORTING = 'import { acted } from "/src/faults/acted.ts";\n';

/** Everything that a page runs, made from the checkout. */
export async function makePack(): Promise<Pack> {
  const sources = new Map<string, string>();
  for (const path of await modulesBelow(ENTRY)) {
    sources.set(path, await Deno.readTextFile(pathOf(path)));
  }
  const modules = await Promise.all([...sources].map(([path, text]) => compile(path, text)));
  const faults: PackedFault[] = [];
  for (const { row, name, story, patches } of CANARIES) {
    // A fault in a module that replaying does not need cannot act in a page.
    if (!patches.every(({ file }) => sources.has(file))) continue;
    faults.push({ row, name, story, modules: await plant(patches, sources) });
  }
  return { entry: ENTRY, modules, faults };
}

/** The paths of a module and of all that it imports. */
async function modulesBelow(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  return Object.keys(metafile.inputs);
}

/** The modules that some patches change, compiled. */
async function plant(
  patches: readonly Patch[],
  sources: ReadonlyMap<string, string>,
): Promise<PackedModule[]> {
  const changed = new Map<string, string>();
  for (const patch of patches) {
    const source = changed.get(patch.file) ?? sources.get(patch.file)!;
    changed.set(patch.file, patched(source, patch));
  }
  return await Promise.all(
    [...changed].map(([path, text]) => compile(path, IMPORTING + text)),
  );
}

/** A module without its types, as the body of a function over `require`, `module` and `exports`. */
async function compile(path: string, source: string): Promise<PackedModule> {
  const { code } = await transform(source, {
    loader: "ts",
    format: "cjs",
    target: "es2022",
    minify: true,
    keepNames: false,
  });
  return { path, code };
}
