/**
 * The page as one file: style, script, engine and runs in it.
 *
 * @module
 */

import libraryStyle from "uplot/style" with { type: "text" };
import theme from "./view/style/theme.css" with { type: "text" };
import frame from "./view/style/frame.css" with { type: "text" };
import lines from "./view/style/lines.css" with { type: "text" };
import panels from "./view/style/panels.css" with { type: "text" };
import tree from "./view/style/tree.css" with { type: "text" };
import story from "./view/style/story.css" with { type: "text" };
import messages from "./view/style/messages.css" with { type: "text" };
import widths from "./view/style/widths.css" with { type: "text" };
import { escapeHtml, htmlPage } from "../command/html.ts";
import type { Pack } from "./pack.ts";

/** The page's style; what comes later wins. */
const STYLE = [
  libraryStyle,
  theme,
  frame,
  lines,
  panels,
  tree,
  story,
  messages,
  widths,
].join("\n");

/** The page's title, by which the command knows its pages again. */
export const TITLE = "Maple explorer";

/** A run that goes into a page. */
export interface PackedRun {
  readonly name: string;
  /** Its file, gzip. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The page. */
export async function pageHtml(
  script: string,
  pack: Pack,
  runs: readonly PackedRun[],
): Promise<string> {
  const deflated = await compress(new TextEncoder().encode(JSON.stringify(pack)), "deflate-raw");
  const data = runs.map(({ name, bytes }) =>
    `<script type="text/plain" data-run="${escapeHtml(name)}">${bytes.toBase64()}</script>`
  );
  const body =
    `<div id="app"><noscript>This page runs the model in the browser: it needs JavaScript.</noscript></div>
<script type="text/plain" id="pack">${deflated.toBase64()}</script>
${data.join("\n")}
<script>${script.replaceAll("</script", "<\\/script")}</script>`;
  return htmlPage({ title: TITLE, styles: [STYLE], body });
}

/** Compresses bytes. */
export async function compress(
  bytes: Uint8Array<ArrayBuffer>,
  format: CompressionFormat,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
