/**
 * `deno task history`: what was measured so far, machine by machine.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { complain, print } from "../command/output.ts";
import { type BenchLine, type History, readHistory } from "./history.ts";
import { hostKey } from "../compare/host.ts";
import type { Verdict } from "../compare/verdict.ts";

const SPECIFICATION = {
  name: "history",
  summary: "Lists the runs that `deno task bench --save` kept, machine by machine.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    bench: { help: "show this workload of each run instead of all verdicts", value: "NAME" },
    machine: { help: "only machines whose description contains this", value: "TEXT" },
    json: { help: "print the lines as they are kept" },
  },
  details:
    "Ratios are to the run's base, which was measured beside it. Times of different machines are never " +
    "compared. Exit status: 0, or 2 if the history cannot be read.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const history = await readHistory();
  const wanted = args.text("machine") ?? "";
  const runs = history.lines.filter((line) => hostKey(line.machine).includes(wanted));
  if (args.has("json")) {
    for (const line of runs) print(JSON.stringify(line));
    return 0;
  }
  const benches = runs.filter((line) => line.kind === "bench");
  for (const text of formatHistory(benches, args.text("bench"))) print(text);
  warnOfDamage(history);
  return 0;
}

/** A heading for each machine, a line for each of its runs. */
export function formatHistory(runs: readonly BenchLine[], workload?: string): string[] {
  if (runs.length === 0) return ["Nothing is saved yet; deno task bench --save does"];
  const known = new Set(runs.flatMap((run) => run.workloads.map(({ name }) => name)));
  if (workload !== undefined && !known.has(workload)) {
    throw new Unable(`No run has a workload ${workload}; there are ${[...known].join(", ")}`);
  }
  const machines = Map.groupBy(runs, ({ machine }) => hostKey(machine));
  return [...machines].flatMap(([machine, mine]) => [
    machine,
    ...mine.map((run) => `  ${heading(run)}  ${describe(run, workload)}`),
  ]);
}

function heading({ date, commit, isDirty, base, runtime }: BenchLine): string {
  const when = `${date.slice(0, 10)} ${date.slice(11, 16)}`;
  const what = `${commit.slice(0, 10)}${isDirty ? "+" : " "}`;
  return `${when}  ${what} against ${base.slice(0, 10)}  Deno ${runtime.deno}`;
}

function describe({ workloads }: BenchLine, workload: string | undefined): string {
  if (workload !== undefined) {
    const it = workloads.find(({ name }) => name === workload);
    if (it === undefined) return "not measured";
    const { ratio, interval, verdict } = it;
    const range = `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}`;
    return `${ratio.toFixed(3)} (${range}) ${verdict}`;
  }
  const count = (verdict: Verdict) => workloads.filter((it) => it.verdict === verdict).length;
  const kinds = ["slower", "faster", "inconclusive", "no evidence"] as const;
  return kinds.filter((kind) => count(kind) > 0).map((kind) => `${count(kind)} ${kind}`).join(", ");
}

function warnOfDamage({ damaged }: History): void {
  if (damaged > 0) complain(`${damaged} lines of the history could not be read`);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
