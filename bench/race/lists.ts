/**
 * The lists of operations that racers perform.
 *
 * @module
 */

import { readTrace } from "../../mod.ts";
import { Unable } from "../../src/command/command.ts";
import { pathOf } from "../../src/command/paths.ts";
import { layout } from "../layout.ts";
import { named } from "../names.ts";
import { OperationList, Verb } from "../operations.ts";
import type { Operations } from "../peers/range_map.ts";
import { traceOf, treeWorkload } from "../traces.ts";
import { build, mixed } from "../workloads.ts";

/** Every recording of the repository, one after the other: so many that no processor learns them by heart. */
export const RECORDINGS = "all recordings";
/** Loads, stores and clears at random places among 1,000 ranges, which are stored before and cleared after. */
export const RANDOM = "random, 1,000";
/** What is raced unless something is named. */
export const LISTS = ["cc1-2022", "cc1-ggc", "cc1-large", "gcc-make", RECORDINGS, RANDOM];

/** Where recordings lie. */
const FOLDERS = ["traces", "tests/kernels", "tests/replay"];
const RANDOM_RANGES = 1_000;
const RANDOM_OPERATIONS = 50_000;

/** One list by its name: one of {@linkcode LISTS}, or of a trace of `traces/`. It leaves a map empty that was. */
export async function listOf(name: string): Promise<Operations> {
  if (name === RECORDINGS) return await recordings();
  if (name === RANDOM) return random();
  try {
    return treeWorkload(await traceOf(name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Unable(`There is no trace ${name}`);
    throw error;
  }
}

async function recordings(): Promise<Operations> {
  const files: string[] = [];
  for (const folder of FOLDERS) await collect(pathOf(folder), files);
  const lists: Operations[] = [];
  for (const file of files.sort()) {
    lists.push(treeWorkload(await named("compileTrace")(readTrace(new URL(`file://${file}`)))));
  }
  return withoutEmptyWindows(joined(lists));
}

/**
 * Without searches that end before they begin, which the model makes for ranges of no length: the kernel's tree and
 * ours find nothing then, while the maps, as they are driven here, find the range around the first index.
 */
function withoutEmptyWindows({ length, verbs, as, bs, cs }: Operations): Operations {
  const kept = Uint8Array.from(
    { length },
    (_, i) => verbs[i] === Verb.FIND && bs[i]! < as[i]! ? 0 : 1,
  );
  const isKept = (_: number, i: number) => kept[i] === 1;
  const left = verbs.filter(isKept);
  return {
    length: left.length,
    verbs: left,
    as: as.filter(isKept),
    bs: bs.filter(isKept),
    cs: cs.filter(isKept),
  };
}

async function collect(folder: string, files: string[]): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) await collect(path, files);
    else if (name.endsWith(".jsonl.gz")) files.push(path);
  }
}

function random(): Operations {
  const ranges = layout(RANDOM_RANGES, false);
  const rest = new OperationList();
  rest.clear(0, Number.MAX_SAFE_INTEGER);
  return joined([
    build(ranges),
    mixed(ranges, RANDOM_OPERATIONS),
    rest.build(),
  ]);
}

/** Writes operations for a racer to read: rows of four doubles. */
export async function writeOperations(
  { length, verbs, as, bs, cs }: Operations,
  file: string,
): Promise<void> {
  const rows = new Float64Array(length * 4);
  for (let i = 0; i < length; i++) rows.set([verbs[i]!, as[i]!, bs[i]!, cs[i]!], i * 4);
  await Deno.writeFile(file, new Uint8Array(rows.buffer));
}

/** One list after the other. */
export function joined(lists: readonly Operations[]): Operations {
  const column = (name: "as" | "bs" | "cs") =>
    Float64Array.from(lists.flatMap((list) => [...list[name]]));
  return {
    length: lists.reduce((sum, { length }) => sum + length, 0),
    verbs: Uint8Array.from(lists.flatMap(({ verbs }) => [...verbs])),
    as: column("as"),
    bs: column("bs"),
    cs: column("cs"),
  };
}
