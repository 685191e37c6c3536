/**
 * The package as its users have it: packed, installed into an empty project, run and compiled there.
 *
 * Here with what the machine has: the Node on its path, TypeScript and esbuild as this suite has them, Debian's
 * Chromium. `deno task test-package` tries Node 20, 22 and 24, Bun, older TypeScript and vite too, which it installs.
 */

import { needing } from "../needing.ts";
import { assertEquals, assertStringIncludes } from "@std/assert";
import * as esbuild from "esbuild";
import ts from "typescript";
import { complaints, LIMITS } from "../../src/release/pack.ts";
import { ROOT } from "../../src/release/project.ts";
import { tarball } from "../../src/release/tarball.ts";
import { answersInChromium, CHROMIUM } from "./chromium.ts";
import { assertEveryPart, assertRan } from "./expected.ts";
import { hasCommand, packed, ProjectFolder } from "./project_folder.ts";

const hasNode = await hasCommand("npm") && await hasCommand("node");
const isBrowserMissing = !hasNode || !await Deno.stat(CHROMIUM).then(() => true, () => false);
if (!hasNode) console.log("The package is not installed and run: there is no node and npm");
if (isBrowserMissing) {
  console.log("The package is not tried in a browser: Debian's chromium or npm is not installed");
}

Deno.test("package: it keeps its limits, and has no test in it", async () => {
  const made = await packed();
  assertEquals(complaints(made), []);
  assertEquals(made.files.size <= LIMITS.files && made.files.size > 20, true);
});

Deno.test("package: a limit that is broken is said", async () => {
  const made = await packed();
  const files = new Map(made.files);
  for (let i = 0; i < LIMITS.files; i++) files.set(`tests/${i}_test.js`, new Uint8Array());
  files.set("tree.js", new TextEncoder().encode("Deno.exit()"));
  const said = complaints({ ...made, files, rangeMapBytes: LIMITS.rangeMapBytes + 1 }).join("\n");
  for (
    const part of ["files, more than", "bytes minified", "tests/0_test.js", "tree.js uses Deno"]
  ) {
    assertStringIncludes(said, part);
  }
});

Deno.test("package: the same files make the same tarball, byte for byte", async () => {
  const { files, bytes } = await packed();
  assertEquals(await tarball(files), bytes);
});

Deno.test({
  ...needing(
    "package: installed, every part runs in Node",
    !hasNode && "there is no npm, or no Node",
  ),
  async fn() {
    await using project = await ProjectFolder.create();
    assertRan(await project.run("node", "run.mjs", "trace.gz"));
  },
});

Deno.test({
  ...needing(
    "package: README's ten lines for each reader run in Node and print what README says",
    !hasNode && "there is no npm, or no Node",
  ),
  async fn() {
    await using project = await ProjectFolder.create();
    const examples = await readmeExamples();
    assertEquals(examples.map(({ reader }) => reader), ["a programmer", "a kernel engineer"]);
    for (const { code, prints } of examples) {
      await project.write("readme.mjs", code);
      await project.write("readme.ts", code);
      const { stdout, stderr } = await project.run("node", "readme.mjs");
      // Spaces at the ends of lines of /proc/PID/maps are not in README.
      assertEquals([stdout.replaceAll(/ +$/gm, "").trim(), stderr], [prints.trim(), ""]);
      assertEquals(compile(project, "Node16", "readme.ts", ["dom"]), []);
    }
  },
});

/** The code under README's headings `Ten lines for …`, and what it prints. */
async function readmeExamples(): Promise<{ reader: string; code: string; prints: string }[]> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const pattern = /^## Ten lines for (.*)$[^]*?^```ts\n([^]*?)^```$[^]*?^```\n([^]*?)^```$/gm;
  return [...readme.matchAll(pattern)].map(([, reader = "", code = "", prints = ""]) => ({
    reader,
    code,
    prints,
  }));
}

for (const moduleResolution of ["Node16", "Bundler"] as const) {
  Deno.test({
    ...needing(
      `package: installed, its types pass TypeScript ${ts.version} strict, ${moduleResolution}`,
      !hasNode && "there is no npm, or no Node",
    ),
    async fn() {
      await using project = await ProjectFolder.create();
      assertEquals(compile(project, moduleResolution, "types.ts", ["dom", "dom.iterable"]), []);
      assertEquals(compile(project, moduleResolution, "types_es2022.ts", []), []);
    },
  });
}

/** What TypeScript says about a program of the project. */
function compile(
  project: ProjectFolder,
  moduleResolution: "Node16" | "Bundler",
  file: string,
  libraries: readonly string[],
): string[] {
  const program = ts.createProgram([`${project.path}/${file}`], {
    strict: true,
    noEmit: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: moduleResolution === "Node16" ? ts.ModuleKind.Node16 : ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind[moduleResolution],
    lib: ["es2022", ...libraries].map((name) => `lib.${name}.d.ts`),
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file }) =>
    `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`
  );
}

Deno.test({
  ...needing(
    "package: esbuild bundles RangeMap alone, small, and the bundle runs",
    !hasNode && "there is no npm, or no Node",
  ),
  async fn() {
    await using project = await ProjectFolder.create();
    for (const entry of ["@maple/mm/range-map", "@maple/mm"]) {
      const contents = `import { RangeMap } from "${entry}";
        export default new RangeMap().set(3, 9, "a").get(5);`;
      const { outputFiles } = await esbuild.build({
        stdin: { contents, resolveDir: project.path },
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        platform: "browser",
        target: "es2022",
      }).finally(() => esbuild.stop());
      const { text, contents: bytes } = outputFiles[0]!;
      assertEquals(bytes.length <= LIMITS.rangeMapBytes, true, `${entry}: ${bytes.length} bytes`);
      const bundle = await import(`data:text/javascript,${encodeURIComponent(text)}`);
      assertEquals(bundle.default, "a");
    }
  },
});

Deno.test({
  ...needing(
    "package: in Chromium, every part runs in a page, and a worker reads what the page writes",
    isBrowserMissing && "there is no Chromium, or no Node",
  ),
  // Playwright keeps timers and streams of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using project = await ProjectFolder.create();
    const { parts, isolated, worker } = await answersInChromium(project);
    assertEquals(isolated, true);
    assertEveryPart(parts);
    assertEquals(worker, { wrong: 0, hasRead: true, map: ["a", "b"] });
  },
});
