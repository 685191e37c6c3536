/**
 * Building a driver around a kernel's `lib/maple_tree.c`, with that tree's own `tools/include` and `tools/testing`.
 *
 * What is built is kept under a hash of everything that goes into it: the preprocessed text of each file, which holds
 * every header, the compiler and its options. Nothing is written into the kernel's tree.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { pathOf } from "../command/paths.ts";
import { cacheFolder, exists } from "./cache.ts";
import { featuresOf, type TreeFeatures, vmaMacros } from "./features.ts";
import type { Source } from "./source.ts";
import { runTool } from "./tool.ts";

/**
 * What is built.
 *
 * - `check`: a program for checking, with every check of the tree's own.
 * - `library`: for timing in this process, nodes from a free list; `library-slab`: from the tree's own allocator.
 * - `vma`: a program for checking the same tree's `mm/vma.c`.
 */
export type BuildKind = "check" | "library" | "library-slab" | "vma";

/** A driver that was built. */
export interface Build {
  readonly source: Source;
  readonly features: TreeFeatures;
  /** The program; of a `library` what {@linkcode NativeLibrary} opens. */
  readonly program: string;
  /** True if it was found in the cache. */
  readonly isCached: boolean;
}

const DRIVER = pathOf("src/kernel/driver/");

/** Headers that the kernel's test suites generate. */
const GENERATED = {
  "map-shift.h": "#define XA_CHUNK_SHIFT 3\n",
  "bit-length.h": "#define CONFIG_64BIT 1\n#define CONFIG_PHYS_ADDR_T_64BIT 1\n",
  "autoconf.h": '#include "bit-length.h"\n#define CONFIG_XARRAY_MULTI 1\n',
};

/** Files of the kernel's tools that the tree may need; older trees have them elsewhere, or not at all. */
const SUPPORT = [
  "testing/shared/linux.c",
  "testing/radix-tree/linux.c",
  "testing/radix-tree/bitmap.c",
  "lib/slab.c",
  "lib/find_bit.c",
  "lib/bitmap.c",
  "lib/hweight.c",
  "lib/vsprintf.c",
];

/** What the driver's own allocator stands in for. */
const OWN_ALLOCATOR = ["testing/shared/linux.c", "testing/radix-tree/linux.c", "lib/slab.c"];

const KEEPS_ALLOCATOR: ReadonlySet<BuildKind> = new Set(["library-slab", "vma"]);

const DRIVERS: Readonly<Record<BuildKind, string>> = {
  check: "check.c",
  library: "race.c",
  "library-slab": "race.c",
  vma: "vma.c",
};

/** What of the kernel it is built around. */
const FILES: Readonly<Record<BuildKind, string>> = {
  check: "lib/maple_tree.c",
  library: "lib/maple_tree.c",
  "library-slab": "lib/maple_tree.c",
  vma: "mm/vma.c",
};

const INCLUDED = [
  "testing/shared",
  "testing/radix-tree",
  "include",
  "arch/x86/include",
];

/** What makes a library of it; every call within it is direct. */
const LIBRARY = ["-shared", "-fPIC", "-fvisibility=hidden", "-Wl,-Bsymbolic"];

const FLAGS = ["-g", "-w", "-fno-strict-aliasing", "-D_LGPL_SOURCE", "-pthread"];

/**
 * Builds a driver, or finds it built.
 *
 * @param onProgress told what is being done
 * @throws {Unable} no compiler, no liburcu, or the tree does not compile: its first error follows
 */
