/**
 * A step as text: what one pastes into a mail or a bug report.
 *
 * @module
 */

import type { Run } from "./run.ts";
import type { StepView } from "./step_view.ts";

/** The step, what it did, the layout and the tree after it, and where to look at it. */
export function textOf(run: Run, view: StepView, runName: string, link: string): string {
  const { step, operation } = view;
  const { maps, dump } = run.text(step, operation);
  const whole = operation === undefined ? "" : `, up to tree operation ${operation}`;
  const fault = run.fault === undefined ? [] : [`planted fault: ${run.fault.name}`];
  const notes = [
    ...fault,
    ...(view.breakdown === undefined ? [] : [view.breakdown]),
    ...(view.health?.violation === undefined ? [] : [view.health.violation.message]),
    ...(view.changes?.events ?? []).map(({ text }) => text),
    ...view.borders.map(({ words }) => words),
  ];
  return [
    `${runName}, step ${step} of ${run.steps.length}${whole}, process ${view.pid}`,
    view.line,
    ...notes.map((note) => `  ${note}`),
    "",
    `${view.space?.mapCount ?? 0} VMAs:`,
    maps.trimEnd(),
    "",
    dump.trimEnd(),
    "",
    link,
    "",
  ].join("\n");
}
