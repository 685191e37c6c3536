/**
 * The table of rules as Markdown: what `src/mm/README.md` shows.
 *
 * @module
 */

import { RULE_NAMES } from "./kernel_rules.ts";
import { type Rule, RULES } from "./table.ts";

/** One row a rule: what the kernel does, its values by version, where it stands. */
export function rulesAsMarkdown(): string {
  const rows = RULE_NAMES.map((name) => {
    const { decides, source, values, backports = [], otherBuilds = [] }: Rule = RULES[name];
    const when = values.map(([from, value]) => `${from}: ${said(value)}`);
    const more = backports.length === 0 ? "" : ` (and ${backports.join(", ")})`;
    const builds = otherBuilds.map((value) => `; some builds: ${said(value)}`).join("");
    return `| \`${name}\` | ${decides} | ${when.join(", ")}${more}${builds} | ${source} |`;
  });
  return ["| rule | the kernel | from | where |", "|---|---|---|---|", ...rows].join("\n");
}

function said(value: string | boolean): string {
  return typeof value === "string" ? value : value ? "yes" : "no";
}
