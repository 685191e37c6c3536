/** The package wherever it is used: every runtime, compiler and bundler, installed from npm. Only with `-- --all`. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { assertRan } from "./expected.ts";
import { hasCommand, ProjectFolder } from "./project_folder.ts";

const isAsked = Deno.args.includes("--all");
const PLATFORM = `${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;

/** Runtimes by name: npm's package of the binary, and where it is in there. */
const RUNTIMES: readonly [name: string, alias: string, source: string, binary: string][] = [
  ...["20", "22", "24"].map((version): [string, string, string, string] => [
    `Node ${version}`,
    `node-${version}`,
    `node-${PLATFORM}@${version}`,
    "bin/node",
  ]),
  ["Bun", "bun", `@oven/bun-${PLATFORM.replace("arm64", "aarch64")}@1.4.5`, "bin/bun"],
];

/** TypeScript 5 from its first on: every minor version. */
const COMPILERS = [
  ...["5.0.4", "5.1.6", "5.2.2", "5.3.3", "5.4.5"],
  ...["5.5.4", "5.6.3", "5.7.3", "5.8.3", "5.9.3"],
];

/** Modules, how they are found, the program, and the libraries it may use. */
const COMPILATIONS = [
  ["node16", "node16", "types", "es2022,dom,dom.iterable"],
  ["esnext", "bundler", "types", "esnext,dom,dom.iterable"],
  ["node16", "node16", "types_es2022", "es2022"],
  ["esnext", "bundler", "types_es2022", "es2022"],
] as const;

/** Whether npm can get a package; if not, why a test is left out. */
async function isHad(source: string): Promise<boolean> {
  if (!isAsked || !await hasCommand("npm")) return false;
  const { success } = await new Deno.Command("npm", {
    args: ["view", source, "version"],
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) console.log(`Not tried: npm does not give ${source} on this machine`);
  return success;
}

for (const [name, alias, source, binary] of RUNTIMES) {
  Deno.test({
    name: `package: installed, every part runs in ${name}`,
    ignore: !await isHad(source),
    async fn() {
      await using project = await ProjectFolder.create([`${alias}@npm:${source}`]);
      assertRan(await project.run(`node_modules/${alias}/${binary}`, "run.mjs", "trace.gz"));
    },
  });
}

Deno.test({
  name: "package: installed by Bun, every part runs in it",
  ignore: !await isHad("@oven/bun-linux-x64@1.4.5"),
  async fn() {
    await using project = await ProjectFolder.create([`bun@npm:${RUNTIMES.at(-1)![2]}`]);
    const bun = `${project.path}/node_modules/bun/bin/bun`;
    await project.run("mkdir", "other");
    await project.run(
      "sh",
      "-c",
      "cp *.mjs *.tgz trace.gz other && echo '{}' > other/package.json",
    );
    const added = await project.run("sh", "-c", `cd other && ${bun} add ./*.tgz`);
    assertEquals(added.code, 0, added.stderr);
    assertRan(await project.run("sh", "-c", `cd other && ${bun} run.mjs trace.gz`));
  },
});

for (const version of COMPILERS) {
  Deno.test({
    name: `package: installed, its types pass TypeScript ${version} strict`,
    ignore: !await isHad(`typescript@${version}`),
    async fn() {
      await using project = await ProjectFolder.create([`typescript@${version}`]);
      for (const [module, resolution, file, lib] of COMPILATIONS) {
        const flags = `--noEmit --strict --target es2022 --module ${module} ` +
          `--moduleResolution ${resolution} --lib ${lib} ${file}.ts`;
        const tsc = "node_modules/typescript/bin/tsc";
        assertEquals(
          await project.run("node", tsc, ...flags.split(" ")),
          { code: 0, stdout: "", stderr: "" },
          flags,
        );
      }
    },
  });
}

Deno.test({
  name: "package: vite builds a page with it, and the bundle runs",
  ignore: !await isHad("vite@7.3.8"),
  async fn() {
    await using project = await ProjectFolder.create(["vite@7.3.8"]);
    await project.write("index.html", '<script type="module" src="./entry.js"></script>');
    await project.write(
      "entry.js",
      `import { RangeMap } from "@maple/mm/range-map";
       import { AddressSpace } from "@maple/mm";
       console.log(new RangeMap().set(3, 9, "a").get(5), new AddressSpace().mapCount);`,
    );
    // What vite adds of its own needs a document.
    await project.write(
      "vite.config.js",
      "export default { build: { modulePreload: { polyfill: false } } };",
    );
    const built = await project.run("node", "node_modules/vite/bin/vite.js", "build");
    assertEquals(built.code, 0, built.stderr);
    assertEquals(built.stderr, "", "vite warns");
    const ran = await project.run("sh", "-c", "node dist/assets/*.js");
    assertStringIncludes(ran.stdout, "a 0", ran.stderr);
  },
});

Deno.test({
  name: "package: esbuild of npm bundles every entry for browsers without a warning",
  ignore: !await isHad("esbuild@0.28.2"),
  async fn() {
    await using project = await ProjectFolder.create(["esbuild@0.28.2"]);
    for (const entry of ["tree", "range-map", "address-space", "trace", "replay"]) {
      await project.write("entry.js", `export * from "@maple/mm/${entry}";`);
      const flags = [
        "entry.js",
        "--bundle",
        "--format=esm",
        "--outfile=bundle.js",
        "--log-level=warning",
      ];
      const { code, stdout, stderr } = await project.run("node_modules/.bin/esbuild", ...flags);
      assertEquals([code, stdout, stderr], [0, "", ""], entry);
    }
  },
});
