/** The layers, read from the imports: no arrow points upwards, no two files need each other. */

import { assert, assertEquals } from "@std/assert";
import { pathOf, urlOf } from "../src/command/paths.ts";

/** What each folder of `src/` may import of the others; commands (`main.ts`, `…_main.ts`) stand on top of all. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  abi: [],
  tree: ["abi"],
  range_map: ["tree"],
  mm: ["abi", "tree"],
  trace: ["abi"],
  command: ["abi"],
  faults: [],
  replay: ["abi", "command", "mm", "trace", "tree"],
  text: ["abi", "command", "mm", "replay", "trace", "tree"],
  capture: ["abi", "command", "trace"],
  verify: ["abi", "capture", "command", "replay", "trace"],
  probe: ["abi", "capture", "command", "mm", "replay", "trace", "verify"],
  other_kernels: [
    "abi",
    "capture",
    "command",
    "kernel",
    "mm",
    "probe",
    "replay",
    "trace",
    "verify",
  ],
  load: ["abi", "command", "mm", "replay", "trace", "tree"],
  kernel: ["abi", "command", "compare", "mm", "replay", "trace", "tree"],
  explorer: ["abi", "command", "faults", "mm", "replay", "text", "trace", "tree"],
  compare: ["abi", "command"],
  history: ["command", "compare"],
  report: ["command", "compare", "history"],
  site: ["command", "explorer", "history", "report"],
  release: ["command", "tree"],
};

/** Most modules in a folder, its `mod.ts` aside. */
const MOST_MODULES = 30;

/** An import of one file by another, both from the root. */
interface Arrow {
  readonly from: string;
  readonly to: string;
}

const IMPORT =
  /^(?:import|export)\s+(?:type\s)?(?:[^"';]*?\sfrom\s+)?"(\.[^"?]+)[^"]*"|\bimport\("(\.[^"]+)"\)/gm;

async function* modules(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(pathOf(folder))) {
    if (isDirectory) yield* modules(`${folder}/${name}`);
    else if (/\.tsx?$/.test(name)) yield `${folder}/${name}`;
  }
}

async function arrows(): Promise<Arrow[]> {
  const root = urlOf(pathOf(""));
  const found: Arrow[] = [];
  for await (const from of modules("src")) {
    const text = await Deno.readTextFile(pathOf(from));
    for (const [, fixed, late] of text.matchAll(IMPORT)) {
      const to = new URL(fixed ?? late!, `${root}${from}`).href.slice(root.length);
      found.push({ from, to });
    }
  }
  return found;
}

const ARROWS = await arrows();

/** The folder of `src/` that a file lies in; undefined for those directly in it, and elsewhere. */
function roomOf(file: string): string | undefined {
  return /^src\/([^/]+)\//.exec(file)?.[1];
}

Deno.test("architecture: folders import downwards only", () => {
  assert(ARROWS.length > 500, "the imports were found");
  const wrong = ARROWS.filter(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    if (room === undefined || other === undefined || room === other) return false;
    return !/(^|_|\/)main\.ts$/.test(from) && !LAYERS[room]?.includes(other);
  });
  assertEquals(wrong.map(({ from, to }) => `${from} imports ${to}`), []);
  const rooms = new Set(
    ARROWS.map(({ from }) => roomOf(from)).filter((room) => room !== undefined),
  );
  assertEquals(
    [...rooms].filter((room) => LAYERS[room] === undefined),
    [],
    "rooms without a layer",
  );
});

Deno.test("architecture: nothing in src imports a test", () => {
  const wrong = ARROWS.filter(({ to }) => to.startsWith("tests/"));
  assertEquals(wrong.map(({ from, to }) => `${from} imports ${to}`), []);
});

Deno.test("architecture: no two files need each other, not even for a type", () => {
  const needs = Map.groupBy(ARROWS, ({ from }) => from);
  const finished = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (finished.has(file)) return;
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(" > "));
      return;
    }
    for (const { to } of needs.get(file) ?? []) visit(to, [...path, file]);
    finished.add(file);
  };
  for (const file of needs.keys()) visit(file, []);
  assertEquals(circles, []);
});

Deno.test("architecture: the published layers use nothing of Deno's but what opens a trace", async () => {
  const wrong: string[] = [];
  for (const folder of ["src/abi", "src/tree", "src/mm", "src/range_map"]) {
    for await (const file of modules(folder)) {
      const code = (await Deno.readTextFile(pathOf(file))).replace(
        /\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g,
        "",
      );
      if (/\bDeno\.|\bprocess\.|from "node:/.test(code)) wrong.push(file);
    }
  }
  assertEquals(wrong, []);
});

Deno.test(`architecture: no folder of src has more than ${MOST_MODULES} modules`, async () => {
  const counts = new Map<string, number>();
  for await (const file of modules("src")) {
    const folder = file.slice(0, file.lastIndexOf("/"));
    if (!file.endsWith("/mod.ts")) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  assertEquals([...counts].filter(([, count]) => count > MOST_MODULES), []);
});

Deno.test("architecture: no path is made from a URL's pathname, which is percent-encoded", async () => {
  const made: string[] = [];
  for (const folder of ["src", "tests", "bench", "traces"]) {
    for await (const file of modules(folder)) {
      const text = await Deno.readTextFile(pathOf(file));
      // Below `file:///` stand paths from the root, which begin in no folder of the machine's.
      const uses = text.matchAll(/^.*\)\.pathname\b.*$/gm);
      for (const [line] of uses) if (!line.includes("`file:///${")) made.push(`${file}: ${line}`);
    }
  }
  assertEquals(made, []);
});
