/**
 * The rules of one kernel: what an address space goes by.
 *
 * @module
 */

import { type KernelRules, type Rule, RULES } from "./table.ts";

export type { KernelRules } from "./table.ts";
import { compareVersions, includesBackport, parseKernelVersion } from "./version.ts";

/** The name of a rule. */
export type RuleName = keyof KernelRules;

/** The kernel that an address space follows unless told otherwise. */
export const DEFAULT_KERNEL = "6.18.44";

/** The oldest kernel that the table knows. */
export const OLDEST_KERNEL = "5.10";

/** The newest kernel that the table was compared with. */
export const NEWEST_KERNEL = "7.3";

/** The names of all rules, in the table's order. */
export const RULE_NAMES: readonly RuleName[] = Object.keys(RULES).filter(isRuleName);

/** True for the name of a rule. */
export function isRuleName(name: string): name is RuleName {
  return Object.hasOwn(RULES, name);
}

/** The values that a rule can have, oldest first, each once; then those that only some builds have. */
export function ruleValues(name: RuleName): readonly (string | boolean)[] {
  const rule: Rule = RULES[name];
  return [...new Set([...rule.values.map(([, value]) => value), ...rule.otherBuilds ?? []])];
}

/**
 * The rules of a kernel as its version has them. Distributions carry rules back and forth: what the running kernel
 * does, its version cannot tell. O(rules).
 *
 * @param release as `uname -r` prints it, or its beginning (`6.1`); what follows the numbers is ignored. A release
 * older than 5.10 has the rules of 5.10, one newer than the table those of the newest. {@linkcode DEFAULT_KERNEL}
 * unless given
 * @throws {RangeError} it is no version
 *
 * @example The rules of two kernels
 * ```ts
 * import { kernelRules } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(kernelRules("6.1").seal, false);
 * assertEquals(kernelRules("6.12").seal, true);
 * ```
 */
export function kernelRules(release: string = DEFAULT_KERNEL): KernelRules {
  const version = parseKernelVersion(release);
  const valueOf = <V extends string | boolean>(rule: Rule<V>): V => {
    const { values, backports = [] } = rule;
    const isBackported = backports.some((backport) =>
      includesBackport(version, parseKernelVersion(backport))
    );
    let value = values[0]![1];
    for (const [from, later] of values) {
      if (compareVersions(parseKernelVersion(from), version) <= 0) value = later;
    }
    return isBackported ? values.at(-1)![1] : value;
  };
  return complete(
    Object.fromEntries(RULE_NAMES.map((name) => [name, valueOf<string | boolean>(RULES[name])])),
  );
}

/**
 * The kernel that a release is taken as because the table does not reach to it: {@linkcode OLDEST_KERNEL} for an older
 * one, {@linkcode NEWEST_KERNEL} for a newer one. Undefined for those that the table knows.
 *
 * @throws {RangeError} it is no version
 */
export function takenAs(release: string): string | undefined {
  const [major, minor] = parseKernelVersion(release);
  const isBeyond = (kernel: string, sign: number) =>
    compareVersions([major, minor, 0], parseKernelVersion(kernel)) * sign > 0;
  if (isBeyond(OLDEST_KERNEL, -1)) return OLDEST_KERNEL;
  return isBeyond(NEWEST_KERNEL, 1) ? NEWEST_KERNEL : undefined;
}

/** True for a release newer than {@linkcode NEWEST_KERNEL}: what changed since, the table does not know. */
export function isNewerThanTable(release: string): boolean {
  try {
    return takenAs(release) === NEWEST_KERNEL;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return false;
  }
}

/** A value for each of some rules, by name: what a trace's header or a command line holds. */
export type RuleValues = Readonly<Record<string, string | boolean>>;

/**
 * The rules with those set otherwise that `values` names; names and values that are not in the table are passed over,
 * as they come from a newer one.
 */
export function overrideRules(rules: KernelRules, values: RuleValues): KernelRules {
  const known = Object.entries(values).filter((each) => isKnown(...each));
  return complete({ ...rules, ...Object.fromEntries(known) });
}

/** The names of those values that are not in the table, or whose rule cannot have them there. */
export function unknownRules(values: RuleValues): string[] {
  return Object.entries(values).flatMap(([name, value]) => isKnown(name, value) ? [] : [name]);
}

function isKnown(name: string, value: string | boolean): boolean {
  return isRuleName(name) && ruleValues(name).includes(value);
}

function complete(values: RuleValues): KernelRules {
  if (!areRules(values)) throw new TypeError("A rule has no value, or one that is not in its row");
  return values;
}

function areRules(values: RuleValues): values is KernelRules {
  return RULE_NAMES.every((name) => ruleValues(name).includes(values[name] ?? ""));
}

/**
 * Which kernels have a value of a rule, in words: `since 6.5`, `before 6.5`, `from 6.1 to before 6.12`; `if built so`
 * for a value that no version has.
 */
export function sinceWhen(name: RuleName, value: string | boolean): string {
  const { values, backports = [], otherBuilds = [] }: Rule = RULES[name];
  if (otherBuilds.includes(value)) return "if built so";
  const spans = values.flatMap(([from, each], at) => {
    if (each !== value) return [];
    const end = values[at + 1]?.[0];
    if (at === 0) return end === undefined ? ["always"] : [`before ${end}`];
    return end === undefined ? [`since ${from}`] : [`from ${from} to before ${end}`];
  });
  const isNewest = values.at(-1)?.[1] === value;
  return [...spans, ...isNewest ? backports : []].join(", ");
}

/** The rules in which two kernels differ. */
export function ruleDifferences(a: KernelRules, b: KernelRules): RuleName[] {
  return RULE_NAMES.filter((name) => a[name] !== b[name]);
}
