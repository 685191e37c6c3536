/**
 * `deno task site [FOLDER]`: everything that can be looked at, as a folder for static hosting.
 *
 * @module
 */

import { outputOf } from "../command/child.ts";
import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { reasonOf } from "../command/files.ts";
import { print } from "../command/output.ts";
import { pathOf, ROOT } from "../command/paths.ts";
import { Progress } from "../command/progress.ts";
import { packRun } from "../explorer/pack_run.ts";
import type { BenchLine } from "../history/history.ts";
import { report } from "../report/report.ts";
import { selectRuns } from "../report/select_runs.ts";
import { indexPage } from "./index_page.ts";

/** A file by which the command knows a folder of its own again. */
const MARK = ".maple-site";
/** The README's picture of the explorer. */
const PICTURE = "docs/explorer.png";

const SPECIFICATION = {
  name: "site",
  summary:
    "Writes a folder for static hosting: the explorer with the recorded runs, the benchmark report, the API, an index.",
  usage: "[FOLDER] [options]",
  operands: [0, 1],
  options: {
    machine: {
      help: "the machine whose report is written; the last one that saved unless given",
      value: "TEXT",
    },
    json: { help: "print what was written, as JSON" },
  },
  details:
    "FOLDER is maple-site unless given; it must be new, empty or a site. Where no run is saved, " +
    "there is no report.\nExit status: 0, or 2 if the folder cannot be written.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const [folder = "maple-site"] = args.operands;
  const root = await makeFolder(folder);
  // The site is about this checkout, wherever the user stands: so is the history that the report shows.
  Deno.chdir(ROOT);
  const progress = new Progress();
  const said = (what: string) => progress.show(() => what);
  said("the explorer");
  const runs = [];
  for (const path of await traces()) runs.push(await packRun(path));
  // esbuild wants a current folder as it loads: who has none has been told so before.
  const { makePage } = await import("../explorer/bundle.ts");
  await write(`${root}/explorer.html`, await makePage(runs));
  const hasPicture = await copyPicture(root);
  said("the report");
  const saved = await savedRuns(args.text("machine"));
  if (saved !== undefined) await write(`${root}/report.html`, report(saved));
  said("the API");
  await writeApi(`${root}/api`);
  await write(`${root}/index.html`, indexPage({ hasReport: saved !== undefined, hasPicture }));
  progress.clear();
  const names = runs.map(({ name }) => name);
  const result = { folder, runs: names, report: saved?.length ?? 0 };
  const reported = saved === undefined
    ? "no report, as no run is saved"
    : `a report of ${saved.length} runs`;
  print(
    args.has("json")
      ? JSON.stringify(result)
      : `${folder}: the explorer with ${names.join(", ")}; ${reported}; the API`,
  );
  return 0;
}

/** The recorded runs of the checkout. */
async function traces(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir(pathOf("traces"))) {
    if (name.endsWith(".jsonl.gz")) found.push(pathOf(`traces/${name}`));
  }
  return found.sort();
}

/** Makes sure of a new or empty folder, or a site that was written before; gives its whole path. */
async function makeFolder(folder: string): Promise<string> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    if (names.length > 0 && !names.includes(MARK)) {
      throw new Unable(`Cannot write ${folder}: other files are in it`);
    }
    await Deno.writeTextFile(`${folder}/${MARK}`, "");
    return await Deno.realPath(folder);
  } catch (error) {
    if (error instanceof Unable) throw error;
    throw new Unable(`Cannot write ${folder}: ${reasonOf(error)}`, { cause: error });
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await Deno.writeTextFile(path, text);
  } catch (error) {
    throw new Unable(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

async function copyPicture(folder: string): Promise<boolean> {
  try {
    await Deno.copyFile(pathOf(PICTURE), `${folder}/explorer.png`);
    return true;
  } catch {
    return false;
  }
}

/** The runs to report on, undefined if none is saved. */
async function savedRuns(machine: string | undefined): Promise<BenchLine[] | undefined> {
  try {
    return await selectRuns(machine ?? "");
  } catch (error) {
    if (error instanceof Unable && machine === undefined) return undefined;
    throw error;
  }
}

async function writeApi(folder: string): Promise<void> {
  const { success, stderr } = await outputOf(Deno.execPath(), {
    args: ["doc", "--quiet", "--html", "--name=Maple", `--output=${folder}`, pathOf("mod.ts")],
    cwd: ROOT,
  });
  if (!success) throw new Unable(`Cannot write ${folder}: ${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
