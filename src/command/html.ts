/**
 * HTML as the commands write it: a page that is one file.
 *
 * @module
 */

/** What goes into a page. */
export interface HtmlPage {
  /** Its title, plain text. */
  readonly title: string;
  /** Style sheets, in order. */
  readonly styles: readonly string[];
  /** What stands in the body, HTML. */
  readonly body: string;
}

/** The page as text: for both colour schemes, and without a request for an icon. */
export function htmlPage({ title, styles, body }: HtmlPage): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${styles.map((style) => `<style>${style}</style>`).join("\n")}
</head>
<body>
${body}
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** Text that may stand between tags and in an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
