/**
 * `deno task shrink FILE`: from a failing trace to a minimal one, and to a test.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../../command/command.ts";
import { readTrace } from "../../trace/read.ts";
import { writeTrace } from "../../trace/write.ts";
import { formatTest } from "./reproducer.ts";
import { shrink, type Shrunk } from "./shrink.ts";

const SPECIFICATION = {
  name: "shrink",
  summary:
    "Reduces a trace in which the model breaks a rule of its own to one from which nothing can be removed.",
  usage: "[options] FILE",
  options: {
    out: { help: "write the reduced trace there", value: "FILE" },
    test: { help: "write the test there instead of to standard output", value: "FILE" },
    json: { help: "print one JSON object instead of text" },
  },
  details:
    "Exit status: 0 the model breaks no rule of its own in the trace, 1 it breaks one and the trace was reduced, 2 the " +
    "trace could not be read.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const [file, ...more] = args.operands;
  if (file === undefined || more.length > 0) throw new Unable("one trace is wanted; see --help");
  const shrunk = await shrink(readTrace(file));
  if (shrunk === undefined) {
    console.log(args.has("json") ? "null" : `${file}: no rule of the model is broken`);
    return 0;
  }
  const out = args.text("out");
  if (out !== undefined) {
    const sink = (await Deno.create(out)).writable;
    await writeTrace(shrunk.records, sink, { gzip: out.endsWith(".gz") });
  }
  const test = args.text("test");
  const text = formatTest(shrunk, file.slice(file.lastIndexOf("/") + 1));
  if (test !== undefined) await Deno.writeTextFile(test, text);
  if (args.has("json")) console.log(JSON.stringify(shrunk, null, 2));
  else console.log(summary(shrunk, file) + (test === undefined ? `\n\n${text}` : ""));
  return 1;
}

function summary({ failure, steps, writes }: Shrunk, file: string): string {
  const operations = writes === undefined ? "" : `, ${writes.length} operations on a tree alone`;
  return `${file}: ${failure.message}\nreduced from ${steps.before} to ${steps.after} steps${operations}`;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