export async function build(
  source: Source,
  kind: BuildKind = "check",
  onProgress: (what: string) => void = () => {},
): Promise<Build> {
  // Such a path cannot stand in an `#include`.
  if (!/["\n\\]/.test(source.folder)) return await buildThere(source, kind, onProgress);
  const link = `${await cacheFolder("links")}/${crypto.randomUUID()}`;
  await Deno.symlink(source.folder, link);
  try {
    return { ...await buildThere({ ...source, folder: link }, kind, onProgress), source };
  } finally {
    await Deno.remove(link);
  }
}

async function buildThere(
  source: Source,
  kind: BuildKind,
  onProgress: (what: string) => void,
): Promise<Build> {
  const features = await featuresOf(source);
  const folder = await generatedHeaders();
  const units = [DRIVER + DRIVERS[kind], ...await unitsOf(source, kind)];
  const options = [
    // Its headers come before those of the tree's tests.
    ...(kind === "vma" ? vmaOptions(source, await vmaMacros(source)) : []),
    ...optionsOf(source, features, folder, kind),
    // Checks say where they stand: the same tree elsewhere is the same build.
    ...(source.folder.includes("=") ? [] : [`-ffile-prefix-map=${source.folder}=.`]),
    `-I${DRIVER}`,
  ];
  onProgress(`reading ${source.name}`);
  const key = await keyOf(units, options, source, explained(source, kind));
  const program = `${await cacheFolder("builds")}/${kind}-${key}`;
  const isCached = await exists(program);
  if (!isCached) {
    onProgress(`compiling ${FILES[kind]} of Linux ${source.version}`);
    await compile(units, options, program, explained(source, kind));
  }
  return { source, features, program, isCached };
}

/** The compiler: `$CC`, else `gcc`. */
function compiler(): string {
  return Deno.env.get("CC") ?? "gcc";
}

async function generatedHeaders(): Promise<string> {
  const folder = await cacheFolder("headers/generated");
  for (const [name, text] of Object.entries(GENERATED)) {
    const path = `${folder}/${name}`;
    if (await Deno.readTextFile(path).catch(() => "") === text) continue;
    await Deno.writeTextFile(path, text);
  }
  return folder.slice(0, folder.lastIndexOf("/"));
}

async function unitsOf({ folder }: Source, kind: BuildKind): Promise<string[]> {
  const units = kind === "vma" ? [`${folder}/tools/testing/shared/maple-shim.c`] : [];
  for (const file of SUPPORT) {
    if (!KEEPS_ALLOCATOR.has(kind) && OWN_ALLOCATOR.includes(file)) continue;
    if (await exists(`${folder}/tools/${file}`)) units.push(`${folder}/tools/${file}`);
  }
  return units;
}

function optionsOf(
  { folder }: Source,
  { macros }: TreeFeatures,
  generated: string,
  kind: BuildKind,
): string[] {
  return [
    ...FLAGS,
    kind === "vma" ? "-O1" : "-O2",
    ...macros,
    ...(kind === "library" ? ["-DFREE_LIST"] : []),
    `-DMAPLE_TREE_SOURCE="${folder}/lib/maple_tree.c"`,
    `-I${generated}`,
    ...INCLUDED.map((path) => `-I${folder}/tools/${path}`),
    `-I${folder}/lib`,
    ...(kind.startsWith("library") ? LIBRARY : []),
  ];
}

function vmaOptions({ folder }: Source, macros: readonly string[]): string[] {
  return [
    ...macros,
    `-DVMA_SOURCE="${folder}/mm/vma.c"`,
    `-DVMA_HEADER="${folder}/mm/vma.h"`,
    `-DVMA_INIT_SOURCE="${folder}/mm/vma_init.c"`,
    "-DNUM_VMA_FLAG_BITS=64",
    "-DNUM_MM_FLAG_BITS=64",
    `-I${folder}/tools/testing/vma`,
  ];
}

/** A hash of all that the compiler reads. */
async function keyOf(
  units: readonly string[],
  options: readonly string[],
  source: Source,
  purpose: string,
): Promise<string> {
  const version = await runTool(compiler(), ["--version"], "compile the driver");
  const texts = await Promise.all(units.map((unit) => {
    return runTool(compiler(), ["-E", "-P", ...options, unit], purpose).catch(liburcu);
  }));
  // Where the tree lies must not matter; what it says does.
  const portable = options.filter((option) => !option.includes(source.folder));
  const parts = [version, new TextEncoder().encode(portable.join("\0")), ...texts];
  const digests = await Promise.all(
    parts.map((part) => crypto.subtle.digest("SHA-256", part.slice())),
  );
  const all = new Uint8Array(digests.flatMap((digest) => [...new Uint8Array(digest)]));
  return hexadecimal(await crypto.subtle.digest("SHA-256", all)).slice(0, 24);
}

async function compile(
  units: readonly string[],
  options: readonly string[],
  program: string,
  purpose: string,
): Promise<void> {
  const part = `${program}.${crypto.randomUUID()}`;
  const args = [...options, ...units, "-o", part, "-lurcu"];
  try {
    await runTool(compiler(), args, purpose).catch(liburcu);
    await Deno.rename(part, program);
  } finally {
    await Deno.remove(part).catch(() => {});
  }
}

function explained({ name, version }: Source, kind: BuildKind): string {
  return `build ${FILES[kind]} of ${name} (Linux ${version})`;
}

/** A library that is missing is said as such. */
function liburcu(error: unknown): never {
  if (
    error instanceof Unable && /urcu/.test(error.message) && /fatal|cannot find/.test(error.message)
  ) {
    throw new Unable(
      "Cannot build the driver: liburcu is not installed; on Debian run: apt-get install liburcu-dev",
    );
  }
  throw error;
}

function hexadecimal(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
