/**
 * What `deno task replay --bisect` does with its files.
 *
 * @module
 */

import type { CommandArguments } from "../../command/command.ts";
import { bisect, formatFault } from "./bisect.ts";
import { openTrace } from "../../text/open_trace.ts";

/**
 * Prints the first fault of each trace, with `--json` all of them as one array. `--every` is the distance of the
 * checkpoints, in steps.
 *
 * @returns the exit status: 1 if a rule is broken somewhere, 0 if none is
 */
export async function bisectFiles(args: CommandArguments): Promise<number> {
  const every = args.integer("every", 1);
  const faults = [];
  for (const file of args.operands) {
    const fault = await bisect(openTrace(file), every);
    faults.push({ file, fault });
    if (args.has("json")) continue;
    console.log(
      fault === undefined ? `${file}: no rule is broken` : `${file}: ${formatFault(fault)}`,
    );
  }
  if (args.has("json")) console.log(JSON.stringify(faults, null, 2));
  return faults.some(({ fault }) => fault !== undefined) ? 1 : 0;
}
