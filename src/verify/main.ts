/**
 * `deno task verify -- COMMAND…`: checks the running kernel against the model, live.
 *
 * @module
 */
import { probedOptions } from "../probe/recorded_rules.ts";
import { rulesOption, tellTakenAs } from "../replay/rules_option.ts";
import { record } from "../capture/record.ts";
import {
  type CommandArguments,
  createFile,
  interruption,
  runCommand,
  Unable,
} from "../command/command.ts";
import { refuseAnothers } from "../command/files.ts";
import { oneLine, print, printJson } from "../command/output.ts";
import { Progress } from "../command/progress.ts";
import { interruptedStatus } from "../command/signals.ts";
import { formatDivergence } from "../replay/divergence.ts";
import { replaySettled } from "../replay/settle.ts";
import { readTrace } from "../trace/read.ts";
import { formatSteps } from "../replay/finding.ts";
import { isTrace } from "../trace/is_trace.ts";
import { withoutDirectories } from "../trace/base_names.ts";
import { withFuzzProgram } from "./fuzz_program.ts";
import { type Verification, verify } from "./verify.ts";

const SPECIFICATION = {
  name: "verify",
  summary:
    "Runs a command and checks after every memory call that the model agrees with the kernel.",
  usage: "[options] -- COMMAND…\n       deno task verify [options] --fuzz SEED",
  operands: [0, 0],
  takesCommand: true,
  options: {
    fuzz: { value: "SEED", help: "run a program that makes random memory calls" },
    steps: { value: "N", help: "with --fuzz: how many calls (1000)" },
    force: { help: "overwrite what --keep names, whatever it is" },
    keep: { value: "FILE", help: "keep the trace; compressed if the name ends in .gz" },
    rules: { value: "VERSION", help: "go by the rules of this kernel, not by the running one's" },
    placement: { value: "POLICY", help: "expect the placement of Linux 5.19, 6.7 or 6.18" },
    validate: {
      help: "check tree and address space from scratch after every step, not only what it touched",
    },
    dump: { help: "with a divergence, print the model's tree too" },
    json: { help: "print one JSON object instead of text" },
  },
  details:
    "The run ends at the first divergence: the command gets a SIGINT and runs on by itself, " +
    "and the trace\nup to there is kept, without --keep as divergence.jsonl.gz in the working " +
    "directory.\nExit status: 0 model and kernel agree, 1 a divergence, 2 the command could not be run, 130, 143 or\n129 if a signal ended the run and they agreed until then.",
} as const;

/** Where the trace of a divergence goes without `--keep`. */
const DIVERGENCE_FILE = "divergence.jsonl.gz";
const DEFAULT_STEPS = 1000;

/** What is to be run, and what it is called in the report. */
interface Subject {
  readonly command: readonly string[];
  readonly name: string;
}

async function main(args: CommandArguments): Promise<number> {
  const seed = args.integer("fuzz");
  const command = args.rest;
  if ((seed === undefined) === (command.length === 0)) {
    throw new Unable("Either a command after -- or --fuzz SEED is needed; see --help");
  }
  if (seed === undefined) {
    if (args.has("steps")) throw new Unable("--steps goes with --fuzz; see --help");
    return await verifySubject(args, { command, name: command.join(" ") });
  }
  const steps = args.integer("steps", 1) ?? DEFAULT_STEPS;
  return await withFuzzProgram({ seed, steps }, (program) => {
    const name = `--fuzz ${seed} --steps ${steps}`;
    return verifySubject(args, { command: [program], name });
  });
}

async function verifySubject(args: CommandArguments, subject: Subject): Promise<number> {
  const kept = args.text("keep") ?? DIVERGENCE_FILE;
  if (!args.has("force")) await refuseAnothers(kept, isTrace);
  if (await isDevice(kept)) throw new Unable(`Cannot keep the trace in ${kept}: it is no file`);
  const unfinished = `${kept}.part`;
  const taken = tellTakenAs("verify", args);
  const signal = interruption({ forced: true });
  const found = await explained(await run(args, subject, unfinished, signal), args, unfinished);
  const agrees = found.divergence === undefined && found.failure === undefined;
  const keeps = !agrees || args.has("keep");
  if (keeps) await Deno.rename(unfinished, kept);
  else await Deno.remove(unfinished);

  const trace = keeps ? kept : undefined;
  if (args.has("json")) printJson({ ...taken, ...asJson(found, subject, trace) });
  else print(format(args, found, subject, trace));
  return agrees ? interruptedStatus(signal) ?? 0 : 1;
}

/** True if something else than a file is there: what is renamed to it would replace it. */
async function isDevice(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => !isFile, () => false);
}

/** Records and replays; the trace is at `path` then, unless this throws. */
async function run(
  args: CommandArguments,
  { command, name }: Subject,
  path: string,
  signal: AbortSignal,
): Promise<Verification> {
  const progress = new Progress();
  const purpose = `verify ${name.split(" ").map(withoutDirectories).join(" ")}`;
  const records = record(command, { purpose, signal, ...await probedOptions() });
  const rules = rulesOption(args);
  const placement = args.choice("placement", ["5.19", "6.7", "6.18"]);
  const sink = await createFile(path);
  try {
    return await verify(records, sink, {
      gzip: path.endsWith(".gz.part"),
      ...(placement && { placement }),
      ...(rules && { assume: { rules } }),
      validate: args.has("validate") ? "full" : "touched",
      onStep: (steps) => progress.show(() => `${steps} steps compared`),
    });
  } catch (error) {
    await Deno.remove(path);
    throw error;
  } finally {
    await records.return(); // a full disk ends the recording, not only the file
    progress.clear();
  }
}

/** The divergence with the rules that would agree, each by itself: the trace up to there is replayed for it. */
async function explained(
  found: Verification,
  args: CommandArguments,
  trace: string,
): Promise<Verification> {
  if (found.divergence === undefined) return found;
  const rules = rulesOption(args);
  const again = await replaySettled(() => readTrace(trace), {
    ...(rules && { assume: { rules } }),
  });
  const { divergence } = again;
  return divergence === undefined ? found : { ...found, divergence };
}

function format(
  args: CommandArguments,
  found: Verification,
  { name }: Subject,
  trace: string | undefined,
): string {
  const { steps, divergence, failure } = found;
  const note = divergence === undefined ? ", no divergence" : ", 1 divergence, the run ends there";
  const lines = [
    `${oneLine(name)}: ${formatSteps(found, note)}`,
    ...(divergence ? [formatDivergence(divergence, { dump: args.has("dump") })] : []),
    ...(failure ? [`step ${steps + 1}: the model breaks a rule of its own: ${failure}`] : []),
    ...(trace === undefined ? [] : [`trace: ${trace}`]),
  ];
  if (divergence || failure) lines.push(`again: deno task replay ${trace}`);
  return lines.join("\n");
}

function asJson(found: Verification, { name }: Subject, trace: string | undefined): object {
  const { failure, ...rest } = found;
  return { command: name, ...rest, failure: failure?.message, trace };
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
