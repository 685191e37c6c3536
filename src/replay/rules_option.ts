/**
 * The option `--rules VERSION`, which several commands have.
 *
 * @module
 */

import { type CommandArguments, Unable } from "../command/command.ts";
import { complain, quoted } from "../command/output.ts";
import { type KernelRules, kernelRules, OLDEST_KERNEL, takenAs } from "../mm/rules/kernel_rules.ts";

/** As `uname -r` prints it, or its beginning: numbers, then what a distribution appends. */
const RELEASE = /^v?\d+\.\d+(?:\.\d+)*(?:[-+~_].*)?$/;

/** The option as it was given. */
export interface NamedRules {
  /** The rules that it names. */
  readonly rules?: KernelRules;
  /** What its version is taken as, if the table of rules does not reach to it. */
  readonly rulesTakenAs?: string;
}

/** The rules that the option names, undefined if it was not given. */
export function rulesOption(args: CommandArguments): KernelRules | undefined {
  const version = versionOption(args);
  return version === undefined ? undefined : kernelRules(version);
}

/**
 * What the option's version is taken as, if the table of rules does not reach to it: for JSON. Says so on standard
 * error too.
 */
export function tellTakenAs(
  command: string,
  args: CommandArguments,
): { readonly rulesTakenAs?: string } {
  const version = versionOption(args);
  const kernel = version === undefined ? undefined : takenAs(version);
  if (version === undefined || kernel === undefined) return {};
  const which = kernel === OLDEST_KERNEL ? "older" : "newer";
  complain(
    `${command}: --rules ${version} is ${which} than every kernel in the table of rules: ` +
      `it is taken as ${kernel}`,
  );
  return { rulesTakenAs: kernel };
}

function versionOption(args: CommandArguments): string | undefined {
  const version = args.text("rules");
  if (version === undefined || RELEASE.test(version)) return version;
  throw new Unable(`--rules takes a kernel's version such as 6.1, not ${quoted(version)}`);
}
