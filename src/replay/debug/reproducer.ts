/**
 * A reduced failure as a test that can be pasted into a file and run.
 *
 * @module
 */

import { hex } from "../../abi/hex.ts";
import { formatRecord } from "../../trace/schema.ts";
import type { Shrunk } from "./shrink.ts";

/** The test, a whole file. */
export function formatTest(shrunk: Shrunk, from: string): string {
  return shrunk.writes === undefined ? traceTest(shrunk, from) : treeTest(shrunk, from);
}

function title({ failure }: Shrunk, from: string): string {
  return JSON.stringify(`${failure.rule} (reduced from ${from})`);
}

function treeTest(shrunk: Shrunk, from: string): string {
  const lines = shrunk.writes!.map(({ first, last, value }) => {
    const stored = value === 0 ? "undefined" : String(value);
    return `  tree.store(${hex(first)}, ${hex(last)}, ${stored});`;
  });
  return [
    `import { MapleTree } from "@maple/mm";`,
    "",
    `Deno.test(${title(shrunk, from)}, () => {`,
    "  const tree = new MapleTree<number>({ gaps: true });",
    ...lines,
    "  tree.validate();",
    "});",
    "",
  ].join("\n");
}

function traceTest(shrunk: Shrunk, from: string): string {
  const lines = shrunk.records.map((record) => `  ${JSON.stringify(formatRecord(record))},`);
  return [
    `import { readTrace, replay } from "@maple/mm";`,
    "",
    "const TRACE = [",
    ...lines,
    "];",
    "",
    `Deno.test(${title(shrunk, from)}, async () => {`,
    '  const text = TRACE.join("\\n") + "\\n";',
    '  await replay(readTrace(new Blob([text]).stream()), { validate: "full" });',
    "});",
    "",
  ].join("\n");
}
