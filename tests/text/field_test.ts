/**
 * Texts as people paste them, each with what must be read in it: `field/` and `own/`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { explainLayout } from "../../src/text/explain/layout.ts";
import { explanationAsJson } from "../../src/text/explain_report.ts";
import { importText } from "../../src/text/import.ts";
import { importedAsJson } from "../../src/text/import_report.ts";
import { layoutForTrace } from "../../src/text/maps/for_trace.ts";
import { TextError } from "../../src/text/text_error.ts";
import { differs } from "./expected.ts";

/** What an expected file says. */
interface Expected {
  readonly args: readonly string[];
  readonly exit: number;
  readonly json?: unknown;
  readonly stderr?: readonly string[];
}

for (const folder of ["field", "own"]) {
  const url = new URL(`./${folder}/`, import.meta.url);
  for (const { name } of Deno.readDirSync(url)) {
    if (!name.endsWith(".expected.json")) continue;
    Deno.test(`${folder}/${name.replace(".expected.json", "")} is read as expected`, () => {
      const expected: Expected = JSON.parse(Deno.readTextFileSync(new URL(name, url)));
      const found = run(expected.args, url);
      assertEquals(found.exit, expected.exit, found.error);
      if (expected.json !== undefined) assertEquals(differs(expected.json, found.json), undefined);
      for (const part of expected.stderr ?? []) assert(found.error.includes(part), found.error);
    });
  }
}

/** What a command would print, without starting one for each text. */
function run(
  args: readonly string[],
  url: URL,
): { readonly exit: number; readonly json: unknown; readonly error: string } {
  const [command, ...rest] = args;
  const read = (arg: string) => Deno.readTextFileSync(new URL(arg.slice(1), url));
  const file = rest.find((arg) => arg.startsWith("@")) ?? "";
  const option = (name: string) => {
    const at = rest.indexOf(`--${name}`);
    return at < 0 ? undefined : rest[at + 1];
  };
  const maps = option("maps"), count = option("count"), kernel = option("kernel");
  try {
    if (command === "import") {
      const layout = maps === undefined ? {} : { layout: layoutForTrace(read(maps)) };
      const imported = importText(read(file), {
        ...layout,
        ...(kernel !== undefined && { kernel }),
      });
      return { exit: 0, json: importedAsJson(file, imported), error: "" };
    }
    const explanation = explainLayout(read(file), {
      ...(count !== undefined && { count: Number(count) }),
      ...(maps !== undefined && { maps: read(maps) }),
    });
    return { exit: 0, json: explanationAsJson(file, explanation), error: "" };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    return { exit: 2, json: undefined, error: error.message };
  }
}
