/**
 * `deno task record-traces`: records the traces of this folder again, all of them or those named.
 *
 * Each is recorded by `deno task capture` in a process of its own, in an empty folder with the files
 * of its recipe and an environment of nothing but `PATH` and `LC_ALL=C`.
 *
 * @module
 */
import { type CommandArguments, runCommand, Unable } from "../src/command/command.ts";
import { readTrace } from "../src/trace/read.ts";
import { summarize } from "../src/trace/summary.ts";
import { type Recipe, RECIPES } from "./recipes.ts";

const CAPTURE = new URL("../src/capture/main.ts", import.meta.url).pathname;
const CONFIG = new URL("../deno.json", import.meta.url).pathname;
/** How often a recording is made again whose recipe does not accept it. */
const ATTEMPTS = 200;
const FOLDER = new URL(".", import.meta.url).pathname;

async function main(args: CommandArguments): Promise<number> {
  const names = args.operands.length > 0 ? args.operands : Object.keys(RECIPES);
  const folder = args.text("folder") ?? FOLDER;
  for (const name of names) {
    const recipe = RECIPES[name];
    if (recipe === undefined) {
      throw new Unable(`No recipe ${name}; there are ${Object.keys(RECIPES).join(", ")}`);
    }
    await recordAccepted(recipe, `${await Deno.realPath(folder)}/${name}.jsonl.gz`);
    console.log(`${name}: recorded`);
  }
  return 0;
}

/** Records until the recipe accepts what was recorded. */
async function recordAccepted(recipe: Recipe, out: string): Promise<void> {
  const candidate = await Deno.makeTempFile({ suffix: ".jsonl.gz" });
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      await record(recipe, candidate);
      const accepted = recipe.accept?.(await summarize(readTrace(candidate))) ?? true;
      if (accepted) return await Deno.writeFile(out, await Deno.readFile(candidate));
    }
    throw new Unable(
      `Cannot record ${out}: in ${ATTEMPTS} recordings this machine's compiler did not show what the trace is for`,
    );
  } finally {
    await Deno.remove(candidate);
  }
}

/** Records one trace; the folder it was compiled in is gone afterwards. */
async function record(recipe: Recipe, out: string): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(recipe.files())) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const compiler = `gcc ${await outputOf("gcc", "-dumpfullversion")}`;
    const capture = [
      ...["run", "--allow-ffi", "--allow-write", "--config", CONFIG, CAPTURE],
      ...["--out", out, "--purpose", recipe.purpose, "--compiler", compiler],
      ...(recipe.placement === undefined ? [] : ["--placement", recipe.placement]),
      "--",
      ...await withCompiler(recipe.command),
    ];
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: capture,
      cwd: folder,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LC_ALL: "C", NO_COLOR: "1" },
    }).spawn().status;
    if (!success) throw new Unable(`Cannot record ${out}: the command failed`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The command with the path of gcc's compiler proper in place of `cc1`, and where it finds its headers. */
async function withCompiler(command: readonly string[]): Promise<string[]> {
  const [program = "", ...args] = command;
  if (program !== "cc1") return [program, ...args];
  const path = await outputOf("gcc", "-print-prog-name=cc1");
  const multiarch = await outputOf("gcc", "-print-multiarch");
  return [path, ...(multiarch === "" ? [] : ["-imultiarch", multiarch]), ...args];
}

async function outputOf(program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, { args }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new Unable(`${program} is not installed`);
    throw error;
  }
}

if (import.meta.main) {
  await runCommand({
    name: "record-traces",
    summary: "Records the traces of this folder again, all of them or those named.",
    usage: "[options] [NAME…]",
    options: {
      folder: { value: "FOLDER", help: "where they go, in place of traces/" },
    },
  }, main);
}
