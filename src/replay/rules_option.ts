/**
 * The option `--rules VERSION`, which several commands have.
 *
 * @module
 */

import { type CommandArguments, Unable } from "../command/command.ts";
import { type KernelRules, kernelRules } from "../mm/rules/kernel_rules.ts";

/** The rules that the option names, undefined if it was not given. */
export function rulesOption(args: CommandArguments): KernelRules | undefined {
  const version = args.text("rules");
  if (version === undefined) return undefined;
  try {
    return kernelRules(version);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Unable(`--rules takes a kernel's version such as 6.1, not "${version}"`);
  }
}
