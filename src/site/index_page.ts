/**
 * The first page of the site.
 *
 * @module
 */

import { htmlPage } from "../command/html.ts";
import style from "./style.css" with { type: "text" };

/** What else is on the site. */
export interface SiteParts {
  /** There are saved runs, and so a report. */
  readonly hasReport: boolean;
  /** The picture of the explorer is there. */
  readonly hasPicture: boolean;
}

/** The index page. */
export function indexPage({ hasReport, hasPicture }: SiteParts): string {
  const picture = hasPicture
    ? '<a href="explorer.html"><img src="explorer.png" width="1440" height="1010" ' +
      'alt="The explorer at the step that leaves a stale slot behind"></a>'
    : "";
  const report = hasReport
    ? card(
      "report.html",
      "Performance",
      "What was measured, commit by commit, with its uncertainty.",
    )
    : "";
  const body = `<main>
<h1>Maple</h1>
<p class="about">Maple is the Linux maple tree and the kernel’s address-space model in TypeScript. It replays recorded
programs and agrees with the running kernel step by step, after every call. It exists so that a fault like the one of
July 2022, which took weeks to find in printed trees, shows at the very step that makes it.</p>
<ul>
<li class="large"><h2><a href="explorer.html">Explorer</a></h2>
<p>Watch recorded programs map and unmap memory, and the tree’s nodes change slot by slot; plant a fault and see who
notices. Begin with the <a href="explorer.html#tour">tour of 2022</a>.</p>${picture}</li>
${report}
${card("api/index.html", "API", "Every exported class and function, with examples.")}
</ul>
</main>`;
  return htmlPage({ title: "Maple", styles: [style], body });
}

function card(href: string, title: string, text: string): string {
  return `<li><h2><a href="${href}">${title}</a></h2><p>${text}</p></li>`;
}
