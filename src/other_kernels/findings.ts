/**
 * What sessions found: their recordings replayed, counted, and told as a table.
 *
 * @module
 */

import type { ProbedRule } from "../probe/probe.ts";
import { formatDivergence } from "../replay/divergence.ts";
import { replaySettled } from "../replay/settle.ts";
import { readTrace } from "../trace/read.ts";
import type { OtherKernel } from "./kernels.ts";
import type { Recorded, Session, TestsRun } from "./plan.ts";

/** How one recording agrees with the model. */
export interface Compared extends Recorded {
  /** Steps that agree. */
  readonly matched: number;
  /** Steps in all. */
  readonly steps: number;
  /** The first disagreement, as `replay` tells it. */
  readonly divergence?: string;
}

/** What was found about one kernel. */
export interface KernelFinding {
  /** Its name on the command line. */
  readonly name: string;
  /** `uname -r`; empty if it did not boot. */
  readonly release: string;
  /** Rules by status; absent if it was not asked. */
  readonly probe?: Readonly<Record<"found" | "undecidable" | "unknown" | "unasked", number>>;
  /** Recordings of programs. */
  readonly programs: readonly Compared[];
  /** Recordings of random calls. */
  readonly fuzz: readonly Compared[];
  /** How the tests went. */
  readonly tests?: TestsRun;
  /** What time did not allow. */
  readonly late: readonly string[];
  /** Why nothing was found. */
  readonly failure?: string;
}

/** Replays what a session recorded. O(steps · VMAs). */
export async function findingOf(
  kernel: Pick<OtherKernel, "name">,
  session: Session,
  folder: string,
): Promise<KernelFinding> {
  const compared = [];
  for (const each of session.recorded) compared.push(await compare(each, folder));
  const { rules, tests } = session;
  return {
    name: kernel.name,
    release: session.release,
    ...(rules && { probe: countsByStatus(rules) }),
    programs: compared.filter(({ part }) => part === "programs"),
    fuzz: compared.filter(({ part }) => part === "fuzz"),
    ...(tests && { tests }),
    late: session.late,
  };
}

function countsByStatus(rules: readonly ProbedRule[]): NonNullable<KernelFinding["probe"]> {
  const count = (wanted: ProbedRule["status"]) =>
    rules.filter(({ status }) => status === wanted).length;
  return {
    found: count("found"),
    undecidable: count("undecidable"),
    unknown: count("unknown"),
    unasked: count("unasked"),
  };
}

async function compare(recorded: Recorded, folder: string): Promise<Compared> {
  const { trace } = recorded;
  if (trace === undefined) return { ...recorded, matched: 0, steps: 0 };
  const { matched, steps, divergence } = await replaySettled(() => readTrace(`${folder}/${trace}`));
  return {
    ...recorded,
    matched,
    steps,
    ...(divergence && { divergence: formatDivergence(divergence) }),
  };
}

/** True if a recording agrees to its end. */
export function agrees({ failure, divergence, steps }: Compared): boolean {
  return failure === undefined && divergence === undefined && steps > 0;
}

/** True if everything that counts agrees: no rule is unknown, every recording is 100 %, no test failed. */
export function isSound(finding: KernelFinding): boolean {
  const { failure, probe, programs, fuzz, tests, late } = finding;
  return failure === undefined && (probe?.unknown ?? 0) === 0 && programs.every(agrees) &&
    fuzz.every(agrees) && (tests?.failed ?? 0) === 0 &&
    late.length === 0;
}

/** The table that README shows, one row a kernel. */
export function findingsAsMarkdown(findings: readonly KernelFinding[]): string {
  const rows = findings.map((finding) => {
    const { release, failure, programs, fuzz } = finding;
    if (failure !== undefined) return [finding.name, failure, "", "", "", ""];
    return [
      finding.name,
      release,
      probeCell(finding),
      cell(programs),
      cell(fuzz),
      testsCell(finding),
    ];
  });
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |`);
  return [
    "| kernel | release | rules | programs that agree | random calls that agree | tests |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

function probeCell({ probe }: KernelFinding): string {
  if (probe === undefined) return "–";
  const { found, undecidable, unknown, unasked } = probe;
  const others = [[undecidable, "undecidable"], [unasked, "not asked"]] as const;
  const more = others.flatMap(([count, what]) => count === 0 ? [] : [`, ${count} ${what}`]).join(
    "",
  );
  return `${found} found, ${unknown} unknown${more}`;
}

function cell(all: readonly Compared[]): string {
  if (all.length === 0) return "–";
  const [matched, steps] = [
    sum(all.map((each) => each.matched)),
    sum(all.map((each) => each.steps)),
  ];
  return `${all.filter(agrees).length}/${all.length}, steps ${matched}/${steps}`;
}

function testsCell({ tests }: KernelFinding): string {
  if (tests === undefined) return "–";
  return countsOf(tests);
}

function countsOf({ passed, failed, ignored }: Omit<TestsRun, "files" | "failures">): string {
  return `${passed} passed, ${failed} failed${ignored === 0 ? "" : `, ${ignored} skipped`}`;
}

/** Tests that were left out, each with its file: its name says why. */
function skippedOf(tests: TestsRun | undefined): string[] {
  return (tests?.files ?? []).flatMap(({ path, skipped }) =>
    skipped.map((test) => `${path}: ${test}`)
  );
}

/** The tests by folder, one column a kernel; empty if none were run. */
export function testsAsMarkdown(findings: readonly KernelFinding[]): string {
  const kernels = findings.filter(({ tests }) => tests !== undefined);
  const folders = [...new Set(kernels.flatMap(({ tests }) => tests!.files.map(folderOf)))].sort();
  if (folders.length === 0) return "";
  const rows = folders.map((folder) => {
    const cells = kernels.map(({ tests }) => {
      const files = tests!.files.filter((file) => folderOf(file) === folder);
      return files.length === 0 ? "–" : countsOf({
        passed: sum(files.map(({ passed }) => passed)),
        failed: sum(files.map(({ failed }) => failed)),
        ignored: sum(files.map(({ skipped }) => skipped.length)),
      });
    });
    return `| ${[folder, ...cells].join(" | ")} |`;
  });
  return [
    `| tests | ${kernels.map(({ name }) => name).join(" | ")} |`,
    `| --- |${" --- |".repeat(kernels.length)}`,
    ...rows,
  ].join("\n");
}

function folderOf({ path }: { readonly path: string }): string {
  return path.split("/").slice(0, 2).join("/");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** What does not agree, and what was not done, in full. */
export function detailsOf(findings: readonly KernelFinding[]): string[] {
  return findings.flatMap(({ name, programs, fuzz, tests, late }) => [
    ...[...programs, ...fuzz].flatMap((each) => {
      if (agrees(each)) return [];
      const what = each.divergence ?? each.failure ?? "nothing was recorded";
      return [`${name}, ${each.name}: ${what}`];
    }),
    ...(tests?.failures ?? []).map((test) => `${name}, failed test: ${test}`),
    ...skippedOf(tests).map((test) => `${name}, skipped test: ${test}`),
    ...(late.length === 0 ? [] : [`${name}: no time was left for ${late.join(", ")}`]),
  ]);
}
