/**
 * `deno task shrink FILE`: from a failing trace to a minimal one, and to a test.
 *
 * @module
 */

import { type CommandArguments, runCommand } from "../../command/command.ts";
import { createFile, writeText } from "../../command/files.ts";
import { oneLine, print, printJson } from "../../command/output.ts";
import { writeTrace } from "../../trace/write.ts";
import { formatTest } from "./reproducer.ts";
import { shrink, type Shrunk } from "./shrink.ts";
import { openTrace } from "../../text/open_trace.ts";

const SPECIFICATION = {
  name: "shrink",
  summary:
    "Reduces a trace in which the model breaks a rule of its own to one from which nothing can be removed.",
  usage: "[options] FILE",
  operands: [1, 1],
  options: {
    out: { help: "write the reduced trace there", value: "FILE" },
    test: { help: "write the test there instead of to standard output", value: "FILE" },
    force: { help: "with --out or --test: overwrite files that are there" },
    json: { help: "print one JSON object instead of text" },
  },
  details:
    "Exit status: 0 the model breaks no rule of its own in the trace, 1 it breaks one and the trace was reduced, 2 the " +
    "trace could not be read.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const [file = "-"] = args.operands;
  const out = args.text("out");
  const test = args.text("test");
  const options = { force: args.has("force") };
  const shrunk = await shrink(openTrace(file));
  if (shrunk === undefined) {
    print(args.has("json") ? "null" : `${file}: no rule of the model is broken`);
    return 0;
  }
  if (out !== undefined) {
    const sink = await createFile(out, options);
    await writeTrace(shrunk.records, sink, { gzip: out.endsWith(".gz") });
  }
  const text = formatTest(shrunk, file.slice(file.lastIndexOf("/") + 1));
  if (test !== undefined) await writeText(test, text, options);
  if (args.has("json")) printJson(shrunk);
  else print(summary(shrunk, file) + (test === undefined ? `\n\n${text}` : ""));
  return 1;
}

function summary({ failure, steps, writes }: Shrunk, file: string): string {
  const operations = writes === undefined ? "" : `, ${writes.length} operations on a tree alone`;
  return `${oneLine(file)}: ${
    oneLine(failure.message)
  }\nreduced from ${steps.before} to ${steps.after} steps${operations}`;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
