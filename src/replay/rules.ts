/**
 * The rules of the kernel on which a trace was recorded.
 *
 * @module
 */

import { type KernelRules, kernelRules, overrideRules } from "../mm/rules/kernel_rules.ts";
import type { HeaderRecord, PlacementPolicy } from "../trace/format.ts";

/** What the header's word for placement says of anonymous memory. */
const ALIGNMENT: Readonly<Record<PlacementPolicy, KernelRules["alignAnonymous"]>> = {
  "6.18": "multiples",
  "6.7": "large",
  "5.19": "never",
};

/**
 * The rules that a trace is to be replayed by: those that its header has, its word for placement if it has no rule for
 * that, and the kernel's version for the rest.
 */
export function rulesOf(header: HeaderRecord): KernelRules {
  const alignAnonymous = ALIGNMENT[header.placement];
  const placed = overrideRules(rulesOfRelease(header.kernel), { alignAnonymous });
  return overrideRules(placed, header.rules ?? {});
}

/** A header that says that anonymous memory is placed otherwise. */
export function withPlacement(header: HeaderRecord, placement: PlacementPolicy): HeaderRecord {
  const { rules } = header;
  const alignAnonymous = ALIGNMENT[placement];
  return { ...header, placement, ...(rules && { rules: { ...rules, alignAnonymous } }) };
}

/** The rules of a release; of one that does not look like any, those of the default kernel. */
export function rulesOfRelease(release: string): KernelRules {
  try {
    return kernelRules(release);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return kernelRules();
  }
}
