/**
 * `deno task report [FILE]`: the history as one HTML file.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { clearly } from "../compare/command_line.ts";
import { type BenchLine, readHistory } from "../history/history.ts";
import { hostKey } from "../compare/host.ts";
import { report } from "./report.ts";

const SPECIFICATION = {
  name: "report",
  summary:
    "Writes the history of one machine as a self-contained HTML file with charts and tables.",
  usage: "[FILE] [options]",
  options: {
    machine: {
      help: "the machine whose description contains this; the last one that saved unless given",
      value: "TEXT",
    },
    json: { help: "print what was written, as JSON" },
  },
  details:
    "FILE is maple-report.html unless given. Shown are the runs that have the same base as the latest. " +
    "Exit status: 0, or 2 if nothing is saved or the file cannot be written.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const [file = "maple-report.html", ...more] = args.operands;
  if (more.length > 0) throw new Unable("One file is written; see --help");
  const runs = await clearly(() => selectRuns(args.text("machine") ?? ""));
  await clearly(() => Deno.writeTextFile(file, report(runs)));
  const machine = hostKey(runs[0]!.machine);
  const said = `${file}: ${runs.length} runs on ${machine}`;
  console.log(args.has("json") ? JSON.stringify({ file, runs: runs.length, machine }) : said);
  return 0;
}

/** The runs of the machine that saved last, with the base of its latest run: those whose ratios compare. */
async function selectRuns(machine: string): Promise<BenchLine[]> {
  const { lines } = await readHistory();
  const benches = lines.filter((line) => line.kind === "bench")
    .filter((line) => hostKey(line.machine).includes(machine));
  const latest = benches.at(-1);
  if (latest === undefined) {
    throw new Unable("Nothing is saved yet for such a machine; deno task bench --save does");
  }
  const key = hostKey(latest.machine);
  return benches.filter((line) => hostKey(line.machine) === key && line.base === latest.base);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
