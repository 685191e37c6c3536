/**
 * The history as one HTML file that needs nothing else: no network, no other file.
 *
 * @module
 */

import library from "uplot/script" with { type: "text" };
import libraryStyle from "uplot/style" with { type: "text" };
import { type Chart, type Section, sections } from "./charts.ts";
import { escapeHtml, htmlPage } from "../command/html.ts";
import type { BenchLine } from "../history/history.ts";
import { hostKey } from "../compare/host.ts";
import script from "./page.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import { THRESHOLD, type Verdict } from "../compare/verdict.ts";

/** Title of every report. */
export const TITLE = "Maple: performance over commits";

/**
 * The report on runs of one machine.
 *
 * @param runs at least one, in the order of their commits
 */
export function report(runs: readonly BenchLine[]): string {
  const shown = sections(runs, THRESHOLD);
  const charts = shown.flatMap((section) => section.charts.map(({ table: _, ...chart }) => chart));
  const body = `${header(runs)}
<main>
${shown.map(sectionHtml).join("\n")}
</main>
<script type="application/json" id="charts">${json(charts)}</script>
<script>${library}</script>
<script>${script}</script>`;
  return htmlPage({ title: TITLE, styles: [libraryStyle, style], body });
}

function header(runs: readonly BenchLine[]): string {
  const latest = runs.at(-1)!;
  const { runtime, machine, base, commit, subject, date, isDirty } = latest;
  const count = (verdict: Verdict) =>
    latest.workloads.filter((it) => it.verdict === verdict).length;
  const tiles = (["faster", "no evidence", "inconclusive", "slower"] as const).map((verdict) =>
    `<li class="${verdict.replace(" ", "-")}"><b>${count(verdict)}</b> ${verdict}</li>`
  );
  const changed = isDirty ? ", with uncommitted changes" : "";
  return `<header>
<h1>${TITLE}</h1>
<p>Newest commit: <code>${commit.slice(0, 10)}</code> ${escapeHtml(subject)}${changed},
${date.slice(0, 10)}, against <code>${base.slice(0, 10)}</code>.</p>
<ul class="tiles">${tiles.join("")}</ul>
<p class="machine">${runs.length} ${runs.length === 1 ? "run" : "runs"} on ${
    escapeHtml(hostKey(machine))
  };
Deno ${escapeHtml(runtime.deno)}, V8 ${
    escapeHtml(runtime.v8)
  }. Other machines are not in this report: their times say
nothing about these.</p>
</header>`;
}

function sectionHtml({ title, text, charts }: Section): string {
  return `<section>
<h2>${escapeHtml(title)}</h2>
<p>${escapeHtml(text)}</p>
<div class="charts">
${charts.map(figure).join("\n")}
</div>
</section>`;
}

function figure({ id, title, series, table, y }: Chart): string {
  const about = `Chart of ${title}: ${y.label}${
    series.length > 1 ? `, ${series.length} lines` : ""
  }`;
  return `<figure class="${series.length > 2 ? "wide" : ""}">
<figcaption>${escapeHtml(title)}</figcaption>
<div class="chart" id="${id}" role="img" aria-label="${
    escapeHtml(about)
  }; the table below has its values"></div>
<details><summary>Table</summary><div class="scroll"><table>
<thead><tr>${
    table.columns.map((name) => `<th scope="col">${escapeHtml(name)}</th>`).join("")
  }</tr></thead>
<tbody>${table.rows.map(rowHtml).join("\n")}</tbody>
</table></div></details>
</figure>`;
}

function rowHtml([first, ...rest]: readonly string[]): string {
  const cells = rest.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("");
  return `<tr><th scope="row">${escapeHtml(first ?? "")}</th>${cells}</tr>`;
}

/** JSON that may stand inside a script element: nothing in it can end that. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
