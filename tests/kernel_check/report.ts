/**
 * What a check found, as text and as JSON.
 *
 * @module
 */

import { type Operation, showOperation } from "../../src/kernel/operation.ts";
import { releaseOf } from "../../src/kernel/source.ts";
import { cTest, mapleTest } from "./c_source.ts";
import type { DifferenceKind } from "./difference.ts";
import type { Case } from "./streams/case.ts";
import type { CheckResult } from "./check.ts";
import type { KnownFault } from "./known_faults.ts";
import type { Investigated } from "./investigate.ts";
import type { ReferenceOptions } from "./answer.ts";
import type { PresentFault, Target } from "./target.ts";

/** The whole report. */
export function formatCheck(target: Target, result: CheckResult, seed: number): string {
  const { source, features } = target.build;
  const unexpected = target.present.filter(({ isExpected }) => !isExpected);
  return [
    `lib/maple_tree.c of Linux ${source.version} (${source.name})`,
    ...features.missing.map((what) => `  it has no ${what}: not tested`),
    "",
    ...groupLines(result),
    ...knownLines(target, result),
    ...unexpected.flatMap((it) => ["", ...faultLines(it, result.found !== undefined)]),
    ...(result.printed === undefined ? [] : ["", ...printedLines(result.printed)]),
    ...(result.found === undefined ? [] : ["", ...foundLines(result.found, seed)]),
    ...scenarioLines(result.scenarios),
    "",
    summaryOf(target, result),
  ].join("\n");
}

/** One line: what a reader must know. */
export function summaryOf(target: Target, { found, operations }: CheckResult): string {
  const unexpected = target.present.filter(({ isExpected }) => !isExpected);
  const many = operations.toLocaleString("en");
  if (found === undefined && unexpected.length === 0) {
    const known = target.present.length === 0 ? "" : " but those known of this release";
    return `${many} operations, each compared with Maple's tree and the naive map: no difference${known}`;
  }
  const kinds = found === undefined
    ? unexpected.map(({ fault }) => fault.name)
    : [`${found.finding.case.name}: ${found.difference.text}`];
  return `Something is wrong with this tree: ${kinds.join("; ")}`;
}

/** The report as data. */
export function checkAsJson(target: Target, result: CheckResult, seed: number): unknown {
  const { found } = result;
  return {
    source: target.build.source,
    missing: target.build.features.missing,
    seed,
    groups: result.groups,
    operations: result.operations,
    leftOut: result.leftOut,
    ended: Object.fromEntries(result.ended),
    known: target.present.map(({ fault, difference, isExpected }) => ({
      name: fault.name,
      row: fault.row,
      releases: fault.releases,
      isExpected,
      difference: difference.text,
      operations: fault.program.map(showOperation),
    })),
    scenarios: result.scenarios.map(({ name, row }) => ({ name, row })),
    printed: result.printed &&
      { ...result.printed, operation: showOperation(result.printed.operation) },
    found: found && {
      case: found.finding.case.name,
      row: found.finding.case.row,
      kind: found.difference.kind,
      operation: found.difference.at + 1,
      of: found.length,
      text: found.difference.text,
      shrunk: found.shrunk?.operations.map(showOperation),
      isMinimal: found.shrunk?.isMinimal,
      printed: found.finding.printed,
    },
  };
}

