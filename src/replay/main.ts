/**
 * `deno task replay FILE…`: replays traces and compares after every step.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { complain, oneLine, print, printJson } from "../command/output.ts";
import { MmInvariantError } from "../mm/error.ts";
import { TraceError } from "../trace/trace_error.ts";
import { InvariantError } from "../tree/errors.ts";
import { bisectFiles } from "./debug/bisect_main.ts";
import { compileTrace } from "./compiled.ts";
import { exitStatus, type Finding, formatFinding } from "./finding.ts";
import { replay, type ReplayOptions } from "./replay.ts";
import { type NamedRules, rulesOption, tellTakenAs } from "./rules_option.ts";
import { replaySettled } from "./settle.ts";
import { ReplayError } from "./replay_error.ts";
import { formatWhy, nothingMapped, parseAddress, why } from "./debug/why.ts";
import { inputOf } from "../command/files.ts";
import { openTrace, whyInLayout } from "../text/open_trace.ts";

const SPECIFICATION = {
  name: "replay",
  summary:
    "Replays recorded traces through the model and compares with the kernel after every step.",
  usage: "[options] FILE…",
  operands: [1, Infinity],
  options: {
    validate: {
      help: "check tree and address space from scratch after every step, not only what it touched",
    },
    bisect: { help: "instead, find the first step after which a rule is broken" },
    every: { help: "with --bisect: steps between two checkpoints (256)", value: "STEPS" },
    why: {
      help: "instead, say why the VMA at ADDRESS and its neighbours are not one",
      value: "ADDRESS",
    },
    at: {
      help: "with --why: after this step; at the end of each process unless given",
      value: "N",
    },
    rules: {
      help: "go by the rules of this kernel instead of the one that the trace was recorded on",
      value: "VERSION",
    },
    dump: { help: "with a divergence, print the model's tree too" },
    json: { help: "print one JSON array instead of text" },
  },
  details:
    "Prints `file: steps matched/total, map_count min/median/max` for each file. Exit status: " +
    "0 all agree, 1 a divergence or a broken rule, 2 a trace could not be replayed.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  if (args.has("bisect") && (args.has("why") || args.has("validate"))) {
    throw new Unable("--bisect looks for broken rules only: not with --why or --validate");
  }
  const rules = rulesOption(args);
  const taken = tellTakenAs("replay", args);
  if (args.has("bisect")) return await bisectFiles(args, { ...taken, ...(rules && { rules }) });
  if (args.has("every")) throw new Unable("--every says where --bisect looks first; see --help");
  if (args.has("why")) return await explain(args, { ...taken, ...(rules && { rules }) });
  if (args.has("at")) throw new Unable("--at says when --why is to look; see --help");
  const validate = args.has("validate") ? "full" : "touched";
  const options = { validate, ...(rules && { assume: { rules } }) } as const;
  const reports: (Finding & { file: string })[] = [];
  for (const file of args.operands) {
    const report = await replayFile(file, options);
    reports.push({ file, ...taken, ...report });
    if (args.has("json")) continue;
    const text = formatFinding(oneLine(file), report, { dump: args.has("dump") });
    if ("unreadable" in report) complain(text);
    else print(text);
  }
  if (args.has("json")) printJson(reports);
  return Math.max(...reports.map(exitStatus));
}

/** Replays one file; what is wrong with it is told as its finding, so that the next files have their turn. */
async function replayFile(file: string, options: ReplayOptions): Promise<Finding> {
  try {
    if (typeof inputOf(file) === "string") {
      return await replaySettled(() => openTrace(file), options);
    }
    // What comes from standard input can be read only once.
    return await replay(openTrace(file), options);
  } catch (error) {
    if (error instanceof InvariantError || error instanceof MmInvariantError) {
      return { broken: error.message };
    }
    if (error instanceof TraceError) return { unreadable: error.message };
    if (error instanceof ReplayError) return { unreadable: `${file}: ${error.message}` };
    throw error;
  }
}

async function explain(
  args: CommandArguments,
  { rules, ...taken }: NamedRules,
): Promise<number> {
  const text = args.text("why") ?? "";
  const address = parseAddress(text);
  if (address === undefined) throw new Unable(`--why takes a hexadecimal address, not "${text}"`);
  const step = args.integer("at", 1);
  const found = [], words = [];
  for (const file of args.operands) {
    const inLayout = await whyInLayout(file, address);
    if (inLayout !== undefined) {
      const { words: said, ...answer } = inLayout;
      found.push(answer);
      words.push(said);
      continue;
    }
    const answers = [];
    for (
      const answer of why(
        await compileTrace(openTrace(file), { ...(rules && { rules }) }),
        address,
        step,
      )
    ) {
      answers.push(answer);
      found.push({ file, ...taken, ...answer });
    }
    if (answers.length > 0) words.push(formatWhy(answers));
  }
  if (found.length === 0) throw new Unable(nothingMapped(address, step));
  print(args.has("json") ? JSON.stringify(found, null, 2) : words.join("\n\n"));
  return 0;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
