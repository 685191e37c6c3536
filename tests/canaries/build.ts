/**
 * A build of the suite: its modules, loaded from the checkout as it is or from a copy in which a fault was planted.
 *
 * A fault is a *patch of the source*: in this file, this text, becomes that. So there is no seam in production code
 * for it to pay for: the plain build is the checkout, byte for byte. The copy is imported as modules of its own
 * beside the plain ones. A patch whose text does not stand in its file exactly once is refused: it
 * has been overtaken by a change of the source and must be looked at again.
 *
 * @module
 */

import { urlOf } from "../../src/command/paths.ts";
import { type Patch, patched } from "../../src/faults/patch.ts";

/** What scenarios work on: the public module and the tools that drive an address space from a trace. */
export interface Build {
  readonly maple: typeof import("../../mod.ts");
  readonly compiled: typeof import("../../src/replay/compiled.ts");
  readonly system: typeof import("../../src/replay/system.ts");
  readonly replay: typeof import("../../src/replay/replay.ts");
  readonly bisect: typeof import("../../src/replay/debug/bisect.ts");
  readonly shrink: typeof import("../../src/replay/debug/shrink.ts");
  readonly tree: typeof import("../../src/tree/maple_tree.ts");
  readonly state: typeof import("../../src/tree/maple_state.ts");
  readonly touchedTree: typeof import("../../src/tree/checks/incremental.ts");
  readonly touchedSpace: typeof import("../../src/mm/checks/incremental.ts");
  readonly load: typeof import("../../src/load/load.ts");
  readonly loadScheduler: typeof import("../../src/load/scheduler.ts");
  readonly loadCheck: typeof import("../../src/load/machine_check.ts");
  readonly loadLives: typeof import("../../src/load/lives.ts");
  readonly loadShrink: typeof import("../../src/load/shrink.ts");
}

/** The checkout that this file is part of. */
export const ROOT: URL = new URL("../../", import.meta.url);

/** Where planted code says that its fault has acted. */
const ACTED = new URL("src/faults/acted.ts", ROOT).href;

/** What a build is made of. */
const FOLDERS = ["src"];
const FILES = ["mod.ts", "deno.json"];

/** Copies the modules to `folder`, with the patches made. */
export async function plant(folder: string, patches: readonly Patch[]): Promise<URL> {
  const root = new URL(urlOf(`${folder}/`));
  for (const path of FOLDERS) await copyFolder(path, root);
  for (const file of FILES) await Deno.copyFile(new URL(file, ROOT), new URL(file, root));
  for (const patch of patches) await apply(root, patch);
  return root;
}

/** Copies a folder of the checkout and all below it to the same place below `root`. */
async function copyFolder(path: string, root: URL): Promise<void> {
  await Deno.mkdir(new URL(path, root), { recursive: true });
  for await (const entry of Deno.readDir(new URL(path, ROOT))) {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory) await copyFolder(below, root);
    else await Deno.copyFile(new URL(below, ROOT), new URL(below, root));
  }
}

/** Imports the modules below `root`; each root gives modules of its own. */
export async function load(root: URL): Promise<Build> {
  return {
    maple: await import(new URL("mod.ts", root).href),
    compiled: await import(new URL("src/replay/compiled.ts", root).href),
    system: await import(new URL("src/replay/system.ts", root).href),
    replay: await import(new URL("src/replay/replay.ts", root).href),
    bisect: await import(new URL("src/replay/debug/bisect.ts", root).href),
    shrink: await import(new URL("src/replay/debug/shrink.ts", root).href),
    tree: await import(new URL("src/tree/maple_tree.ts", root).href),
    state: await import(new URL("src/tree/maple_state.ts", root).href),
    touchedTree: await import(new URL("src/tree/checks/incremental.ts", root).href),
    touchedSpace: await import(new URL("src/mm/checks/incremental.ts", root).href),
    load: await import(new URL("src/load/load.ts", root).href),
    loadScheduler: await import(new URL("src/load/scheduler.ts", root).href),
    loadCheck: await import(new URL("src/load/machine_check.ts", root).href),
    loadLives: await import(new URL("src/load/lives.ts", root).href),
    loadShrink: await import(new URL("src/load/shrink.ts", root).href),
  };
}

async function apply(root: URL, patch: Patch): Promise<void> {
  const url = new URL(patch.file, root);
  const source = await Deno.readTextFile(url);
  const importing = `import { acted } from ${JSON.stringify(ACTED)};\n`;
  const head = source.startsWith(importing) ? "" : importing;
  await Deno.writeTextFile(url, head + patched(source, patch));
}
