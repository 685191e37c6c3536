/**
 * What `deno task replay --bisect` does with its files.
 *
 * @module
 */

import type { CommandArguments } from "../../command/command.ts";
import { complain, oneLine, print, printJson } from "../../command/output.ts";
import { TraceError } from "../../trace/trace_error.ts";
import { ReplayError } from "../replay_error.ts";
import type { NamedRules } from "../rules_option.ts";
import type { ReplayAssumptions } from "../assumptions.ts";
import { bisect, type FirstFault, formatFault } from "./bisect.ts";
import { openTrace } from "../../text/open_trace.ts";

/** What looking for the first fault of a file came to. */
interface Bisected {
  readonly file: string;
  /** Absent if no rule is broken. */
  readonly fault?: FirstFault;
  /** Why the file cannot be replayed. */
  readonly unreadable?: string;
}

/**
 * Prints the first fault of each trace, with `--json` all of them as one array. `--every` is the distance of the
 * checkpoints, in steps.
 *
 * @returns the exit status: 2 if a file cannot be replayed, 1 if a rule is broken somewhere, else 0
 */
export async function bisectFiles(
  args: CommandArguments,
  { rules, ...taken }: NamedRules = {},
): Promise<number> {
  const every = args.integer("every", 1);
  const all: Bisected[] = [];
  for (const file of args.operands) {
    const found = await bisectFile(file, every, { ...(rules && { rules }) });
    all.push({ ...taken, ...found });
    if (args.has("json")) continue;
    if (found.unreadable !== undefined) complain(`replay: ${found.unreadable}`);
    else print(`${oneLine(file)}: ${found.fault ? formatFault(found.fault) : "no rule is broken"}`);
  }
  if (args.has("json")) printJson(all);
  if (all.some(({ unreadable }) => unreadable !== undefined)) return 2;
  return all.some(({ fault }) => fault !== undefined) ? 1 : 0;
}

/** A bad file is told as what it is, and does not keep the next ones from their turn. */
async function bisectFile(
  file: string,
  every: number | undefined,
  assume: ReplayAssumptions,
): Promise<Bisected> {
  try {
    const fault = await bisect(openTrace(file), every, assume);
    return fault === undefined ? { file } : { file, fault };
  } catch (error) {
    if (error instanceof TraceError) return { file, unreadable: error.message };
    if (error instanceof ReplayError) return { file, unreadable: `${file}: ${error.message}` };
    throw error;
  }
}
