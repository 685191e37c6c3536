/**
 * `CHANGELOG.md`: what a version changed, under a heading `## 1.2.0 - 2026-11-25`, newest first.
 *
 * @module
 */

/** A version's part of the changelog. */
export interface ChangelogEntry {
  readonly version: string;
  /** The day of the release, `undefined` while it is `unreleased`. */
  readonly date: string | undefined;
  /** What follows the heading. */
  readonly text: string;
}

const HEADING = /^## (\d+\.\d+\.\d+\S*) - (unreleased|\d{4}-\d{2}-\d{2})$/;

/** The entries of a changelog, in its order. */
export function parseChangelog(text: string): ChangelogEntry[] {
  return text.split(/^(?=## )/m).slice(1).flatMap((part) => {
    const [heading = "", ...lines] = part.split("\n");
    const [, version, date] = HEADING.exec(heading) ?? [];
    if (version === undefined) return [];
    return [{
      version,
      date: date === "unreleased" ? undefined : date,
      text: lines.join("\n").trim(),
    }];
  });
}
