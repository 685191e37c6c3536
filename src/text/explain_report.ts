/**
 * An explanation as words and as JSON.
 *
 * @module
 */

import { hexRange } from "../abi/hex.ts";
import { counted } from "./explain/amounts.ts";
import type { Border } from "./explain/borders.ts";
import type { LayoutExplanation, Neighbourhood } from "./explain/layout.ts";
import { passedOverLines } from "./import_report.ts";
import { type LayoutLine, shortName } from "./maps/layout_line.ts";
import { wrapped } from "./wrap.ts";

/** Of each kind so many are shown. */
const SHOWN = 8;

/** Without the layout and the records, which are the text again. */
export function explanationAsJson(file: string, explanation: LayoutExplanation): unknown {
  const { layout: _, imported, ...rest } = explanation;
  if (imported === undefined) return { file, ...rest };
  const { answers, mapCount, memoryCalls, processes, threads } = imported;
  return { file, ...rest, memoryCalls, processes, threads, answers, mapCount };
}

/** The report, in the order in which one asks. */
export function explanationAsText(file: string, explanation: LayoutExplanation): string {
  const { format, lines, vmas, used, limit, left, calls, passedOver } = explanation;
  const { patterns, borders, failures } = explanation;
  const from = format === "process" ? "" : `, ${counted(lines, "line")}`;
  const shown = used > vmas ? `, ${vmas} of them shown` : "";
  return [
    `${file}: ${format}${from}, ${counted(vmas, "VMA")}`,
    ...passedOverLines(passedOver),
    `  ${used} of ${limit} VMAs in use${shown}, ${left} left`,
    ...calls.map(({ call, words }) => wrapped(4, `${call} ${words}`)),
    "  what makes them:",
    ...patterns.slice(0, SHOWN).map((each) =>
      wrapped(4, `${counted(each.vmas, "VMA")}: ${each.words} (first ${each.example})`)
    ),
    ...rest(patterns.length),
    borders.length === 0 ? "  no two of them touch" : "  what keeps touching ones apart:",
    ...borders.slice(0, SHOWN).map((each) => wrapped(4, borderText(each))),
    ...rest(borders.length),
    ...(failures.length === 0 ? [] : ["  what failed:"]),
    ...failures.slice(0, SHOWN).map(({ line, call, error, words }) =>
      wrapped(4, `line ${line}: ${call} with ${error}. ${words}.`)
    ),
    ...rest(failures.length),
  ].join("\n");
}

function borderText({ obstacle, count, known, words, example }: Border): string {
  const rule = obstacle === null ? "by nothing that is shown" : `by ${obstacle}`;
  const doubt = known ? "" : ", as far as this text can show";
  return `${count} ${rule}${doubt}: ${words} (first ${example})`;
}

/** Why the VMA at an address is not one with its neighbours. */
export function neighbourhoodAsText(file: string, { vma, neighbours }: Neighbourhood): string {
  return [
    `${file}: ${lineOf(vma)}`,
    ...neighbours.map((each) =>
      `  ${each.vma.start < vma.start ? "below" : "above"}  ${lineOf(each.vma)}\n${
        wrapped(4, each.words)
      }`
    ),
  ].join("\n");
}

function lineOf(line: LayoutLine): string {
  const name = shortName(line);
  const flags = line.vmFlags === undefined ? "" : ` {${line.vmFlags}}`;
  return `${hexRange(line.start, line.end)} ${line.permissions}${
    name === "" ? "" : ` ${name}`
  }${flags}`;
}

function rest(count: number): string[] {
  return count > SHOWN ? [`    and ${count - SHOWN} more; --json lists all`] : [];
}
