/**
 * The page's script: everything of `view/` and `model/`, and the libraries they use, as one text.
 *
 * @module
 */

import { build, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { type PackedRun, pageHtml } from "./html.ts";
import { makePack } from "./modules.ts";

/** Finds packages where Deno keeps them. */
const PACKAGES: Plugin = {
  name: "packages",
  setup({ onResolve }) {
    onResolve(
      { filter: /^[a-z@]/ },
      ({ path, kind }) =>
        kind === "entry-point" ? undefined : { path: fileURLToPath(import.meta.resolve(path)) },
    );
  },
};

/** Makes a page of some runs. */
export async function makePage(runs: readonly PackedRun[]): Promise<string> {
  try {
    const [pack, script] = await Promise.all([makePack(), bundle()]);
    return await pageHtml(script, pack, runs);
  } finally {
    await stop();
  }
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("./view/page.tsx", import.meta.url))],
    bundle: true,
    format: "iife",
    target: "es2024",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "none",
    write: false,
    logLevel: "silent",
    plugins: [PACKAGES],
  });
  return outputFiles[0]!.text;
}
