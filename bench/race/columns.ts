/**
 * A table of Markdown whose columns line up, as `deno fmt` writes it.
 *
 * @module
 */

/** Rows of cells, the first of them the heading. */
export function columns(rows: readonly (readonly string[])[]): string {
  const [heading = []] = rows;
  const widths = heading.map((_, i) => Math.max(3, ...rows.map((row) => row[i]!.length)));
  const lines = rows.map((row) =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return lines.join("\n");
}
