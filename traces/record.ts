/**
 * `deno task record-traces`: records the traces of this folder again, all of them or those named.
 *
 * Each is recorded by `deno task capture` in a process of its own, in an empty folder with the files
 * of its recipe and an environment of nothing but `PATH` and `LC_ALL=C`.
 *
 * @module
 */
import { type CommandArguments, runCommand, Unable } from "../src/command/command.ts";
import { TemporaryFolder } from "../src/command/files.ts";
import { print, printJson } from "../src/command/output.ts";
import { pathOf } from "../src/command/paths.ts";
import { beforeSignalEnds } from "../src/command/signals.ts";
import { readTrace } from "../src/trace/read.ts";
import { summarize } from "../src/trace/summary.ts";
import { type Recipe, RECIPES } from "./recipes.ts";

const CAPTURE = pathOf("src/capture/main.ts");
const CONFIG = pathOf("deno.json");
/** How often a recording is made again whose recipe does not accept it. */
const ATTEMPTS = 200;
const FOLDER = pathOf("traces/");

async function main(args: CommandArguments): Promise<number> {
  const recipes = new Map(Object.entries(RECIPES));
  const names = args.operands.length > 0 ? args.operands : [...recipes.keys()];
  const unknown = names.find((name) => !recipes.has(name));
  if (unknown !== undefined) {
    throw new Unable(`No recipe ${unknown}; there are ${[...recipes.keys()].join(", ")}`);
  }
  const folder = await Deno.realPath(args.text("folder") ?? FOLDER);
  const files: string[] = [];
  for (const name of names) {
    const file = `${folder}/${name}.jsonl.gz`;
    await recordAccepted(recipes.get(name)!, file);
    files.push(file);
    if (!args.has("json")) print(`${name}: recorded`);
  }
  if (args.has("json")) printJson(files);
  return 0;
}

/** Records until the recipe accepts what was recorded. */
async function recordAccepted(recipe: Recipe, out: string): Promise<void> {
  using folder = TemporaryFolder.create("maple-record-");
  const candidate = `${folder.path}/candidate.jsonl.gz`;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await record(recipe, candidate);
    const accepted = recipe.accept?.(await summarize(readTrace(candidate))) ?? true;
    if (accepted) return await Deno.writeFile(out, await Deno.readFile(candidate));
  }
  throw new Unable(
    `Cannot record ${out}: in ${ATTEMPTS} recordings this machine's compiler did not show what the trace is for`,
  );
}

/** Records one trace; the folder it was compiled in is gone afterwards. */
async function record(recipe: Recipe, out: string): Promise<void> {
  using folder = TemporaryFolder.create("maple-record-");
  for (const [name, text] of Object.entries(recipe.files())) {
    await Deno.writeTextFile(`${folder.path}/${name}`, text);
  }
  const compiler = `gcc ${await outputOf("gcc", "-dumpfullversion")}`;
  const capture = [
    ...["run", "-q", "--allow-ffi", "--allow-read", "--allow-write", "--config", CONFIG, CAPTURE],
    ...["--force", "--out", out, "--purpose", recipe.purpose, "--compiler", compiler],
    ...(recipe.placement === undefined ? [] : ["--placement", recipe.placement]),
    "--",
    ...await withCompiler(recipe.command),
  ];
  const child = new Deno.Command(Deno.execPath(), {
    args: capture,
    cwd: folder.path,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LC_ALL: "C", NO_COLOR: "1" },
  }).spawn();
  const forget = beforeSignalEnds(() => child.kill("SIGKILL"));
  const { success } = await child.status;
  forget();
  if (!success) throw new Unable(`Cannot record ${out}: the command failed`);
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
    operands: [0, Infinity],
    options: {
      json: { help: "print the files as JSON" },
      folder: { value: "FOLDER", help: "where they go, in place of traces/" },
    },
  }, main);
}
