/**
 * A comparison as text: for a terminal and, in Markdown, for a pull request.
 *
 * @module
 */

import {
  type Comparison,
  counterChanges,
  type Skipped,
  type Version,
  type WorkloadComparison,
} from "./comparison.ts";
import { isBeyondGate, type Verdict } from "./verdict.ts";

/** A column in the place of the floor, for comparisons that have none. */
export interface Column {
  /** Its head. */
  readonly head: string;
  /** What stands in the row of a workload. */
  readonly cell: (workload: WorkloadComparison) => string;
  /** A sentence that says what it is. */
  readonly legend: string;
}

const HEADER = [
  "workload",
  "verdict",
  "ratio",
  "95 % interval",
  "floor",
  "processes",
  "totals",
  "time",
];

/** A table, and below it what is worth a sentence: answers, counts, instructions, what was skipped. */
export function formatText(comparison: Comparison, column?: Column): string {
  const header = headerOf(column);
  const table = [header, ...comparison.workloads.map((it) => cells(it, column))];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const lines = table.map((row) =>
    row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trimEnd()
  );
  const below = [...notes(comparison), ...legend(comparison, column)];
  return [title(comparison), "", ...lines, "", ...below].join("\n");
}

function headerOf(column: Column | undefined): string[] {
  return HEADER.map((head) => head === "floor" ? column?.head ?? head : head);
}

/** The same for GitHub, with the verdict first. */
export function formatMarkdown(comparison: Comparison, gate: number, column?: Column): string {
  const row = (columns: readonly string[]) => `| ${columns.join(" | ")} |`;
  const rows = comparison.workloads.map((it) => {
    const [name, verdict, ...rest] = cells(it, column);
    return row([`\`${name}\``, `${MARKS[it.verdict]} ${verdict}`, ...rest]);
  });
  const found = notes(comparison).map((note) => `- ${note}`);
  return [
    `### ${summary(comparison, gate)}`,
    "",
    title(comparison),
    "",
    row(headerOf(column)),
    row(HEADER.map(() => "---")),
    ...rows,
    ...(found.length > 0 ? ["", ...found] : []),
    "",
    `<sub>${legend(comparison, column).join(" ")}</sub>`,
  ].join("\n");
}

/** One line: what a reader of the pull request must know. */
export function summary({ workloads }: Comparison, gate: number): string {
  const named = (found: readonly WorkloadComparison[]) => found.map(({ name }) => name).join(", ");
  const changed = workloads.filter((it) => it.answersPart !== undefined);
  if (changed.length > 0) return `Answers changed: ${named(changed)}`;
  const slower = workloads.filter((it) => isBeyondGate(it, gate));
  if (slower.length > 0) return `Slower beyond ${percent(gate)}: ${named(slower)}`;
  const faster = workloads.filter((it) => it.verdict === "faster");
  const gain = faster.length > 0 ? `; faster: ${named(faster)}` : "";
  const many = workloads.length === 1 ? "1 workload" : `${workloads.length} workloads`;
  return `No regression beyond ${percent(gate)} in ${many}${gain}`;
}

/** True if the command has found something: exit status 1. */
export function isRegression({ workloads }: Comparison, gate: number): boolean {
  return workloads.some((it) => it.answersPart !== undefined || isBeyondGate(it, gate));
}

/** What a version is called in one line: its name, and its commit where the name does not say it. */
export function versionName({ name, commit, isDirty }: Version): string {
  const short = commit.slice(0, 10);
  const known = commit.startsWith(name) ? short : `${name} (${short})`;
  return isDirty ? `${known} with uncommitted changes` : known;
}

/** What was skipped, and why. */
export function formatSkipped({ name, side, why }: Skipped): string {
  return `${name} is skipped: the ${side} cannot do it: ${why}`;
}

/** Nanoseconds in three digits with a fitting unit. */
export function duration(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds.toPrecision(3)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(3)} µs`;
  return `${(nanoseconds / 1e6).toPrecision(3)} ms`;
}

const MARKS: Record<Verdict, string> = {
  slower: "🔴",
  faster: "🟢",
  "no evidence": "⚪",
  inconclusive: "🟡",
};

function title({ base, head, machines, runtime }: Comparison): string {
  const where = machines.map(({ name, cpu, cores }) => `${name} (${cpu}, ${cores} cores)`).join(
    "; ",
  );
  const what = `${versionName(head)} against ${versionName(base)}`;
  return `${what}, on ${where}, Deno ${runtime.deno}, V8 ${runtime.v8}`;
}

function cells(it: WorkloadComparison, column: Column | undefined): string[] {
  const { name, verdict, ratio, interval, processes, rounds, totals, nanoseconds, floor } = it;
  return [
    name,
    verdict,
    ratio.toFixed(3),
    `${interval.low.toFixed(3)}–${interval.high.toFixed(3)}`,
    column?.cell(it) ?? (floor === undefined ? "–" : `±${percent(floor)}`),
    `${processes} × ${rounds}`,
    totals.toFixed(2),
    `${duration(nanoseconds.base)} → ${duration(nanoseconds.head)}`,
  ];
}

function notes({ workloads, skipped }: Comparison): string[] {
  return [
    ...workloads.flatMap((it) => it.answersPart ? [answersNote(it)] : []),
    ...workloads.flatMap((it) => it.countersPart ? [countersNote(it)] : []),
    ...workloads.flatMap((it) => it.instructions ? [instructionsNote(it)] : []),
    ...skipped.map(formatSkipped),
  ];
}

function answersNote({ name, answersPart }: WorkloadComparison): string {
  return `${name} answers differently from step ${answersPart!.step} on (${
    answersPart!.description
  })`;
}

function countersNote(it: WorkloadComparison): string {
  const changes = counterChanges(it).map(({ name, base, head }) => `${name} ${base} → ${head}`);
  const what = changes.length > 0 ? changes.join(", ") : "equal again at the end";
  const { step, description } = it.countersPart!;
  const where = step < 0 ? description : `step ${step}, ${description}`;
  return `${it.name} counts differently: ${what}; first at ${where}`;
}

function instructionsNote({ name, instructions }: WorkloadComparison): string {
  const { base, head } = instructions!;
  const change = 100 * (head / base - 1);
  const sign = change < 0 ? "−" : "+";
  return `${name} executes ${base.toFixed(1)} → ${head.toFixed(1)} instructions a step ` +
    `(${sign}${Math.abs(change).toFixed(1)} %)`;
}

function legend({ workloads }: Comparison, column: Column | undefined): string[] {
  const same = workloads.every((it) => it.answersPart === undefined);
  return [
    "Ratio is time of the new version over time of the old one: above 1 is slower.",
    ...(same ? ["Both answer alike in every workload."] : []),
    ...(column !== undefined ? [column.legend] : floorLegend(workloads)),
  ];
}

function floorLegend(workloads: readonly WorkloadComparison[]): string[] {
  return workloads.some((it) => it.floor === undefined)
    ? ["A floor of – has not been measured on this machine: run with --self."]
    : [];
}

function percent(part: number): string {
  return `${Number((100 * part).toFixed(1))} %`;
}
