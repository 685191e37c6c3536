/**
 * `deno task import FILE…`: texts of calls as traces.
 *
 * @module
 */

import { type CommandArguments, createFile, runCommand, Unable } from "../command/command.ts";
import { print, printJson } from "../command/output.ts";
import { writeTrace } from "../trace/write.ts";
import { importedAsJson, importedAsText } from "./import_report.ts";
import { type ImportedText, type ImportOptions, importText } from "./import.ts";
import { kernelOf } from "./kernel.ts";
import { layoutForTrace } from "./maps/for_trace.ts";
import { ofFile, Texts } from "./read_text.ts";
import { isOneRun, joinParts } from "./strace_parts.ts";

const SPECIFICATION = {
  name: "import",
  summary: "Turns the text of strace, perf trace, ltrace -S, gVisor or rr dump into a trace.",
  usage: "[options] FILE…",
  operands: [1, Infinity],
  options: {
    out: { help: "write the trace there; with .gz at its end compressed", value: "FILE" },
    maps: {
      help: "the process's maps or smaps where the text begins, or after its exec",
      value: "FILE",
    },
    kernel: { help: "the kernel that the text is of, as 6.1", value: "VERSION" },
    machine: { help: "the machine that the text is of, as uname -m prints it", value: "NAME" },
    "max-map-count": { help: "vm.max_map_count there (65530)", value: "N" },
    strict: { help: "exit 1 if a line was passed over or an answer differs" },
    json: { help: "print one JSON object a text instead of words" },
  },
  details:
    "FILE may be -, standard input; the files of strace -ff are one text. Lines that are none of the tracer's " +
    "are passed over and listed. Exit status: 0 imported, 1 with --strict if something was passed over or the model " +
    "answers otherwise, 2 no call on memory, or no file.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const reader = new Texts();
  const texts = await readTexts(args.operands, reader);
  const out = args.text("out");
  if (out !== undefined && texts.length > 1) throw new Unable("--out takes one text at a time");
  const options = await optionsOf(args, reader);
  const found: (ImportedText & { readonly file: string })[] = [];
  for (const { name, text } of texts) {
    found.push({ file: name, ...ofFile(name, () => importText(text, options)) });
  }
  if (out !== undefined) {
    await writeTrace(found[0]!.records, await createFile(out), { gzip: out.endsWith(".gz") });
  }
  if (args.has("json")) {
    const [first, ...more] = found.map((each) => importedAsJson(each.file, each));
    printJson(more.length === 0 ? first : [first, ...more]);
  } else for (const each of found) print(importedAsText(each.file, each, out));
  const isDirty = found.some(({ passedOver, answers }) =>
    passedOver.length + answers.different > 0
  );
  return args.has("strict") && isDirty ? 1 : 0;
}

async function readTexts(
  files: readonly string[],
  reader: Texts,
): Promise<{ name: string; text: string }[]> {
  const parts = [];
  for (const name of files) parts.push({ name, text: await reader.read(name) });
  return isOneRun(files) ? [{ name: files[0]!, text: joinParts(parts) }] : parts;
}

async function optionsOf(args: CommandArguments, reader: Texts): Promise<ImportOptions> {
  const maps = args.text("maps"), kernel = args.text("kernel"), machine = args.text("machine");
  const maxMapCount = args.integer("max-map-count", 1);
  try {
    kernelOf(kernel);
  } catch (error) {
    throw new Unable(error instanceof Error ? error.message : String(error));
  }
  return {
    ...(maps !== undefined && { layout: layoutForTrace(await reader.read(maps)) }),
    ...(kernel !== undefined && { kernel }),
    ...(machine !== undefined && { machine }),
    ...(maxMapCount !== undefined && { maxMapCount }),
  };
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
