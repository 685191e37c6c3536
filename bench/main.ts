/**
 * `deno task bench [FILE…] [--save]`: runs the benches, or measures for the history.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../src/command/command.ts";
import { Progress } from "../src/command/progress.ts";
import { print } from "../src/command/output.ts";
import { pathOf } from "../src/command/paths.ts";
import { interruptible, selectWorkloads, timeLeft } from "../src/compare/command_line.ts";
import { formatSkipped } from "../src/compare/format.ts";
import { Watch } from "../src/compare/busy.ts";
import { latestLibrary } from "../src/kernel/latest.ts";
import { save, type Saved } from "../src/history/save.ts";

const SPECIFICATION = {
  name: "bench",
  summary:
    "Runs the benches; with --save measures this checkout and appends a line to the history.",
  usage: "[FILE…] [--save] [options]",
  operands: [0, Infinity],
  options: {
    filter: { help: "only benches whose name contains this, or matches /this/", value: "PATTERN" },
    json: { help: "print JSON: what `deno bench` measured, or the line that was saved" },
    save: { help: "measure interleaved against the base, and keep the result in git" },
    base: {
      help: "with --save: base of the ratios; that of the last run unless given",
      value: "REV",
    },
    machine: { help: "with --save: name for machines like this one", value: "NAME" },
  },
  details: "Says on standard error if the machine was too busy for times to be trusted. " +
    "The history is the branch maple-history; see `deno task history` and `deno task report`. " +
    "Exit status: 0, or 2 if a bench failed or could not be run.",
} as const;

/** The recorded compiler runs first. */
const FILES = ["cc1_replay", "cc1_tree", "load", "tree", "scale"].map((name) =>
  pathOf(`bench/${name}_bench.ts`)
);

async function main(args: CommandArguments): Promise<number> {
  return args.has("save") ? await saveRun(args) : await runBenches(args);
}

async function saveRun(args: CommandArguments): Promise<number> {
  if (args.operands.length > 0) throw new Unable("--save takes no files; see --help");
  const machine = args.text("machine");
  const progress = new Progress();
  const line = timeLeft();
  try {
    const saved = await interruptible((signal) =>
      save({
        base: args.text("base"),
        names: selectWorkloads(args.text("filter")),
        signal,
        onProgress: (stage) => progress.show(() => line(stage)),
        ...(machine !== undefined && { machine }),
      })
    );
    progress.clear();
    print(args.has("json") ? JSON.stringify(saved.line) : formatSaved(saved));
    return 0;
  } finally {
    progress.clear();
  }
}

function formatSaved({ line, skipped }: Saved): string {
  const { commit, base, workloads, peers } = line;
  return [
    `Saved ${commit.slice(0, 10)}: ${workloads.length} workloads against ${base.slice(0, 10)}, ` +
    `${peers.length} times of maple and other structures`,
    ...skipped.map(formatSkipped),
  ].join("\n");
}

async function runBenches(args: CommandArguments): Promise<number> {
  for (const option of ["base", "machine"]) {
    if (args.has(option)) throw new Unable(`--${option} goes with --save; see --help`);
  }
  const filter = args.text("filter");
  const options = [
    ...(filter === undefined ? [] : [`--filter=${filter}`]),
    ...(args.has("json") ? ["--json"] : []),
  ];
  const files = args.operands.length > 0 ? args.operands : FILES;
  const native = await latestLibrary();
  const watch = await Watch.begin();
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "bench",
      "-q",
      "-P=bench",
      `--config=${pathOf("deno.json")}`,
      ...(native === undefined ? [] : [`--allow-ffi=${native}`]),
      ...options,
      ...files,
      ...(native === undefined ? [] : ["--", `--native=${native}`]),
    ],
    stdin: "null",
  });
  const { success, signal: endedBy } = await interruptible(async (signal) => {
    const child = command.spawn();
    // Ctrl-C reaches it too; a signal for this process alone does not.
    signal.addEventListener("abort", () => endChild(child));
    const status = await child.status;
    signal.throwIfAborted();
    return status;
  });
  if (endedBy !== null) throw new Unable(`deno bench was ended by ${endedBy}`);
  const warning = watch.end();
  if (warning !== undefined) console.error(warning);
  return success ? 0 : 2;
}

function endChild(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
