/**
 * `deno task capture`: records a command and its children.
 *
 * @module
 */
import {
  type CommandArguments,
  createFile,
  interruption,
  runCommand,
  Unable,
} from "../command/command.ts";
import { printJson } from "../command/output.ts";
import { Progress } from "../command/progress.ts";
import { interruptedStatus } from "../command/signals.ts";
import type { TraceRecord } from "../trace/format.ts";
import { isTrace } from "../trace/is_trace.ts";
import { writeTrace } from "../trace/write.ts";
import { probedOptions } from "../probe/recorded_rules.ts";
import { record } from "./record.ts";

async function main(args: CommandArguments): Promise<number> {
  const out = args.text("out");
  if (out === undefined) throw new Unable("--out FILE is missing; see --help");
  if (args.rest.length === 0) throw new Unable("There is no command after --; see --help");
  const placement = args.choice("placement", ["5.19"]);
  const signal = interruption({ forced: true });
  const records = record(args.rest, {
    ...(placement && { placement }),
    ...await probedOptions(),
    purpose: args.text("purpose") ?? "",
    compiler: args.text("compiler") ?? "",
    signal,
  });
  // The file is opened when the first record is there: a command that does not exist leaves none.
  const first = await records.next();
  const outcome = { status: 0, calls: 0 };
  const progress = new Progress();
  try {
    const sink = await createFile(out, { force: args.has("force"), isOwn: isTrace });
    const gzip = out.endsWith(".gz");
    await writeTrace(watched(first, records, outcome, progress), sink, { gzip });
  } finally {
    await records.return(); // a full disk ends the recording, not only the file
    progress.clear();
  }
  if (args.has("json")) printJson({ file: out, ...outcome });
  return interruptedStatus(signal) ?? outcome.status;
}

/** Passes the records on, and takes from them how far the recording is and how the command ended. */
async function* watched(
  first: IteratorResult<TraceRecord, void>,
  rest: AsyncGenerator<TraceRecord, void>,
  outcome: { status: number; calls: number },
  progress: Progress,
): AsyncGenerator<TraceRecord> {
  let root: number | undefined;
  if (!first.done) yield first.value;
  for await (const record of rest) {
    if (record.type === "exec") root ??= record.pid;
    if (record.type === "enter") outcome.calls++;
    if (record.type === "exit" && record.pid === root) outcome.status = record.status;
    progress.show(() => `${outcome.calls} calls recorded`);
    yield record;
  }
}

if (import.meta.main) {
  await runCommand({
    name: "capture",
    summary: "Runs a command and records every memory call that it and its children make.",
    usage: "--out FILE [options] -- COMMAND…",
    operands: [0, 0],
    takesCommand: true,
    options: {
      out: { value: "FILE", help: "where the trace goes; compressed if the name ends in .gz" },
      placement: { value: "5.19", help: "lay the command out as Linux 5.19 would have" },
      purpose: { value: "TEXT", help: "why this trace exists; kept in its header" },
      force: { help: "overwrite FILE even if it is no trace" },
      json: { help: "at the end print the file, the command's status and the calls as JSON" },
      compiler: { value: "TEXT", help: "release of the compiler recorded; kept in its header" },
    },
    details: "Ctrl-C ends the recording; what was recorded until then is a complete file.\n" +
      "Exit status: the command's, 2 if it could not be recorded, 130, 143 or 129 if a signal ended the recording.",
  }, main);
}
