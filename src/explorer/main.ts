/**
 * `deno task explore FILE…`: recorded runs as one HTML file that replays them step by step.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { writeText } from "../command/files.ts";
import { print } from "../command/output.ts";
import { Progress } from "../command/progress.ts";
import { type PackedRun, TITLE } from "./html.ts";
import { openInBrowser } from "./open.ts";
import { packRun } from "./pack_run.ts";

const SPECIFICATION = {
  name: "explore",
  summary:
    "Writes recorded runs as one HTML file that replays them step by step: addresses, VMAs, tree nodes, planted faults.",
  usage: "FILE… [options]",
  operands: [1, Infinity],
  options: {
    out: { help: "the file to write; maple-explorer.html unless given", value: "FILE" },
    force: { help: "overwrite the file even if it is no page of this command" },
    open: { help: "open it in the browser" },
    json: { help: "print what was written, as JSON" },
  },
  details:
    "The page needs no network and no server, and sends nothing anywhere. More runs can be " +
    "dropped on it.\nExit status: 0, or 2 if a run cannot be read or the file cannot be written.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const file = args.text("out") ?? "maple-explorer.html";
  const progress = new Progress();
  const runs: PackedRun[] = [];
  for (const operand of args.operands) {
    progress.show(() => `reading ${operand}`);
    const run = await packRun(operand);
    if (runs.some(({ name }) => name === run.name)) {
      throw new Unable(`two files are called ${run.name}: the page would show only one`);
    }
    runs.push(run);
  }
  progress.clear();
  // esbuild wants a current folder as it loads: who has none has been told so before.
  const { makePage } = await import("./bundle.ts");
  const html = await makePage(runs);
  await writeText(file, html, { force: args.has("force"), isOwn: isPage });
  const names = runs.map(({ name }) => name);
  const bytes = new TextEncoder().encode(html).length;
  print(
    args.has("json")
      ? JSON.stringify({ file, runs: names, bytes })
      : `${file}: ${names.join(", ")}; ${Math.round(bytes / 1000)} kB`,
  );
  if (args.has("open")) await openInBrowser(file);
  return 0;
}

/** True if a file is a page that this command wrote before. */
async function isPage(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(1024);
  const length = await file.read(head) ?? 0;
  return new TextDecoder().decode(head.subarray(0, length)).includes(`<title>${TITLE}</title>`);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
