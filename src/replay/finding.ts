/**
 * What replaying one file came to, as text and as an exit status.
 *
 * @module
 */

import { formatDivergence } from "./divergence.ts";
import { describeAssumption } from "./assumptions.ts";
import type { ReplayReport } from "./replay.ts";
import type { SettledReport } from "./settle.ts";
import { formatUnmodelled } from "./unmodelled.ts";

/** The model breaks a rule of its own. */
export interface Broken {
  /** The rule, and where. */
  readonly broken: string;
}

/** The file cannot be replayed. */
export interface Unreadable {
  /** What is wrong with it. */
  readonly unreadable: string;
}

/** What replaying a file came to. */
export type Finding =
  | (ReplayReport & Partial<Pick<SettledReport, "assumed">>)
  | Broken
  | Unreadable;

/** 0 model and kernel agree, 1 they do not or a rule is broken, 2 the file cannot be replayed or has no steps. */
export function exitStatus(finding: Finding): 0 | 1 | 2 {
  if ("unreadable" in finding) return 2;
  if ("broken" in finding || finding.divergence !== undefined) return 1;
  return finding.steps === 0 ? 2 : 0;
}

/**
 * The finding as text.
 *
 * @param options with `dump` the model's tree where a report has a divergence
 */
export function formatFinding(
  file: string,
  finding: Finding,
  options: { readonly dump?: boolean } = {},
): string {
  if ("unreadable" in finding) return `replay: ${finding.unreadable}`;
  if ("broken" in finding) {
    return `${file}: ${finding.broken}\n  deno task replay --bisect ${file} finds the step after which it is broken`;
  }
  const { divergence } = finding;
  const settled = (finding.assumed ?? []).map((each) =>
    `\n  the trace itself shows: ${describeAssumption(each)}`
  );
  const line = `${file}: ${formatSteps(finding)}${settled.join("")}`;
  return divergence === undefined ? line : `${line}\n${formatDivergence(divergence, options)}`;
}

/** `steps matched/total, map_count min/median/max`, and what the reader must know to trust it. */
export function formatSteps(report: ReplayReport, note = ""): string {
  const { mapCount, unmodelled, status, interrupted } = report;
  if (report.steps === 0) return "nothing to replay: the trace has no steps";
  const counts = `map_count ${mapCount.min}/${mapCount.median}/${mapCount.max}`;
  const ended = (status ? `, exit status ${status}` : "") +
    (interrupted ? ", the recording was interrupted" : "");
  const others = report.otherFlags.length === 0
    ? ""
    : `, VmFlags only carried along: ${report.otherFlags.join(" ")}`;
  return `${formatMatched(report)}${note}, ${counts}${ended}${others}${
    formatUnmodelled(unmodelled)
  }`;
}

function formatMatched({ steps, matched, approximate, answers }: ReplayReport): string {
  if (answers !== undefined) {
    return `${steps} steps, imported: of ${answers.asked} answers ${answers.equal} equal, ` +
      `${answers.different} different, ${answers.cannotKnow} cannot be known`;
  }
  if (approximate) return `${steps} steps, approximate: nothing to compare with`;
  const percent = matched === steps ? "100" : (Math.floor(1000 * matched / steps) / 10).toFixed(1);
  return `steps ${matched}/${steps} (${percent} %)`;
}
