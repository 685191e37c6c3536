/**
 * What a replay takes for granted beyond what its trace says.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import type { HugePagePolicy } from "../mm/pages/physical_memory.ts";
import { type RuleName, type RuleValues, sinceWhen } from "../mm/rules/kernel_rules.ts";
import { RULES } from "../mm/rules/table.ts";

/** One thing that is taken for granted. */
export type Assumption =
  /** The kernel has another value of a rule than its version. */
  | { readonly kind: "rule"; readonly name: RuleName; readonly value: string | boolean }
  /** Where the machine uses transparent huge pages. */
  | { readonly kind: "huge pages"; readonly value: HugePagePolicy }
  /** Before a step the program read memory that then showed the huge zero page, for which its VMA got an anon_vma. */
  | {
    readonly kind: "huge zero page";
    readonly step: number;
    readonly pid: number;
    readonly address: number;
  };

/** An anon_vma that a VMA got before a step, without a record of it. */
export interface HiddenFault {
  /** The step's number, from 1. */
  readonly step: number;
  /** The process. */
  readonly pid: number;
  /** An address in the VMA. */
  readonly address: number;
}

/** Assumptions in the form in which a replay takes them. */
export interface ReplayAssumptions {
  /** Rules that go before the header's. */
  readonly rules?: RuleValues;
  /** Goes before the header's. */
  readonly hugePages?: HugePagePolicy;
  /** Faults that no record tells of. */
  readonly hiddenFaults?: readonly HiddenFault[];
}

/**
 * A list of assumptions as a replay takes them.
 *
 * @param beside what is taken for granted in any case; the list goes before it
 */
export function replayAssumptions(
  list: readonly Assumption[],
  beside: ReplayAssumptions = {},
): ReplayAssumptions {
  const hugePages = list.flatMap((each) => each.kind === "huge pages" ? [each.value] : []).at(-1);
  const flipped = list.flatMap((each) => each.kind === "rule" ? [[each.name, each.value]] : []);
  const faults = list.flatMap((each) => each.kind === "huge zero page" ? [each] : []);
  return {
    ...beside,
    rules: { ...beside.rules, ...Object.fromEntries(flipped) },
    ...(hugePages !== undefined && { hugePages }),
    hiddenFaults: [...beside.hiddenFaults ?? [], ...faults],
  };
}

/** An assumption in words. */
export function describeAssumption(assumption: Assumption): string {
  switch (assumption.kind) {
    case "rule": {
      const { name, value } = assumption;
      return `${name} is ${value} (${sinceWhen(name, value)}): the kernel ${RULES[name].decides}`;
    }
    case "huge pages":
      return `transparent huge pages are in use: ${assumption.value}`;
    case "huge zero page":
      return `before step ${assumption.step} process ${assumption.pid} read memory at ` +
        `${hex(assumption.address)} that showed the huge zero page`;
  }
}