function groupLines({ groups, leftOut }: CheckResult): string[] {
  const rows = groups.map(({ group, cases, operations }) => [
    group,
    `${cases.toLocaleString("en")} ${cases === 1 ? "case" : "cases"}`,
    `${operations.toLocaleString("en")} operations`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map(([name, cases, operations]) =>
    `  ${name!.padEnd(widths[0]!)}  ${cases!.padStart(widths[1]!)}  ${
      operations!.padStart(widths[2]!)
    }`
  );
  if (leftOut === 0) return lines;
  return [
    ...lines,
    `  ${leftOut.toLocaleString("en")} operations were left out: they meet a known fault`,
  ];
}

function knownLines({ present, build }: Target, { ended }: CheckResult): string[] {
  const known = present.filter(({ isExpected }) => isExpected);
  if (known.length === 0) return [];
  const release = releaseOf(build.source);
  return [
    "",
    ...known.map(({ fault }) =>
      `  known: ${rowOf(fault.row)}present in ${release}: ${fault.name}${endedCases(ended, fault)}`
    ),
  ];
}

/** What of the check a known fault ended. */
function endedCases(ended: CheckResult["ended"], { name }: KnownFault): string {
  const count = ended.get(name);
  if (count === undefined) return "";
  return ` (it ended ${count === 1 ? "a case" : `${count} cases`})`;
}

function rowOf(row: number | undefined): string {
  return row === undefined ? "" : `row ${row} of the catalogue, `;
}

/** A fault of another release; where more is wrong its program may fail for that reason. */
function faultLines({ fault, difference }: PresentFault, isMoreWrong: boolean): string[] {
  const [first, last] = fault.releases;
  const known = `known from ${first === last ? first : `${first} to ${last}`}: ${fault.name}`;
  const head = isMoreWrong ? "It fails the program of a fault too that is " : rowOf(fault.row);
  return [head + known, ...listLines(fault.program), `  ${difference.text}`];
}

/** The rows of the catalogue whose scenarios fail too: what it most likely is. */
function scenarioLines(scenarios: readonly Case[]): string[] {
  if (scenarios.length === 0) return [];
  return [
    "",
    "The tree fails these scenarios of the catalogue of regressions too:",
    ...scenarios.slice(0, 6).map(({ name }) => `  ${name}`),
  ];
}

function printedLines(
  { case: name, operation, text }: NonNullable<CheckResult["printed"]>,
): string[] {
  return [
    `The tree prints. First in ${name}, at ${showOperation(operation)}:`,
    ...beginning(text, 3),
  ];
}

function foundLines(
  { finding, difference, length, shrunk, dumps }: Investigated,
  seed: number,
): string[] {
  const { case: it, printed } = finding;
  const row = it.row === undefined ? "" : ` (row ${it.row} of the catalogue)`;
  const head = [
    `${it.group}: ${it.name}${row}`,
    `Operation ${difference.at + 1} went wrong: ${showOperation(difference.operation)}`,
    `  ${difference.text}`,
    ...(printed === "" ? [] : ["The tree printed:", ...beginning(printed, 3)]),
    "",
  ];
  if (shrunk === undefined) {
    return [
      ...head,
      "It did not go wrong again when the same operations were performed in a new process, so that nothing could be " +
      "removed.",
      `Run it again with --seed ${seed}.`,
    ];
  }
  const { operations, isMinimal } = shrunk;
  const left = operations.length === 1 ? "1 operation" : `${operations.length} operations`;
  const claim = isMinimal ? "none can be removed" : "time ran out; some may be removed yet";
  return [
    ...head,
    `Shrunk from ${length.toLocaleString("en")} to ${left}: ${claim}`,
    ...listLines(operations),
    `  ${shrunk.difference.text}`,
    "",
    ...(operations.length > MOST_TESTED
      ? []
      : testLines(operations, it.options, dumps, shrunk.difference.kind)),
  ];
}

/** A list that is longer is shown in part: the test that follows it has the whole. */
const MOST_SHOWN = 80;

/** A list that is longer makes no test: nobody keeps one of so many lines. */
const MOST_TESTED = 500;

function listLines(operations: readonly Operation[]): string[] {
  const lines = operations.map((it) => `  ${showOperation(it)}`);
  if (lines.length <= MOST_SHOWN) return lines;
  const half = MOST_SHOWN / 2;
  const between = `  … (${lines.length - MOST_SHOWN} more; all with --json)`;
  return [...lines.slice(0, half), between, ...lines.slice(-half)];
}

function testLines(
  operations: readonly Operation[],
  options: ReferenceOptions,
  dumps: Investigated["dumps"],
  kind: DifferenceKind,
): string[] {
  return [
    ...(dumps === undefined ? [] : dumpLines(dumps)),
    "As a test in C, for lib/test_maple_tree.c:",
    "",
    cTest(operations, options, kind),
    "",
    "As a test of Maple:",
    "",
    mapleTest(operations, options),
  ];
}

/** The dump after the last operation, what is new in it marked. */
function dumpLines({ before, after }: NonNullable<Investigated["dumps"]>): string[] {
  if (after === "") {
    return ["The tree before the last operation:", ...indented(before.split("\n")), ""];
  }
  const known = new Set(before.split("\n"));
  const lines = after.split("\n").filter((line) => line !== "");
  return [
    "The tree after the last operation, what it changed marked:",
    ...lines.slice(0, 60).map((line) => `${known.has(line) ? "  " : "* "}${line}`),
    "",
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.filter((line) => line !== "").slice(0, 60).map((line) => `  ${line}`);
}

function beginning(text: string, most: number): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const more = lines.length > most ? [`  … (${lines.length - most} lines more)`] : [];
  return [...lines.slice(0, most).map((line) => `  ${line.slice(0, 160)}`), ...more];
}
