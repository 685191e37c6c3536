/**
 * `deno task report [FILE]`: the history as one HTML file.
 *
 * @module
 */

import { type CommandArguments, runCommand } from "../command/command.ts";
import { writeText } from "../command/files.ts";
import { print } from "../command/output.ts";
import { hostKey } from "../compare/host.ts";
import { report, TITLE } from "./report.ts";
import { selectRuns } from "./select_runs.ts";

const SPECIFICATION = {
  name: "report",
  summary:
    "Writes the history of one machine as a self-contained HTML file with charts and tables.",
  usage: "[FILE] [options]",
  operands: [0, 1],
  options: {
    machine: {
      help: "the machine whose description contains this; the last one that saved unless given",
      value: "TEXT",
    },
    force: { help: "overwrite FILE even if it is no report" },
    json: { help: "print what was written, as JSON" },
  },
  details:
    "FILE is maple-report.html unless given. Shown are the runs that have the same base as the latest. " +
    "Exit status: 0, or 2 if nothing is saved or the file cannot be written.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const [file = "maple-report.html"] = args.operands;
  const runs = await selectRuns(args.text("machine") ?? "");
  await writeText(file, report(runs), { force: args.has("force"), isOwn: isReport });
  const machine = hostKey(runs[0]!.machine);
  const said = `${file}: ${runs.length} runs on ${machine}`;
  print(args.has("json") ? JSON.stringify({ file, runs: runs.length, machine }) : said);
  return 0;
}

/** True if a file is a report that this command wrote before. */
async function isReport(path: string): Promise<boolean> {
  using file = await Deno.open(path);
  const head = new Uint8Array(1024);
  const length = await file.read(head) ?? 0;
  return new TextDecoder().decode(head.subarray(0, length)).includes(`<title>${TITLE}</title>`);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
