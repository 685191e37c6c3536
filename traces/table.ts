/**
 * `deno task traces`: the table of what each trace holds, as `traces/README.md` shows it.
 *
 * @module
 */
import { type CommandArguments, runCommand } from "../src/command/command.ts";
import { oneLine, print, printJson } from "../src/command/output.ts";
import { TraceLayouts } from "../src/replay/imported/layouts.ts";
import { countMunmaps, summarize, type TraceSummary } from "../src/trace/summary.ts";
import { openTrace } from "../src/text/open_trace.ts";

const COLUMNS = ["mmap", "munmap", "brk", "mprotect", "madvise", "mremap"];

async function main(args: CommandArguments): Promise<number> {
  const json: unknown[] = [];
  if (!args.has("json")) print(heading());
  for (const file of args.operands) {
    const summary = await summarize(openTrace(file), new TraceLayouts());
    if (args.has("json")) json.push({ file, ...summary, calls: Object.fromEntries(summary.calls) });
    else print(row(oneLine(nameOf(file)), summary));
  }
  if (args.has("json")) printJson(json);
  return 0;
}

/** The first two lines of the table. */
export function heading(): string {
  const names = ["trace", "calls", ...COLUMNS, "whole/head/tail/split", "processes"];
  const cells = [...names, "map_count min/median/max"];
  return `| ${cells.join(" | ")} |\n|${cells.map(() => "---").join("|")}|`;
}

/** The line of one trace. */
export function row(name: string, summary: TraceSummary): string {
  const total = [...summary.calls.values()].reduce((sum, count) => sum + count, 0);
  const { min, median, max } = summary.mapCount;
  const cut = (["whole", "head", "tail", "split"] as const).map((kind) =>
    countMunmaps(summary, kind)
  );
  const cells = [
    `\`${name}\``,
    total,
    ...COLUMNS.map((call) => summary.calls.get(call) ?? 0),
    cut.join("/"),
    summary.processes,
    `${min}/${median}/${max}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1).replace(/\.jsonl(\.gz)?$/, "");
}

if (import.meta.main) {
  await runCommand({
    name: "traces",
    summary: "Prints what traces hold: calls by kind, what munmaps cut, how many VMAs there were.",
    usage: "[options] FILE…",
    operands: [1, Infinity],
    options: {
      json: { help: "print JSON, every munmap with it" },
    },
  }, main);
}
