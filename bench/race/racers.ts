/**
 * The racers: Maple and the packed array, the kernel's own tree as a library that is called once for a whole pass, and
 * the ordered maps of C++ and Rust as programs; what is native is built here, where the machine has what it takes.
 *
 * @module
 */

import { peersOf } from "../peers/all.ts";
import { Unable } from "../../src/command/command.ts";
import { pathOf } from "../../src/command/paths.ts";
import { build } from "../../src/kernel/build.ts";
import { cacheFolder } from "../../src/kernel/cache.ts";
import { findSource } from "../../src/kernel/source.ts";
import { runTool } from "../../src/kernel/tool.ts";

/** Who takes part. */
export interface Racer {
  /** As the table names it. */
  readonly name: string;
  /** The command that performs FILE PASSES, given after it. */
  readonly command: readonly string[];
  /** The share of the passes that it performs: those that take ten times as long perform a tenth. All unless given. */
  readonly share?: number;
}

/** Who does not, and why. */
export interface Absentee {
  /** As the table would name it. */
  readonly name: string;
  /** One sentence. */
  readonly why: string;
}

/** Name of the one that the others are compared with. */
export const KERNEL = "Linux, lib/maple_tree.c";
/** Name of our own. */
export const MAPLE = "maple";

/** The JavaScript racers that perform all passes; and our own by its other face, which is the same tree. */
const FAST = [MAPLE, "sorted Float64Array", "maple RangeMap"];

/** Where the sources of native racers lie. */
export const NATIVE = pathOf("bench/race/native/");
const CPP = ["-O2", "-std=c++17", `${NATIVE}ordered_map.cc`];
/** What absl's containers need besides; a library that is not there is not needed by that version. */
const ABSL_LIBRARIES = ["-labsl_throw_delegate", "-labsl_raw_logging_internal"];

/** Builds whoever can be built. */
export async function findRacers(
  onProgress: (what: string) => void,
): Promise<{ readonly racers: readonly Racer[]; readonly absent: readonly Absentee[] }> {
  const racers: Racer[] = [
    peer(MAPLE),
    peer("sorted Float64Array"),
    ...peersOf("recorded").filter(({ name }) => !FAST.includes(name)).map(({ name }) =>
      peer(name, 0.1)
    ),
  ];
  const folder = await cacheFolder("race");
  const program = (name: string) => async () => [await NATIVES[name]!(folder, onProgress)];
  const { racers: natives, absent } = await made([
    { name: KERNEL, make: () => kernelTree(onProgress) },
    ...Object.keys(NATIVES).map((name) => ({ name, make: program(name) })),
  ]);
  return { racers: [...racers, ...natives], absent };
}

/** Maple and, where it can be built, the kernel's tree. */
export async function findKernelRacers(
  onProgress: (what: string) => void,
): Promise<{ readonly racers: readonly Racer[]; readonly absent: readonly Absentee[] }> {
  const { racers, absent } = await made([{ name: KERNEL, make: () => kernelTree(onProgress) }]);
  return { racers: [peer(MAPLE), ...racers], absent };
}

/** Those whose command could be made, and why the others could not. */
export async function made(
  makers: readonly { readonly name: string; readonly make: () => Promise<readonly string[]> }[],
): Promise<{ readonly racers: readonly Racer[]; readonly absent: readonly Absentee[] }> {
  const racers: Racer[] = [];
  const absent: Absentee[] = [];
  for (const { name, make } of makers) {
    try {
      racers.push({ name, command: await make() });
    } catch (error) {
      if (!(error instanceof Unable)) throw error;
      absent.push({ name, why: error.message.split("\n").slice(0, 2).join(" ") });
    }
  }
  return { racers, absent };
}

/** The racers of a pair of mmap and munmap: the model, and the running kernel or why it cannot take part. */
export async function findPairRacers(
  onProgress: (what: string) => void,
): Promise<{ readonly model: Racer; readonly kernel: Racer | Absentee }> {
  const script = pathOf("bench/race/pair.ts");
  const model = { name: MAPLE, command: [Deno.execPath(), "run", "-q", "--allow-read", script] };
  const name = "the running kernel's pair";
  try {
    const program = `${await cacheFolder("race")}/pair`;
    const compiler = Deno.env.get("CC") ?? "gcc";
    const args = ["-O2", `${NATIVE}pair.c`];
    return {
      model,
      kernel: { name, command: [await compiled(compiler, args, program, onProgress)] },
    };
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    return { model, kernel: { name, why: error.message } };
  }
}

const CHILD = pathOf("bench/race/child.ts");

/** One of the JavaScript racers. */
export function peer(name: string, share: number = 1): Racer {
  return { name, command: [Deno.execPath(), "run", "-q", "--allow-read", CHILD, name], share };
}

/** The kernel's tree: a library, called once for a pass. */
async function kernelTree(onProgress: (what: string) => void): Promise<readonly string[]> {
  const library = (await build(await findSource(undefined), "library", onProgress)).program;
  const flags = ["run", "-q", "--allow-read", "--allow-ffi"];
  return [Deno.execPath(), ...flags, CHILD, `--native=${library}`];
}

const NATIVES: Readonly<
  Record<string, (folder: string, onProgress: (what: string) => void) => Promise<string>>
> = {
  "absl::btree_map": (folder, onProgress) =>
    compiled("g++", [...CPP, "-DABSL"], `${folder}/absl`, onProgress, ABSL_LIBRARIES),
  "std::map": (folder, onProgress) => compiled("g++", CPP, `${folder}/map`, onProgress),
  "Rust BTreeMap": (folder, onProgress) =>
    compiled(
      "rustc",
      ["--edition", "2021", "-O", `${NATIVE}btree_map.rs`],
      `${folder}/btree_map`,
      onProgress,
    ),
};

/** Builds a program, and gives its path back. */
export async function compiled(
  compiler: string,
  args: readonly string[],
  program: string,
  onProgress: (what: string) => void,
  libraries: readonly string[] = [],
): Promise<string> {
  onProgress(`${compiler} ${program.slice(program.lastIndexOf("/") + 1)}`);
  await runTool(compiler, [...args, "-o", program, ...libraries], `build with ${compiler}`);
  return program;
}
